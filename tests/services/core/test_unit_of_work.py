"""A unit of work writes what it gathered before its commit, and wakes workers after it, never without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace_hooks.models.access import Lock
from marketplace_hooks.models.products import Seller
from marketplace_hooks.services.catalog.locked_subjects import LockedSubjects
from marketplace_hooks.services.catalog.sellers import upsert_seller
from marketplace_hooks.services.core.runtime import JobKind, Runtime
from marketplace_hooks.services.core.unit_of_work import UnitOfWork, run_in_transaction

SELLER = {
    "seller_id": "seller-1",
    "name": "Lumen",
    "country": "FR",
    "region": None,
    "locale": "fr",
    "helpdesk_relays": [],
    "email": None,
}


class Wakeups:
    """Records which workers were woken, and whether everybody could see the seller at that moment."""

    def __init__(self, runtime: Runtime) -> None:
        self._database = runtime.database
        self.woken: list[tuple[JobKind, bool]] = []

    def wake_worker(self, kind: JobKind) -> bool:
        with self._database.read_session() as session:
            self.woken.append((kind, session.scalar(select(Seller.id)) is not None))
        return True

    def clear_wakeup(self, kind: JobKind) -> None:
        """No job runs here."""

    def count_begun(self, kind: JobKind) -> int:
        return 0


def add_seller(uow: UnitOfWork) -> None:
    upsert_seller(uow, LockedSubjects(uow.session), SELLER, sent_at=uow.now)
    uow.wakeups.add(JobKind.CASCADES)


def test_workers_are_woken_once_everybody_can_see_what_was_done(runtime: Runtime) -> None:
    wakeups = Wakeups(runtime)
    run_in_transaction(replace(runtime, wakeups=wakeups), add_seller)
    assert wakeups.woken == [(JobKind.CASCADES, True)]


def test_no_worker_is_woken_for_what_was_rolled_back(runtime: Runtime) -> None:
    wakeups = Wakeups(runtime)

    def fail(uow: UnitOfWork) -> None:
        add_seller(uow)
        raise RuntimeError("on second thoughts")

    with pytest.raises(RuntimeError):
        run_in_transaction(replace(runtime, wakeups=wakeups), fail)
    with runtime.database.read_session() as session:
        assert (session.scalar(select(Seller.id)), wakeups.woken) == (None, [])


def test_what_is_returned_is_what_was_done(runtime: Runtime) -> None:
    assert run_in_transaction(runtime, lambda uow: uow.now.tzinfo is not None) is True


def lock_row(uow: UnitOfWork, name: str, owner: str) -> dict[str, object]:
    return {"name": name, "owner": owner, "leased_until": uow.now + timedelta(seconds=60)}


def count_locks(session: Session) -> int | None:
    return session.scalar(select(func.count()).select_from(Lock))


def test_gathered_rows_are_inserted_before_the_commit_and_a_row_that_exists_stays(runtime: Runtime) -> None:
    def add(owner: str) -> int | None:
        def act(uow: UnitOfWork) -> int | None:
            uow.insert_later(Lock, lock_row(uow, "first", owner))
            uow.insert_later(Lock, lock_row(uow, owner, owner))
            assert [row["name"] for row in uow.rows_to_insert(Lock)] == ["first", owner]
            return count_locks(uow.session)

        return run_in_transaction(runtime, act)

    assert [add("a"), add("b")] == [0, 2]
    with runtime.database.read_session() as session:
        owners = {lock.name: lock.owner for lock in session.scalars(select(Lock))}
    assert owners == {"first": "a", "a": "a", "b": "b"}


def test_rows_of_one_table_can_be_inserted_earlier_and_only_once(runtime: Runtime) -> None:
    def act(uow: UnitOfWork) -> int | None:
        uow.insert_later(Lock, lock_row(uow, "first", "a"))
        uow.write_rows(Lock)
        assert list(uow.rows_to_insert(Lock)) == []
        return count_locks(uow.session)

    assert run_in_transaction(runtime, act) == 1


class Locks:
    """A gatherer: one lock for all the names that were added."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def write(self, session: Session) -> None:
        session.add(Lock(name="+".join(self.names), owner="a", leased_until=datetime(2026, 1, 1, tzinfo=UTC)))


def test_a_transaction_has_one_gatherer_of_each_kind_which_is_written_at_its_end(runtime: Runtime) -> None:
    def act(uow: UnitOfWork) -> int | None:
        uow.deferred(Locks).names.append("first")
        uow.deferred(Locks).names.append("second")
        return count_locks(uow.session)

    assert run_in_transaction(runtime, act) == 0
    with runtime.database.read_session() as session:
        assert session.scalars(select(Lock.name)).all() == ["first+second"]
