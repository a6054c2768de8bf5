"""Dry run: its transactions see each other, and nothing of them is committed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from marketplace_hooks.database.dry_run import rolled_back
from marketplace_hooks.database.engine import Database
from marketplace_hooks.models.access import Lock

AT = datetime(2026, 3, 2, tzinfo=UTC)


def names(database: Database) -> list[str]:
    with database.read_session() as session:
        return list(session.scalars(select(Lock.name).order_by(Lock.name)))


def put(database: Database, name: str) -> None:
    with database.session() as session:
        session.execute(insert(Lock).values(name=name, owner="me", leased_until=AT))


def test_each_transaction_of_a_dry_run_sees_those_before_it_and_none_is_committed(database_url: str) -> None:
    database = Database(database_url)
    put(database, "real")
    with rolled_back(database) as dry_run:
        put(dry_run, "one")
        put(dry_run, "two")
        assert names(dry_run) == ["one", "real", "two"]
        assert dry_run.retrying(lambda session: session.scalar(select(Lock.name).where(Lock.name == "one"))) == "one"
    assert names(database) == ["real"]
    database.dispose()


def test_a_dry_run_that_fails_is_rolled_back_as_well(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(IntegrityError):
        fail_in_dry_run(database)
    assert names(database) == []
    put(database, "after")
    assert names(database) == ["after"]
    database.dispose()


def fail_in_dry_run(database: Database) -> None:
    with rolled_back(database) as dry_run:
        put(dry_run, "one")
        put(dry_run, "one")
