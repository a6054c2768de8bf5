"""Event log: every event received, its state, what followed from it, and applying it again."""

from __future__ import annotations

from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...events.correction import is_correctable
from ...events.registry import EVENTS
from ...models.access import Role
from ...models.inbox import InboxEvent, InboxState
from ...services.inbox import leasing
from ...services.operations import event_log
from ...services.operations.event_trace import trace_event
from ...telemetry.log_context import get_logger
from ..form_actions import run_form
from ..i18n.language import gettext, lazy
from ..identity.authorization import audience, signed_in
from ..labels.operations import SUBJECTS
from ..labels.sorts import NEWEST_FIRST
from ..list_pages import PAGE_SIZE, checked_id, cursor, is_backward, list_page
from ..list_query import DAYS, YES, AskedList, Filter, ListQuery, settled_choice, state_options
from ..pagination import decode_number
from ..state import current_runtime
from .blueprint import blueprint
from .event_content import command_of, content_of, is_personal, shown_content
from .layout import page

log = get_logger(__name__)

LIST = "operator-events"
QUERY = ListQuery(
    filters=(
        settled_choice("kind", lazy("About"), tuple(SUBJECTS.items()), "event"),
        Filter(name="id", label=lazy("ID")),
        Filter(name="type", label=lazy("Type"), suggestions=tuple(sorted(EVENTS))),
        Filter(name="state", label=lazy("State"), type="choice", options=state_options(InboxState)),
        Filter(
            name="uncorrected",
            label=lazy("Corrections"),
            type="choice",
            options=((YES, lazy("Rejected and not corrected")),),
        ),
        *DAYS,
    ),
    sorts=NEWEST_FIRST,
)
REPLAYABLE = (InboxState.IGNORED, InboxState.REJECTED, InboxState.PARKED, InboxState.FAILED)


@blueprint.get("/operator/events")
@audience(Role.OPERATOR)
def events() -> Response:
    """The log of received events, the newest first, by the filters of the query."""
    asked = QUERY.read()
    with current_runtime().database.read_session() as session:
        found, _ = event_log.find_events(
            session,
            **_wanted(asked),
            before=decode_number(LIST, cursor()),
            is_backward=is_backward(),
            limit=PAGE_SIZE + 1,
        )
        listed = list_page(LIST, found, lambda one: one.id)
        return page("events", listed=listed, asked=asked, is_correctable=is_correctable)


@blueprint.get("/operator/events/<event_id>")
@audience(Role.OPERATOR)
def event(event_id: str) -> Response:
    """One event: its payload, every error, and the trace of what followed from it."""
    return show_event(event_id)


@blueprint.get("/operator/events/<event_id>/replay")
@audience(Role.OPERATOR)
def replay(event_id: str) -> Response:
    """The question whether to apply the event again."""
    with current_runtime().database.read_session() as session:
        event = received(session, event_id).event
        return page(
            "replay",
            event=event,
            is_replayable=_is_replayable(event),
            content=shown_content(None, event.errors or []),
        )


@blueprint.post("/operator/events/<event_id>/replay")
@audience(Role.OPERATOR)
def confirm_replay(event_id: str) -> BaseResponse:
    """Apply it again."""
    source = named_source()
    return run_form(
        lambda uow: leasing.replay_event(uow, checked_id(event_id), source=source),
        message=gettext("The event has been queued again. The result appears below."),
        next_url=url_for("mh_operator.event", event_id=event_id, source=source),
        refused=lambda why, status: show_event(event_id, status=status, refused=why),
    )


def show_event(event_id: str, *, status: int = 200, refused: str | None = None) -> Response:
    """The page of one event; `refused` says why something could not be done."""
    whole = request.args.get("whole") == "yes"
    with current_runtime().database.read_session() as session:
        found = received(session, event_id)
        event = found.event
        is_whole = whole or not is_personal(event)
        if whole:
            note_reading(event)
        return page(
            "event",
            status,
            refused=refused,
            event=event,
            shows_all=whole,
            conflicts=found.conflicts,
            mapped=found.mapped,
            content=content_of(event, whole=is_whole),
            command=command_of(event) if is_whole else None,
            is_reduced=not is_whole,
            chain=trace_event(session, event),
            is_replayable=_is_replayable(event),
            is_correctable=is_correctable(event),
            is_moving=event.state is InboxState.RECEIVED,
        )


def _wanted(asked: AskedList) -> dict[str, Any]:
    kind = asked.get("kind")
    id_ = asked.get("id")
    return {
        "type_": asked.get("type"),
        "state": asked.member("state", InboxState),
        "event_id": id_ if kind == "event" else None,
        "subject": None if id_ is None or kind == "event" else f"{kind}:{id_}",
        "is_uncorrected": asked.is_yes("uncorrected"),
        "received_from": asked.begins_at(),
        "received_before": asked.ends_before(),
    }


def _is_replayable(event: InboxEvent) -> bool:
    return event.state in REPLAYABLE and event.body is not None and event.corrected_by is None


def note_reading(event: InboxEvent) -> None:
    """Log that somebody reads what the event tells of a person."""
    if is_personal(event):
        log.info("operator %s reads the personal data of event %s", signed_in().subject or "", event.event_id)


def received(session: Session, event_id: str) -> event_log.ReceivedEvent:
    """The event of this address. Raises `NotFound`, or `Conflict` where several sources have the id."""
    return event_log.find_event(session, checked_id(event_id), source=named_source())


def named_source() -> str | None:
    """The source that the address or the form names."""
    return (request.values.get("source") or "")[:64] or None
