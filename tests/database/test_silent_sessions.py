"""Only transactions of ours are ended that hold something and have been silent for long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.engine import Connection

from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.silent_sessions import SilentSessions

SILENT_S = 0.5
LOCK = "UPDATE mh_shards SET owner = owner WHERE shard = {}"


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    opened = Database(postgresql_url)
    yield opened
    opened.dispose()


@contextmanager
def transaction(database: Database, statement: str) -> Iterator[Connection]:
    """A transaction that has run this statement, and is rolled back in the end."""
    with database.engine.connect() as connection:
        connection.execute(text(statement))
        yield connection


def is_alive(connection: Connection) -> bool:
    raw = connection.connection.driver_connection
    try:
        raw.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def test_a_session_that_is_silent_and_holds_rows_is_ended_and_no_other(database: Database) -> None:
    url = make_url(database.url)
    of_a_host = Database(url.update_query_dict({"application_name": "the host"}))
    with ExitStack() as stack:
        silent = stack.enter_context(transaction(database, LOCK.format(1)))
        reader = stack.enter_context(transaction(database, "SELECT count(*) FROM mh_shards"))
        hosts = stack.enter_context(transaction(of_a_host, LOCK.format(2)))
        lively = stack.enter_context(transaction(database, LOCK.format(3)))
        time.sleep(SILENT_S)
        assert is_alive(lively)
        assert SilentSessions(database, SILENT_S).end() == 1
        assert [is_alive(one) for one in (silent, reader, hosts, lively)] == [False, True, True, True]
        silent.invalidate()
    of_a_host.dispose()


def test_what_a_session_held_is_free_once_it_is_ended(database: Database) -> None:
    with transaction(database, LOCK.format(1)) as silent:
        time.sleep(SILENT_S)
        assert SilentSessions(database, SILENT_S).end() == 1
        with database.begin() as another:
            another.execute(text("SET LOCAL lock_timeout = '10s'"))
            another.execute(text(LOCK.format(1)))
        silent.invalidate()


def test_a_writer_of_sqlite_that_is_not_stopped_is_left_alone(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.begin() as writer:
        writer.execute(text(LOCK.format(1)))
        assert SilentSessions(database, 0.0).end() == 0
    database.dispose()
