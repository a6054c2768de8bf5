"""Closures of a seller as customers could see them: what each suspends, from its announcement on (`rules.md` 19)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.instants import format_instant
from ...domain.support.deadlines import Closure
from ...models.support import SellerClosure


def announced_closures(session: Session, seller_id: str) -> list[Closure]:
    """The seller's closures as customers could see them: each counts from the moment it was announced to them."""
    query = select(SellerClosure).where(SellerClosure.seller_id == seller_id, SellerClosure.cancelled_at.is_(None))
    return [closure for row in session.scalars(query) for closure in _announced(row)]


def _newest(row: SellerClosure) -> Closure:
    """All the days of a closure, as they were announced last."""
    return Closure(row.first_day, row.last_day, max(row.declared_at, row.announced_at))


def keep_announced(row: SellerClosure, first_day: date, last_day: date | None, now: datetime) -> None:
    """A closure is about to be described anew: those of its new days that customers could see keep their instants."""
    described = Closure(first_day, last_day, now)
    still_announced = [one.within(described) for one in _announced(row)] if row.cancelled_at is None else []
    row.announced_before = [as_stored(one) for one in still_announced if one is not None] or None


def as_stored(closure: Closure) -> dict[str, Any]:
    """Days that were announced, as `announced_before` keeps them."""
    return {
        "first_day": closure.first_day.isoformat(),
        "last_day": None if closure.last_day is None else closure.last_day.isoformat(),
        "announced_at": format_instant(closure.declared_at),
    }


def _announced(row: SellerClosure) -> list[Closure]:
    """The days of a closure by their announcements, the last one first; what was shortened since is left out."""
    newest = _newest(row)
    before = [
        Closure(
            date.fromisoformat(one["first_day"]),
            None if one["last_day"] is None else date.fromisoformat(one["last_day"]),
            datetime.fromisoformat(one["announced_at"]),
        ).within(newest)
        for one in row.announced_before or ()
    ]
    return [newest, *(one for one in before if one is not None)]
