"""Messages in a request's thread: stored, classified, and counted as the acknowledgement if they are one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...domain.audit_actions import AuditAction
from ...domain.support import acknowledgement
from ...domain.support.automatic_mail import sender_address
from ...domain.support.state_machine import OPEN, ClockName, ClockState, Handling, Move
from ...errors import Conflict
from ...models.products import Seller
from ...models.support import Clock, SupportMessage, SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from .sla_clocks import await_confirmation, clock_of, end_confirmation, stop_clock
from .transitions import locked_message, locked_request, make_move, publish_request_event

IDENTICAL_BODY_WINDOW = timedelta(days=7)
"""The same text sent again within these days speaks for a template (`deadlines.md`)."""


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message as it was sent. `author_type` None: the platform does not say whether a person wrote it.

    `attachments` is the number of its files, or a list that describes each.
    """

    request_id: str
    message_id: str
    side: str
    author: str
    author_type: str | None
    received_at: datetime
    body: str
    subject: str = ""
    origin: str = "api"
    kind: str = "message"
    visibility: str = "public"
    headers: Sequence[Sequence[str]] = ()
    attachments: int | Sequence[Mapping[str, Any]] = 0

    @property
    def files(self) -> list[dict[str, Any]] | None:
        """The descriptions of its files; None: only their number is known."""
        return None if isinstance(self.attachments, int) else [dict(file) for file in self.attachments]

    @property
    def file_count(self) -> int:
        """How many files it has."""
        return self.attachments if isinstance(self.attachments, int) else len(self.attachments)


def post_message(uow: UnitOfWork, new: NewMessage, cause: Cause) -> SupportMessage | None:
    """Add a message to the thread, classify it, and acknowledge the request if it does. None: it is there already."""
    request = locked_request(uow.session, new.request_id)
    uow.audit(AuditAction.MESSAGE_POSTED, request.id, message_id=new.message_id, visibility=new.visibility)
    known = select(SupportMessage.id).where(
        SupportMessage.request_id == request.id, SupportMessage.message_id == new.message_id
    )
    if uow.session.scalar(known) is not None:
        return None
    message = _classified(uow, request, new)
    uow.session.add(message)
    uow.session.flush()
    if new.visibility == "public" and new.kind == "message":
        data = {"message_id": new.message_id, "side": new.side, "author_type": message.author_type}
        publish_request_event(uow, request, "message_posted", data, cause)
    if new.side == "seller" and request.handling in OPEN:
        if message.counts:
            acknowledge(uow, request, new.received_at, cause)
        elif message.counts is None and _in_time(uow.session, request, new.received_at):
            await_confirmation(uow, request)
    return message


def _classified(uow: UnitOfWork, request: SupportRequest, new: NewMessage) -> SupportMessage:
    """The row of a message, with the verdict whether it acknowledges."""
    digest = hashlib.sha256(" ".join(new.body.split()).encode()).hexdigest()
    verdict = acknowledgement.classify(_facts(uow.session, request, new, digest))
    return SupportMessage(
        request_id=request.id,
        message_id=new.message_id,
        side=new.side,
        author=new.author,
        author_type=new.author_type or "unknown",
        origin=new.origin,
        kind=new.kind,
        visibility=new.visibility,
        received_at=new.received_at,
        recorded_at=uow.now,
        subject=new.subject,
        body=new.body,
        body_sha256=digest,
        headers=[list(pair) for pair in new.headers],
        attachments=new.file_count,
        files=new.files or None,
        counts=verdict.counts,
        reason=verdict.reason,
    )


def confirm_message(
    uow: UnitOfWork, request_id: str, message_id: str, *, counts: bool, actor: str, cause: Cause
) -> SupportMessage:
    """Record a person's judgement of a message: confirmed, it acknowledges from its original receipt."""
    request, message = locked_message(uow.session, request_id, message_id)
    uow.audit(AuditAction.MESSAGE_JUDGED, request_id, message_id=message_id, counts=counts)
    if message.counts is not None:
        state = "counts" if message.counts else "does_not_count"
        asked = "counts" if counts else "does_not_count"
        because = "it has been judged already"
        raise Conflict.between("the message's judgement", state, asked, code="already_judged", because=because)
    message.counts = counts
    message.confirmed_by = actor
    message.confirmed_at = uow.now
    uow.session.flush()
    if counts:
        acknowledge(uow, request, message.received_at, cause)
    elif not _has_unconfirmed_in_time(uow.session, request):
        end_confirmation(uow, request)
    return message


def acknowledge(uow: UnitOfWork, request: SupportRequest, at: datetime, cause: Cause) -> None:
    """Acknowledge the request by a personal answer of the seller's side, received at an instant."""
    clock = clock_of(uow.session, request.id, ClockName.ACKNOWLEDGEMENT)
    stopped = stop_clock(uow, request, ClockName.ACKNOWLEDGEMENT, ClockState.MET, at)
    if request.acknowledged_at is None or at < request.acknowledged_at:
        request.acknowledged_at = at
    if request.handling is Handling.ACCEPTED:
        make_move(request, Move.ACKNOWLEDGE)
    if stopped and clock is not None:
        data = {"acknowledged_at": at, "in_time": clock.state is ClockState.MET}
        publish_request_event(uow, request, "acknowledged", data, cause)


def messages_of(session: Session, request_id: str, *, internal: bool) -> list[SupportMessage]:
    """The thread in the order of receipt; internal notes are for the marketplace and the seller alone."""
    query = select(SupportMessage).where(SupportMessage.request_id == request_id)
    if not internal:
        query = query.where(SupportMessage.visibility == "public")
    return list(session.scalars(query.order_by(SupportMessage.received_at, SupportMessage.id)))


def message_view(message: SupportMessage) -> dict[str, Any]:
    """A message as the API and the pages show it."""
    return {
        "message_id": message.message_id,
        "side": message.side,
        "author_type": message.author_type,
        "visibility": message.visibility,
        "received_at": message.received_at,
        "subject": message.subject,
        "body": message.body,
        "attachments": message.attachments,
        "files": message.files or [],
        "counts": message.counts,
        "reason": message.reason,
    }


def _facts(session: Session, request: SupportRequest, new: NewMessage, digest: str) -> acknowledgement.Message:
    since = new.received_at - IDENTICAL_BODY_WINDOW
    same = (
        select(func.count())
        .select_from(SupportMessage)
        .join(SupportRequest, SupportRequest.id == SupportMessage.request_id)
        .where(
            SupportMessage.body_sha256 == digest,
            SupportMessage.received_at >= since,
            SupportMessage.side == "seller",
            SupportRequest.seller_id == request.seller_id,
        )
    )
    seller = session.get(Seller, request.seller_id)
    sender = next((value for name, value in new.headers if name.lower() == "from"), "")
    relays = seller.helpdesk_relays if seller else []
    return acknowledgement.Message(
        side=new.side,
        author_type=new.author_type,
        origin=new.origin,
        kind=new.kind,
        visibility=new.visibility,
        received_at=new.received_at,
        request_received_at=request.clocks_from or request.submitted_at,
        subject=new.subject,
        body=new.body,
        headers=[(name, value) for name, value in new.headers],
        attachments=new.file_count,
        helpdesk_relay=sender_address(sender) in [relay.strip().lower() for relay in relays],
        identical_body_count_7d=session.scalar(same) or 0,
        request_subject=request.subject,
    )


def _in_time(session: Session, request: SupportRequest, at: datetime) -> bool:
    clock = session.get(Clock, (request.id, ClockName.ACKNOWLEDGEMENT))
    return clock is not None and clock.started_at <= at and (clock.due_before is None or at < clock.due_before)


def _has_unconfirmed_in_time(session: Session, request: SupportRequest) -> bool:
    """Whether another message awaits a person that would meet the deadline."""
    query = select(SupportMessage.received_at).where(
        SupportMessage.request_id == request.id, SupportMessage.counts.is_(None), SupportMessage.side == "seller"
    )
    return any(_in_time(session, request, at) for at in session.scalars(query))
