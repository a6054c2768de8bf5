"""Raw connections: reused while they work, dropped when they break, never shared with a forked child."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.fast_query import Lookup
from marketplace_hooks.errors import Unavailable
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.services.inbox.writer import InboxWriter

from ..services.inbox.test_writer import incoming


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.dispose()


def itself(connection: Any) -> Any:
    return connection


def one(connection: Any) -> Any:
    return connection.execute("SELECT 1").fetchall()


def test_a_connection_that_is_idle_is_used_again(database: Database) -> None:
    assert database.raw.run(itself) is database.raw.run(itself)


def test_two_that_work_at_once_have_a_connection_each(database: Database) -> None:
    first, second = database.raw.run(lambda outer: (outer, database.raw.run(itself)))
    assert first is not second


def test_inserts_and_prepared_reads_share_the_connections(database: Database) -> None:
    InboxWriter(database).insert(incoming("evt_1"))
    lookup = Lookup(select(InboxEvent.type).where(InboxEvent.event_id == bindparam("event_id")))
    [row] = lookup.rows(database, {"event_id": "evt_1"})
    assert row.type == "product.upserted"
    assert len(database.raw._idle) == 1


def test_a_failure_of_the_work_is_raised_and_its_connection_not_used_again(database: Database) -> None:
    used: list[Any] = []

    def fail(connection: Any) -> None:
        used.append(connection)
        raise KeyError("a mistake of the caller")

    with pytest.raises(KeyError):
        database.raw.run(fail)
    assert len(used) == 1
    assert database.raw.run(itself) is not used[0]


def test_a_connection_that_died_while_it_was_idle_is_replaced_unnoticed(database: Database) -> None:
    driver = database.engine.dialect.loaded_dbapi
    used: list[Any] = []

    def die_once(connection: Any) -> Any:
        used.append(connection)
        if len(used) == 1:
            raise driver.OperationalError("server closed the connection unexpectedly")
        return one(connection)

    idle = database.raw.run(itself)
    assert [tuple(row) for row in database.raw.run(die_once)] == [(1,)]
    assert used[0] is idle
    assert used[0] is not used[1]


def test_a_database_that_stays_away_is_unavailable(database: Database) -> None:
    driver = database.engine.dialect.loaded_dbapi

    def die(connection: Any) -> None:
        raise driver.OperationalError("server closed the connection unexpectedly")

    with pytest.raises(Unavailable):
        database.raw.run(die)


def test_idle_connections_are_closed_with_the_database(database: Database) -> None:
    connection = database.raw.run(itself)
    driver = database.engine.dialect.loaded_dbapi
    database.dispose()
    with pytest.raises(driver.Error):
        one(connection)


def test_a_forked_child_opens_connections_of_its_own_and_leaves_those_of_its_parent(database: Database) -> None:
    before = database.raw.run(itself)
    child = os.fork()
    if child == 0:
        is_own = database.raw.run(itself) is not before
        database.dispose()
        os._exit(0 if is_own else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert database.raw.run(itself) is before
    assert [tuple(row) for row in database.raw.run(one)] == [(1,)]
