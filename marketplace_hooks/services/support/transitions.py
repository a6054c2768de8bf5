"""Transitions of a support request: read it locked, move it by the state machine, publish what changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.instants import format_instant
from ...domain.support.state_machine import MOVES, Handling, Impossible, Move, after
from ...errors import Conflict, NotFound
from ...models.support import SupportMessage, SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork

SUBJECT_KIND = "support_request"
_OF_PURCHASES = (Move.REFUSE, Move.RESOLVE)
"""The moves that need a purchase, and so do all that follow from them."""


def locked_request(session: Session, request_id: str) -> SupportRequest:
    """The request, locked. Raises `NotFound`."""
    query = select(SupportRequest).where(SupportRequest.id == request_id)
    request = session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if request is None:
        raise NotFound(f"no request {request_id}")
    return request


def locked_message(session: Session, request_id: str, message_id: str) -> tuple[SupportRequest, SupportMessage]:
    """A request and one message of it, both locked. Raises `NotFound`."""
    request = locked_request(session, request_id)
    query = select(SupportMessage).where(
        SupportMessage.request_id == request_id, SupportMessage.message_id == message_id
    )
    message = session.scalar(query.with_for_update())
    if message is None:
        raise NotFound(f"no message {message_id}")
    return request, message


def make_move(request: SupportRequest, move: Move) -> None:
    """Move the request on. Raises `Conflict` naming both states when there is no way from here."""
    require_possible(request, move)
    request.handling = MOVES[request.handling, move]


def require_possible(request: SupportRequest, move: Move) -> None:
    """Raise `Conflict` naming both states when there is no way from here; nothing changes."""
    found = after(request.handling, move)
    if isinstance(found, Impossible):
        because = f"there is no way to {move.replace('_', ' ')} from there"
        raise Conflict.between("the request", found.state, found.asked, because=because)
    if move in _OF_PURCHASES:
        require_purchase(request, found)


def require_purchase(request: SupportRequest, asked: Handling) -> None:
    """Raise `Conflict` for a question before any purchase, of which nothing is owed but what somebody answers."""
    refuse_unless(not request.presale, "it is a question before any purchase", state=request.handling, asked=asked)


def require_answerable(request: SupportRequest, because: str) -> None:
    """Raise `Conflict` unless the seller still owes an answer or a fix."""
    require_purchase(request, Handling.ACKNOWLEDGED)
    answerable = request.handling in (Handling.ACCEPTED, Handling.ACKNOWLEDGED)
    refuse_unless(answerable, because, state=request.handling, asked=Handling.ACKNOWLEDGED)


def refuse_unless(
    condition: bool, because: str, *, what: str = "the request", code: str = "impossible_move", state: str, asked: str
) -> None:
    """Raise `Conflict` naming both states, and why, unless the condition holds."""
    if not condition:
        raise Conflict.between(what, state, asked, code=code, because=because)


def publish_request_event(
    uow: UnitOfWork, request: SupportRequest, name: str, data: Mapping[str, Any], cause: Cause
) -> None:
    """Publish `support_request.<name>` with the ids that a receiver needs."""
    ids = {
        "request_id": request.id,
        "purchase_id": request.purchase_id,
        "customer_id": request.customer_id,
        "seller_id": request.seller_id,
    }
    payload = {**ids, **{key: _as_json(value) for key, value in data.items()}}
    uow.publish_counted_in(f"support_request.{name}", SUBJECT_KIND, request.id, request, payload, cause)


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date) else value
