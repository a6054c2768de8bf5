"""Work queue of the marketplace's staff: replies to confirm, overdue requests, contested refusals, refunds.

Each list is read from an index in its order, with a fixed number of statements for a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, select
from sqlalchemy.orm import Session

from ...database.keyset import Rows, read_rows
from ...database.types import among, constant
from ...domain.support import acknowledgement
from ...domain.support.acknowledgement import Sign
from ...domain.support.refunds import RefundBalance
from ...domain.support.state_machine import ClockName, Handling, RefundState
from ...models.purchases import Purchase
from ...models.support import Clock, RefundClaim, SupportMessage, SupportRequest
from .messages import IDENTICAL_BODY_WINDOW
from .refund_ledger import balances, last_given_back_at
from .request_lists import ANY, RequestQuery

PagePosition = tuple[datetime, str]
"""The last row of the previous page: its instant, and its request (and clock)."""


@dataclass(frozen=True, kw_only=True)
class UnconfirmedReply:
    """A message of the seller's side of which a person must say whether it acknowledges, and why."""

    message: SupportMessage
    request: SupportRequest
    clock: Clock | None
    signs: Sequence[Sign]


@dataclass(frozen=True, kw_only=True)
class MissedClock:
    """A clock that was missed, of a request that is still open."""

    request: SupportRequest
    clock: Clock

    @property
    def position(self) -> PagePosition:
        """Its position in the list, for the next page."""
        missed_at = self.clock.missed_at
        if missed_at is None:
            raise ValueError("it was not missed")
        return missed_at, f"{self.request.id}:{self.clock.name}"


@dataclass(frozen=True, kw_only=True)
class OpenRefund:
    """A refund with the request that it follows from, and what is still owed of it."""

    claim: RefundClaim
    request: SupportRequest
    balance: RefundBalance


@dataclass(frozen=True, kw_only=True)
class OverRefund:
    """A purchase for which more was refunded than was paid, when last; and the requests that had a claim for it."""

    purchase: Purchase
    given_back_at: datetime
    request_ids: Sequence[str]


def is_late() -> ColumnElement[bool]:
    """SQL over a clock and its request: missed, while the request is still open."""
    return and_(Clock.missed_at.is_not(None), SupportRequest.closed_at.is_(None))


def awaits_judgement() -> ColumnElement[bool]:
    """SQL over a message: a person must say whether it counts. As the partial index has it, word for word."""
    return and_(SupportMessage.counts.is_(None), SupportMessage.side == literal_column("'seller'"))


def contested_requests() -> Select[int]:
    """The numbers of the contested requests, in their order: without one, SQLite reads a longer index instead."""
    query = select(SupportRequest.number).where(SupportRequest.handling == constant(Handling.CONTESTED))
    return query.order_by(SupportRequest.number)


def replies_to_confirm(
    session: Session, *, after: int | None = None, is_backward: bool = False, limit: int
) -> Rows[UnconfirmedReply]:
    """The messages that a person must judge, in the order in which they were recorded."""
    of_request = and_(Clock.request_id == SupportRequest.id, Clock.name == constant(ClockName.ACKNOWLEDGEMENT))
    query = (
        select(SupportMessage, SupportRequest, Clock)
        .join(SupportRequest, SupportRequest.id == SupportMessage.request_id)
        .outerjoin(Clock, of_request)
        .where(awaits_judgement())
    )
    position = None if after is None else (after,)
    rows = read_rows(session, query, (SupportMessage.id,), position=position, limit=limit, is_backward=is_backward)
    repetitions = _repetitions(session, [message for message, _, _ in rows])
    return rows.mapped(_unconfirmed(message, request, clock, repetitions) for message, request, clock in rows)


def late_requests(
    session: Session,
    wanted: RequestQuery = ANY,
    *,
    after: PagePosition | None = None,
    is_backward: bool = False,
    limit: int,
) -> Rows[MissedClock]:
    """The missed clocks of open requests, the last missed first: of those requests that are asked for."""
    query = select(Clock, SupportRequest).join(SupportRequest, SupportRequest.id == Clock.request_id)
    query = query.where(is_late(), *wanted.conditions("marketplace"))
    position = None
    if after is not None:
        (request_id, _, name) = after[1].rpartition(":")
        position = (after[0], request_id, name)
    order = (Clock.missed_at, Clock.request_id, Clock.name)
    rows = read_rows(session, query, order, position=position, limit=limit, is_descending=True, is_backward=is_backward)
    return rows.mapped(MissedClock(request=request, clock=clock) for clock, request in rows)


def refunds_in(
    session: Session,
    state: RefundState,
    *,
    today: date,
    after: PagePosition | None = None,
    is_backward: bool = False,
    limit: int,
) -> Rows[OpenRefund]:
    """The refunds in one state, the longest due first."""
    query = (
        select(RefundClaim, SupportRequest)
        .join(SupportRequest, SupportRequest.id == RefundClaim.request_id)
        .where(RefundClaim.state == state)
    )
    order = (RefundClaim.due_at, RefundClaim.request_id)
    rows = read_rows(session, query, order, position=after, limit=limit, is_backward=is_backward)
    balance = balances(session, [claim for claim, _ in rows], today)
    return rows.mapped(
        OpenRefund(claim=claim, request=request, balance=balance[claim.request_id]) for claim, request in rows
    )


def over_refunds(
    session: Session, *, after: PagePosition | None = None, is_backward: bool = False, limit: int
) -> Rows[OverRefund]:
    """The purchases for which more was refunded than was paid, the last refund first."""
    given_back_at = last_given_back_at()
    query = select(Purchase, given_back_at).where(Purchase.over_refunded_cents > literal_column("0"))
    order = (given_back_at, Purchase.id)
    rows = read_rows(session, query, order, position=after, limit=limit, is_descending=True, is_backward=is_backward)
    claims = select(RefundClaim.purchase_id, RefundClaim.request_id).order_by(RefundClaim.request_id)
    claimed: dict[str, list[str]] = {purchase.id: [] for purchase, _ in rows}
    for purchase_id, request_id in session.execute(claims.where(among(RefundClaim.purchase_id, sorted(claimed)))):
        claimed[purchase_id].append(request_id)
    return rows.mapped(
        OverRefund(purchase=purchase, given_back_at=at, request_ids=claimed[purchase.id]) for purchase, at in rows
    )


def _repetitions(session: Session, messages: Sequence[SupportMessage]) -> dict[str, int]:
    """How often each of these bodies was sent by a seller's side in the days before the first of them."""
    if not messages:
        return {}
    since = min(message.received_at for message in messages) - IDENTICAL_BODY_WINDOW
    query = (
        select(SupportMessage.body_sha256, func.count())
        .where(SupportMessage.body_sha256.in_({message.body_sha256 for message in messages}))
        .where(SupportMessage.received_at >= since, SupportMessage.side == "seller")
        .group_by(SupportMessage.body_sha256)
    )
    return {digest: count for digest, count in session.execute(query)}


def _unconfirmed(
    message: SupportMessage, request: SupportRequest, clock: Clock | None, repetitions: dict[str, int]
) -> UnconfirmedReply:
    facts = acknowledgement.Message(
        author_type=None if message.author_type == "unknown" else message.author_type,
        origin=message.origin,
        received_at=message.received_at,
        request_received_at=request.clocks_from or request.submitted_at,
        body=message.body,
        attachments=message.attachments,
        identical_body_count_7d=repetitions.get(message.body_sha256, 0),
        request_subject=request.subject,
    )
    return UnconfirmedReply(message=message, request=request, clock=clock, signs=acknowledgement.signs_of(facts))
