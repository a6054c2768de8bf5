"""Leases: named locks in the database, each held by one process until it expires, unless it is renewed.

Leases on other rows end by the same rule, `is_over`. They are made by the clocks of the machines: where one is set back
by hours, what was leased before would be held for hours, if a lease could end later than the longest that is made.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...models.access import Lock
from .runtime import Runtime

CLOCKS_AGREE_S = 5.0
"""The clocks of two machines differ by less."""


def is_over(until: Any, now: datetime, longest_s: float) -> ColumnElement[bool]:
    """SQL for: what lasts until this instant (NULL: nothing) is over, or was made by a clock that was ahead.

    That is so when it ends later than the longest of its kind, `longest_s`, would if it began now.
    """
    return or_(until.is_(None), until < now, until > latest_end(now, longest_s))


def latest_end(now: datetime, longest_s: float) -> datetime:
    """The instant after which nothing can end that lasts at most `longest_s` and has begun."""
    return now + timedelta(seconds=longest_s + CLOCKS_AGREE_S)


def acquire_lease(runtime: Runtime, name: str, owner: str, lease_s: float) -> bool:
    """Take the lock, or renew it for `lease_s` from now; False while another owner holds it."""
    return runtime.database.retrying(lambda session: _take(runtime, session, name, owner, lease_s))


def _take(runtime: Runtime, session: Session, name: str, owner: str, lease_s: float) -> bool:
    now = runtime.now()
    dialect = sqlite if runtime.database.is_sqlite else postgresql
    until = now + timedelta(seconds=lease_s)
    free = or_(Lock.owner == owner, is_over(Lock.leased_until, now, lease_s))
    take = (
        dialect.insert(Lock)
        .values(name=name, owner=owner, leased_until=until)
        .on_conflict_do_update(index_elements=[Lock.name], set_={"owner": owner, "leased_until": until}, where=free)
    )
    return session.execute(take.returning(Lock.name)).first() is not None


def release_lease(runtime: Runtime, name: str, owner: str) -> None:
    """Release the lock, if `owner` still holds it."""
    with runtime.database.session() as session:
        session.execute(delete(Lock).where(Lock.name == name, Lock.owner == owner))


def check_writable(runtime: Runtime) -> None:
    """Commit a write of no meaning. Raises `DatabaseUnavailable`, which says why, when the database takes none.

    Nothing less shows that a disk is full, or that somebody holds the lock of an SQLite file.
    """
    acquire_lease(runtime, "writable", "anybody", 0.0)
