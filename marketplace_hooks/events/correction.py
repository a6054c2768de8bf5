"""Correction of a rejected event: a copy with another content, stored as a new event that names the one it corrects.

What the source sent stays as it was received. The copy has an id of its own and is applied like any other event; an
event is corrected once, and a copy that is rejected again is corrected itself.
"""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from ..domain.audit_actions import AuditAction
from ..errors import Conflict, PayloadRejected
from ..models.inbox import InboxEvent, InboxState
from ..services.core.runtime import JobKind
from ..services.core.unit_of_work import UnitOfWork
from ..services.inbox.leasing import locked_event, refuse_corrected
from .envelope import NotAnEnvelope, parse_envelope
from .intake import incoming_event
from .parsing import parse
from .registry import EVENTS

CORRECTABLE = (InboxState.REJECTED, InboxState.IGNORED)
"""What nothing will be done about unless somebody does it: a wrong payload, or a type that does not exist."""


def is_correctable(event: InboxEvent) -> bool:
    """Whether a corrected copy of the event can be sent."""
    return event.state in CORRECTABLE and event.corrected_by is None


def send_corrected(uow: UnitOfWork, event_id: str, body: bytes, *, source: str | None = None) -> InboxEvent:
    """Store `body`, a whole envelope, as a new event of the same source in place of a rejected or ignored one.

    Raises `NotFound`; `Conflict` for an event in another state (`not_correctable`), and for one that was corrected
    before (`already_corrected`); `PayloadRejected` with every error of a body that would be rejected again.
    """
    event = locked_event(uow.session, event_id, source=source)
    copy_id = f"evt_{uuid.uuid4().hex}"
    uow.audit(AuditAction.EVENT_CORRECTED, event.event_id, source=event.source, corrected_by=copy_id)
    if event.state not in CORRECTABLE:
        raise Conflict(
            f"the event is {event.state}; only a rejected or ignored one can be corrected",
            code="not_correctable",
            state=event.state,
        )
    refuse_corrected(event)
    copy = _checked_copy(uow, event, copy_id, body)
    uow.session.add(copy)
    event.corrected_by = copy.event_id
    uow.wakeups.add(JobKind.INBOX)
    return copy


def _checked_copy(uow: UnitOfWork, event: InboxEvent, copy_id: str, body: bytes) -> InboxEvent:
    """The new event. Raises `PayloadRejected`."""
    most = uow.settings.max_body_bytes
    if len(body) > most:
        _reject([{"path": "", "message": f"An event is at most {most} bytes."}])
    try:
        envelope = parse_envelope(body)
    except NotAnEnvelope as error:
        _reject([{"path": "", "message": str(error)}])
    if envelope.type not in EVENTS:
        _reject([{"path": "type", "message": "Not a known type."}])
    incoming = incoming_event(event.source, copy_id, envelope, body, uow.now)
    columns = {name: getattr(incoming, name) for name in incoming.__slots__}
    copy = InboxEvent(**columns, state=InboxState.RECEIVED, corrects=event.event_id)
    if errors := parse(copy).errors:
        _reject(errors)
    return copy


def _reject(errors: list[dict[str, Any]]) -> NoReturn:
    raise PayloadRejected("the corrected copy would be rejected again", errors=errors)
