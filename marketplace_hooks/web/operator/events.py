"""Event log: every event received, its state, what followed from it, and applying it again."""

from __future__ import annotations

import json
import logging
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...domain.civil_days import first_instant
from ...domain.privacy import without_personal_data
from ...events.registry import EVENTS
from ...models.access import Role
from ...models.inbox import InboxEvent, InboxState
from ...services.inbox import leasing
from ...services.operations import event_log
from ...services.operations.event_trace import trace_event
from ..form_actions import run_form
from ..i18n.language import gettext, wording
from ..identity.authorization import audience, signed_in
from ..labels.operations import SUBJECTS
from ..labels.states import state_tag
from ..list_pages import PAGE_SIZE, ListPage, checked_id, cursor, query_choice, query_text
from ..pagination import decode_number, encode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import page, query_day

log = logging.getLogger(__name__)

LIST = "operator-events"
REPLAYABLE = (InboxState.IGNORED, InboxState.REJECTED, InboxState.PARKED, InboxState.FAILED)
IMPERSONAL = ("product.", "pack.", "release.published", "seller.")
"""Types without personal data: their payload is shown whole."""


@blueprint.get("/operator/events")
@audience(Role.OPERATOR)
def events() -> Response:
    """The log of received events, the newest first, by the filters of the query."""
    kind = query_text("kind")
    id_ = query_text("id")
    first = query_day("from")
    last = query_day("to")
    wanted: dict[str, Any] = {"type_": query_text("type"), "state": query_choice("state", InboxState)}
    if id_ is not None:
        found_by = {"event_id": id_} if kind not in SUBJECTS or kind == "event" else {"subject": f"{kind}:{id_}"}
        wanted |= found_by
    with current_runtime().database.read_session() as session:
        found, before = event_log.find_events(
            session,
            **wanted,
            received_from=None if first is None else _start_of(first),
            received_before=None if last is None else _start_of(last + timedelta(days=1)),
            before=decode_number(LIST, cursor()),
            limit=PAGE_SIZE,
        )
        return page(
            "events",
            listed=ListPage(items=found, next_after=encode(LIST, before)),
            kind=kind,
            id=id_,
            type=wanted["type_"],
            types=sorted(EVENTS),
            state=wanted["state"],
            states=[(state.value, state_tag(state)[1]) for state in InboxState],
            first=first,
            last=last,
            is_narrowed=any(value is not None for value in (*wanted.values(), first, last)),
        )


@blueprint.get("/operator/events/<event_id>")
@audience(Role.OPERATOR)
def event(event_id: str) -> Response:
    """One event: its payload, every error, and the trace of what followed from it."""
    return _show(event_id)


@blueprint.get("/operator/events/<event_id>/replay")
@audience(Role.OPERATOR)
def replay(event_id: str) -> Response:
    """The question whether to apply the event again."""
    with current_runtime().database.read_session() as session:
        event = _received(session, event_id).event
        return page("replay", event=event, is_replayable=_is_replayable(event))


@blueprint.post("/operator/events/<event_id>/replay")
@audience(Role.OPERATOR)
def confirm_replay(event_id: str) -> BaseResponse:
    """Apply it again."""
    source = _source()
    return run_form(
        lambda uow: leasing.replay_event(uow, checked_id(event_id), source=source),
        message=gettext("The event is applied again. What becomes of it is shown below."),
        next_url=url_for("mh_operator.event", event_id=event_id, source=source),
        refused=lambda why, status: _show(event_id, status=status, refused=why),
    )


def _show(event_id: str, *, status: int = 200, refused: str | None = None) -> Response:
    whole = request.args.get("whole") == "yes"
    with current_runtime().database.read_session() as session:
        received = _received(session, event_id)
        event = received.event
        is_personal = not event.type.startswith(IMPERSONAL)
        if whole and is_personal:
            log.info("operator %s reads the personal data of event %s", signed_in().subject or "", event.event_id)
        return page(
            "event",
            status,
            refused=refused,
            event=event,
            shows_all=whole,
            conflicts=received.conflicts,
            payload=_payload(event.body, whole=whole or not is_personal),
            is_reduced=is_personal and not whole,
            chain=trace_event(session, event),
            is_replayable=_is_replayable(event),
            is_moving=event.state is InboxState.RECEIVED,
        )


def _is_replayable(event: InboxEvent) -> bool:
    return event.state in REPLAYABLE and event.body is not None


def _received(session: Session, event_id: str) -> event_log.ReceivedEvent:
    return event_log.find_event(session, checked_id(event_id), source=_source())


def _source() -> str | None:
    return (request.values.get("source") or "")[:64] or None


def _start_of(day: date) -> datetime:
    """The first instant of a day, in the reader's zone."""
    return first_instant(day, wording().zone)


def _payload(body: bytes | None, *, whole: bool) -> str | None:
    """The body, indented; None once it was purged. Personal data are left out unless `whole`."""
    if body is None:
        return None
    content = json.loads(body)
    if not whole:
        content = {**content, "data": without_personal_data(content.get("data", {}))}
    return json.dumps(content, indent=2, ensure_ascii=False)
