"""What were we told, what became of it, what followed, and shall it be applied again?"""

from __future__ import annotations

import json
import logging
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from ...domain.civil_days import first_instant
from ...domain.privacy import without_personal_data
from ...errors import Conflict
from ...events.registry import EVENTS
from ...models.access import Role
from ...models.inbox import InboxState
from ...services.core.unit_of_work import run_in_transaction
from ...services.inbox import leasing
from ...services.operations import event_log
from ...services.operations.event_trace import trace_event
from ..flash import flash
from ..i18n.language import gettext, wording
from ..identity.authorization import audience, signed_in
from ..labels.operator import SUBJECTS
from ..labels.states import state_tag
from ..list_pages import PAGE_SIZE, ListPage, checked_id, query_choice, query_text
from ..pagination import encode
from ..state import current_runtime
from .blueprint import blueprint
from .layout import cursor_number, page, query_day

log = logging.getLogger(__name__)

LIST = "operator-events"
REPLAYABLE = (InboxState.IGNORED, InboxState.REJECTED, InboxState.PARKED, InboxState.FAILED)
IMPERSONAL = ("product.", "pack.", "release.published", "seller.")
"""Types that tell of no customer: they are shown whole."""


@blueprint.get("/operator/events")
@audience(Role.OPERATOR)
def events() -> Response:
    """The log of what was received, the newest first, narrowed by what is asked for."""
    kind = query_text("kind")
    id_ = query_text("id")
    first = query_day("from")
    last = query_day("to")
    wanted: dict[str, Any] = {"type_": query_text("type"), "state": query_choice("state", InboxState)}
    if id_ is not None:
        found_by = {"event_id": id_} if kind not in SUBJECTS or kind == "event" else {"subject": f"{kind}:{id_}"}
        wanted |= found_by
    with current_runtime().database.reading() as session:
        found, before = event_log.find_events(
            session,
            **wanted,
            received_from=None if first is None else _start_of(first),
            received_before=None if last is None else _start_of(last + timedelta(days=1)),
            before=cursor_number(LIST),
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
    """One event: its payload, every error, and the chain of what followed from it."""
    whole = request.args.get("whole") == "yes"
    with current_runtime().database.reading() as session:
        received = _received(session, event_id)
        told = received.event
        is_personal = not told.type.startswith(IMPERSONAL)
        if whole and is_personal:
            log.info("operator %s reads the personal data of event %s", signed_in().subject or "", told.event_id)
        return page(
            "event",
            event=told,
            conflicts=received.conflicts,
            payload=_payload(told.body, whole=whole or not is_personal),
            is_reduced=is_personal and not whole,
            chain=trace_event(session, told),
            is_replayable=told.state in REPLAYABLE and told.body is not None,
            is_moving=told.state is InboxState.RECEIVED,
        )


@blueprint.get("/operator/events/<event_id>/replay")
@audience(Role.OPERATOR)
def replay(event_id: str) -> Response:
    """Whether the event shall really be applied again."""
    with current_runtime().database.reading() as session:
        told = _received(session, event_id).event
        return page("replay", event=told, is_replayable=told.state in REPLAYABLE and told.body is not None)


@blueprint.post("/operator/events/<event_id>/replay")
@audience(Role.OPERATOR)
def confirm_replay(event_id: str) -> BaseResponse:
    """Have it applied again."""
    source = _source()
    try:
        run_in_transaction(
            current_runtime(), lambda uow: leasing.replay_event(uow, checked_id(event_id), source=source)
        )
    except Conflict as refused:
        flash("warning", _why_not(refused))
    else:
        flash("good", gettext("The event is applied again. What becomes of it is shown below."))
    return redirect(url_for("mh_operator.event", event_id=event_id, source=source), 303)


def _received(session: Session, event_id: str) -> event_log.ReceivedEvent:
    return event_log.find_event(session, checked_id(event_id), source=_source())


def _source() -> str | None:
    return (request.values.get("source") or "")[:64] or None


def _why_not(refused: Conflict) -> str:
    if refused.code == "payload_purged":
        return gettext("Its content is no longer kept, so it cannot be applied again.")
    if refused.code == "several_sources":
        return gettext("Several sources have an event of this id. Choose one in the list.")
    _, word = state_tag(refused.facts.get("state", ""))
    return gettext("Nothing was done: the event is “%(state)s” now.", state=word)


def _start_of(day: date) -> datetime:
    """The first instant of a day, in the reader's zone."""
    return first_instant(day, wording().zone)


def _payload(body: bytes | None, *, whole: bool) -> str | None:
    """The body for people's eyes; None once it was purged. Not `whole`: what tells of a person is left out."""
    if body is None:
        return None
    content = json.loads(body)
    if not whole:
        content = {**content, "data": without_personal_data(content.get("data", {}))}
    return json.dumps(content, indent=2, ensure_ascii=False)
