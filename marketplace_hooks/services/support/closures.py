"""Closures: the days on which a seller does not work, announced to customers beforehand (`rules.md` 19)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.audit_actions import AuditAction
from ...domain.civil_days import day_of
from ...domain.support.closures import ClosureState, shortened_last_day, state_on
from ...domain.support.deadlines import Closure, suspension_ends
from ...errors import Conflict, NotFound, PayloadRejected
from ...models.products import Seller
from ...models.support import SellerClosure
from ..core.unit_of_work import Cause, UnitOfWork
from .announced_closures import keep_announced
from .sla_clocks import recompute_deadlines


@dataclass(frozen=True, kw_only=True)
class ShownClosure:
    """A closure as customers see it.

    `suspends_until` is the last day on which it suspends deadlines, where the policy lets it (None: no end is known).
    """

    closure_id: str
    seller_id: str
    first_day: date
    last_day: date | None
    suspends_until: date | None
    state: ClosureState
    declared_at: datetime
    announced_at: datetime


MAX_CLOSURES = 100
"""Running or to come, of one seller: each counts for every clock of the seller, and is shown to customers."""


def declare_closure(
    uow: UnitOfWork,
    seller_id: str,
    closure_id: str,
    *,
    first_day: date,
    last_day: date | None,
    declared_at: datetime,
    described_at: datetime,
    cause: Cause,
) -> bool:
    """Declare a closure, and announce it to customers from now on. False: this or a newer description is known.

    It suspends nothing before this instant, since nobody could see it (`rules.md` 19), but for the days that an earlier
    description had announced.
    """
    if last_day is not None and last_day < first_day:
        raise PayloadRejected(
            "the closure ends before it begins",
            errors=[{"path": "data.last_day", "message": "must not be before first_day"}],
        )
    closure = uow.session.get(SellerClosure, closure_id, with_for_update=True)
    if closure is None:
        closure = SellerClosure(id=closure_id, seller_id=seller_id, declared_at=declared_at, described_at=described_at)
        uow.session.add(closure)
    else:
        if described_at <= closure.described_at or closure.seller_id != seller_id:
            return False
        closure.described_at = described_at
        if (closure.first_day, closure.last_day, closure.cancelled_at) == (first_day, last_day, None):
            return False  # customers see it already, and what it suspends does not change.
        keep_announced(closure, first_day, last_day, uow.now)
        closure.declared_at = uow.now
    closure.first_day = first_day
    closure.last_day = last_day
    closure.announced_at = uow.now
    closure.cancelled_at = None
    uow.session.flush()
    _announce(uow, closure, "declared", cause)
    recompute_deadlines(uow, seller_id)
    return True


def shorten_closure(uow: UnitOfWork, closure_id: str, last_day: date, *, described_at: datetime, cause: Cause) -> bool:
    """End a closure earlier, from the next civil day on at the earliest (`deadlines.md`). False: nothing changed."""
    closure = locked_closure(uow.session, closure_id)
    if closure.cancelled_at is not None or described_at <= closure.described_at:
        return False
    today = day_of(uow.now, uow.zone)
    shortened = shortened_last_day(closure.last_day, last_day, today=today)
    if shortened is None:
        return False
    if last_day < closure.first_day and closure.first_day > today:
        return cancel_closure(uow, closure_id, described_at=described_at, cause=cause)
    closure.last_day = shortened
    closure.described_at = described_at
    uow.session.flush()
    _announce(uow, closure, "shortened", cause)
    recompute_deadlines(uow, closure.seller_id)
    return True


def cancel_closure(uow: UnitOfWork, closure_id: str, *, described_at: datetime, cause: Cause) -> bool:
    """Cancel a closure. One that has begun ends today, and what it suspended stays so. False: cancelled already."""
    closure = locked_closure(uow.session, closure_id)
    if closure.cancelled_at is not None or described_at <= closure.described_at:
        return False
    today = day_of(uow.now, uow.zone)
    closure.described_at = described_at
    if closure.first_day <= today:
        shortened = shortened_last_day(closure.last_day, today, today=today)
        if shortened is None:
            return False
        closure.last_day = shortened
    else:
        closure.cancelled_at = uow.now
    uow.session.flush()
    _announce(uow, closure, "cancelled", cause)
    recompute_deadlines(uow, closure.seller_id)
    return True


def declare_own_closure(
    uow: UnitOfWork, seller_id: str, *, first_day: date, last_day: date | None, cause: Cause
) -> SellerClosure:
    """The seller declares a closure: it is announced now. Raises `NotFound`, `PayloadRejected`, `Conflict`."""
    if uow.session.get(Seller, seller_id) is None:
        raise NotFound(f"no seller {seller_id}")
    today = day_of(uow.now, uow.zone)
    reject_past_day(first_day, today)
    if len(shown_closures(uow.session, seller_id, uow.now, uow.settings)) >= MAX_CLOSURES:
        raise _too_many()
    closure_id = f"clo_{uuid.uuid4().hex}"
    uow.audit(AuditAction.CLOSURE_DECLARED, closure_id, seller_id=seller_id)
    declare_closure(
        uow,
        seller_id,
        closure_id,
        first_day=first_day,
        last_day=last_day,
        declared_at=uow.now,
        described_at=uow.now,
        cause=cause,
    )
    return locked_closure(uow.session, closure_id)


def shorten_own_closure(
    uow: UnitOfWork, seller_id: str, closure_id: str, last_day: date, cause: Cause
) -> SellerClosure:
    """The seller ends a closure earlier. Raises `Conflict` for more days: those are another closure.

    A closure that has begun ends today at the earliest (`deadlines.md`).
    """
    closure = _own(uow, seller_id, closure_id, "shortened")
    uow.audit(AuditAction.CLOSURE_SHORTENED, closure_id, seller_id=seller_id, last_day=last_day.isoformat())
    if last_day < closure.first_day:
        message = "must not be before first_day; cancel the closure instead"
        raise PayloadRejected("nothing would be left of it", errors=[{"path": "last_day", "message": message}])
    if closure.last_day is not None and last_day > closure.last_day:
        because = "it is only ever shortened; declare another closure for more days"
        state = closure.last_day
        code = "closure_only_shortens"
        raise Conflict.between("the closure's last day", state, last_day, code=code, because=because)
    shorten_closure(uow, closure_id, last_day, described_at=_next_description_at(uow, closure), cause=cause)
    return closure


def cancel_own_closure(uow: UnitOfWork, seller_id: str, closure_id: str, cause: Cause) -> SellerClosure:
    """The seller cancels a closure; one that has begun ends today. Raises `NotFound`, `Conflict`."""
    closure = _own(uow, seller_id, closure_id, "cancelled")
    uow.audit(AuditAction.CLOSURE_CANCELLED, closure_id, seller_id=seller_id)
    cancel_closure(uow, closure_id, described_at=_next_description_at(uow, closure), cause=cause)
    return closure


def state_of(closure: SellerClosure, today: date) -> ClosureState:
    """The state of a closure today."""
    return state_on(today, closure.first_day, closure.last_day, cancelled=closure.cancelled_at is not None)


def locked_closure(session: Session, closure_id: str) -> SellerClosure:
    """The closure, locked. Raises `NotFound`."""
    closure = session.get(SellerClosure, closure_id, with_for_update=True)
    if closure is None:
        raise NotFound(f"no closure {closure_id}")
    return closure


def shown_closures(session: Session, seller_id: str, now: datetime, settings: Settings) -> list[ShownClosure]:
    """The closures that customers see: running or to come, the next first, and until when each suspends deadlines."""
    query = select(SellerClosure).where(SellerClosure.seller_id == seller_id, SellerClosure.cancelled_at.is_(None))
    rows = list(session.scalars(query.order_by(SellerClosure.first_day, SellerClosure.id)))
    ends: Sequence[date | None] = [row.last_day for row in rows]
    if settings.closure_days:
        known = [Closure(row.first_day, row.last_day, row.announced_at) for row in rows]
        ends = suspension_ends(known, settings.closure_days)
    today = day_of(now, settings.reference_zone)
    return [
        ShownClosure(
            closure_id=row.id,
            seller_id=row.seller_id,
            first_day=row.first_day,
            last_day=row.last_day,
            suspends_until=end,
            state=state_of(row, today),
            declared_at=row.declared_at,
            announced_at=row.announced_at,
        )
        for row, end in zip(rows, ends, strict=True)
        if state_of(row, today) is not ClosureState.OVER
    ]


def shown_after_change(uow: UnitOfWork, closure: SellerClosure) -> ShownClosure:
    """The closure as customers see it after a change in the same transaction, which has left some of its days."""
    uow.session.flush()
    shown = shown_closures(uow.session, closure.seller_id, uow.now, uow.settings)
    return next(one for one in shown if one.closure_id == closure.id)


def closures_of_seller(session: Session, seller_id: str, now: datetime, settings: Settings) -> list[ShownClosure]:
    """The closures that customers see, as `shown_closures`. Raises `NotFound` for an unknown seller."""
    if session.get(Seller, seller_id) is None:
        raise NotFound(f"no seller {seller_id}")
    return shown_closures(session, seller_id, now, settings)


def reject_past_day(first_day: date, today: date) -> None:
    """A closure is declared in advance: a day that has passed cannot be closed any more.

    `PayloadRejected`, not `Conflict`: it is the day that is wrong, and no other state of anything makes it right.
    """
    if first_day < today:
        detail = f"today is {today}: a closure is declared in advance, and cannot begin on {first_day}"
        errors = [{"path": "first_day", "message": f"must not be before {today}, which is today"}]
        raise PayloadRejected(detail, errors=errors, code="closure_in_the_past")


def _own(uow: UnitOfWork, seller_id: str, closure_id: str, asked: str) -> SellerClosure:
    """The seller's closure while it can be changed. Raises `NotFound`, also for cancelled ones, and `Conflict`."""
    closure = locked_closure(uow.session, closure_id)
    state = state_of(closure, day_of(uow.now, uow.zone))
    if closure.seller_id != seller_id or state is ClosureState.CANCELLED:
        raise NotFound(f"no closure {closure_id}")
    if state is ClosureState.OVER:
        raise Conflict.between("the closure", state, asked, code="closure_over")
    return closure


def _too_many() -> Conflict:
    what = "the number of the seller's closures"
    asked = MAX_CLOSURES + 1
    because = "cancel one first, or wait until one is over"
    return Conflict.between(what, MAX_CLOSURES, asked, code="too_many_closures", because=because)


def _next_description_at(uow: UnitOfWork, closure: SellerClosure) -> datetime:
    """An instant after every description of the closure, even if the clock of the last sender is ahead."""
    return max(uow.now, closure.described_at + timedelta(microseconds=1))


def _announce(uow: UnitOfWork, closure: SellerClosure, change: str, cause: Cause) -> None:
    seller = uow.session.get_one(Seller, closure.seller_id, with_for_update=True)
    payload = {
        "closure_id": closure.id,
        "seller_id": closure.seller_id,
        "first_day": closure.first_day.isoformat(),
        "last_day": closure.last_day.isoformat() if closure.last_day else None,
        "change": change,
    }
    uow.publish("seller.closure_announced", "seller", seller, payload, cause)
