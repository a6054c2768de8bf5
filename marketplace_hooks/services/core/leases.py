"""Which one process holds a named lock? A row, held until its lease ends, taken over when its holder is silent."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_
from sqlalchemy.dialects import postgresql, sqlite

from ...models.access import Lock
from .runtime import Runtime


def acquire_lease(runtime: Runtime, name: str, owner: str, lease_s: float) -> bool:
    """Take the lock, or keep it for another `lease_s`; False while somebody else holds it."""
    now = runtime.now()
    dialect = sqlite if runtime.database.is_sqlite else postgresql
    until = now + timedelta(seconds=lease_s)
    free = or_(Lock.owner == owner, Lock.leased_until < now)
    take = (
        dialect.insert(Lock)
        .values(name=name, owner=owner, leased_until=until)
        .on_conflict_do_update(index_elements=[Lock.name], set_={"owner": owner, "leased_until": until}, where=free)
    )
    with runtime.database.session() as session:
        return session.execute(take.returning(Lock.name)).first() is not None


def release_lease(runtime: Runtime, name: str, owner: str) -> None:
    """Give the lock back, if it is still ours."""
    with runtime.database.session() as session:
        session.execute(delete(Lock).where(Lock.name == name, Lock.owner == owner))
