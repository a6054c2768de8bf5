"""What happens on a stage is seen there, and nowhere else afterwards."""

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
    with database.reading() as session:
        return list(session.scalars(select(Lock.name).order_by(Lock.name)))


def put(database: Database, name: str) -> None:
    with database.session() as session:
        session.execute(insert(Lock).values(name=name, owner="me", leased_until=AT))


def test_each_transaction_of_the_stage_sees_those_before_it_and_none_is_kept(database_url: str) -> None:
    database = Database(database_url)
    put(database, "real")
    with rolled_back(database) as stage:
        put(stage, "one")
        put(stage, "two")
        assert names(stage) == ["one", "real", "two"]
        assert stage.retrying(lambda session: session.scalar(select(Lock.name).where(Lock.name == "one"))) == "one"
    assert names(database) == ["real"]
    database.dispose()


def test_a_play_that_fails_is_undone_as_well(database_url: str) -> None:
    database = Database(database_url)
    with pytest.raises(IntegrityError):
        play_badly(database)
    assert names(database) == []
    put(database, "after")
    assert names(database) == ["after"]
    database.dispose()


def play_badly(database: Database) -> None:
    with rolled_back(database) as stage:
        put(stage, "one")
        put(stage, "one")
