"""When does a seller not work, and since when could customers know?"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain.civil_days import day_of
from ..errors import Conflict, NotFound, PayloadRejected
from ..store.products import Seller
from ..store.support import SellerClosure
from .clocks import closures_changed
from .work import Cause, Work


def declare_closure(
    work: Work,
    seller_id: str,
    closure_id: str,
    *,
    first_day: date,
    last_day: date | None,
    declared_at: datetime,
    told_at: datetime,
    cause: Cause,
) -> bool:
    """Declare a closure, and announce it to customers from now on. False: it is known, or something newer is.

    It suspends nothing before this instant: nobody could see it (`domain.md` 19).
    """
    if last_day is not None and last_day < first_day:
        raise PayloadRejected(
            "the closure ends before it begins",
            errors=[{"path": "data.last_day", "message": "must not be before first_day"}],
        )
    closure = work.session.get(SellerClosure, closure_id, with_for_update=True)
    if closure is not None:
        if told_at <= closure.told_at or closure.seller_id != seller_id:
            return False
        closure.first_day, closure.last_day, closure.told_at = first_day, last_day, told_at
        closure.declared_at = closure.announced_at = work.now
    else:
        closure = SellerClosure(
            id=closure_id,
            seller_id=seller_id,
            first_day=first_day,
            last_day=last_day,
            declared_at=declared_at,
            announced_at=work.now,
            told_at=told_at,
        )
        work.session.add(closure)
    work.session.flush()
    _announce(work, closure, "declared", cause)
    closures_changed(work, seller_id)
    return True


def shorten_closure(work: Work, closure_id: str, last_day: date, *, told_at: datetime, cause: Cause) -> bool:
    """End a closure earlier, from the next civil day on at the earliest (`clocks.md`). False: nothing changed."""
    closure = known_closure(work.session, closure_id)
    if told_at <= closure.told_at:
        return False
    earliest = max(last_day, day_of(work.now, work.zone))
    if closure.last_day is not None and closure.last_day <= earliest:
        return False
    if last_day < closure.first_day and closure.first_day > day_of(work.now, work.zone):
        return cancel_closure(work, closure_id, told_at=told_at, cause=cause)
    closure.last_day, closure.told_at = earliest, told_at
    work.session.flush()
    _announce(work, closure, "shortened", cause)
    closures_changed(work, closure.seller_id)
    return True


def cancel_closure(work: Work, closure_id: str, *, told_at: datetime, cause: Cause) -> bool:
    """Undo a closure. One that has begun is shortened to today: what was suspended stays so. False: undone already."""
    closure = known_closure(work.session, closure_id)
    if closure.cancelled_at is not None or told_at <= closure.told_at:
        return False
    today = day_of(work.now, work.zone)
    closure.told_at = told_at
    if closure.first_day <= today:
        if closure.last_day is not None and closure.last_day <= today:
            return False
        closure.last_day = today
    else:
        closure.cancelled_at = work.now
    work.session.flush()
    _announce(work, closure, "cancelled", cause)
    closures_changed(work, closure.seller_id)
    return True


def known_closure(session: Session, closure_id: str) -> SellerClosure:
    """The closure, locked. Raises `NotFound`."""
    closure = session.get(SellerClosure, closure_id, with_for_update=True)
    if closure is None:
        raise NotFound(f"no closure {closure_id}")
    return closure


def current_closures(session: Session, seller_id: str, today: date) -> list[SellerClosure]:
    """What customers are shown: the closures announced, running or to come, the next first."""
    query = select(SellerClosure).where(
        SellerClosure.seller_id == seller_id,
        SellerClosure.cancelled_at.is_(None),
        (SellerClosure.last_day.is_(None)) | (SellerClosure.last_day >= today),
    )
    return list(session.scalars(query.order_by(SellerClosure.first_day)))


def refuse_past(first_day: date, today: date) -> None:
    """A closure is declared in advance: a day that has passed cannot be closed any more."""
    if first_day < today:
        raise Conflict("a closure is declared in advance", code="closure_in_the_past", first_day=first_day, today=today)


def _announce(work: Work, closure: SellerClosure, change: str, cause: Cause) -> None:
    seller = work.session.get_one(Seller, closure.seller_id, with_for_update=True)
    told = {
        "closure_id": closure.id,
        "seller_id": closure.seller_id,
        "first_day": closure.first_day.isoformat(),
        "last_day": closure.last_day.isoformat() if closure.last_day else None,
        "change": change,
    }
    work.tell("seller.closure_announced", "seller", seller, told, cause)
