"""Failures of the database are told apart by their codes: those that pass, and mistakes of ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import text

from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.failures import can_run_again, problem_of
from marketplace_hooks.errors import DatabaseProblem, DatabaseUnavailable


@pytest.fixture
def database(postgresql_url: str) -> Iterator[Database]:
    database = Database(postgresql_url)
    yield database
    database.dispose()


@pytest.mark.parametrize(
    ("sqlstate", "problem"),
    [
        ("08006", DatabaseProblem.AWAY),
        ("25006", DatabaseProblem.READ_ONLY),
        ("40001", DatabaseProblem.BUSY),
        ("40P01", DatabaseProblem.BUSY),
        ("53100", DatabaseProblem.FULL),
        ("53200", DatabaseProblem.BUSY),
        ("53300", DatabaseProblem.TOO_MANY_CONNECTIONS),
        ("55P03", DatabaseProblem.BUSY),
        ("57014", DatabaseProblem.BUSY),
        ("57P01", DatabaseProblem.AWAY),
        ("57P03", DatabaseProblem.AWAY),
        ("58030", DatabaseProblem.AWAY),
        ("22P02", None),
        ("23505", None),
        ("25P02", None),
        ("42P01", DatabaseProblem.NOT_MIGRATED),
        ("42703", DatabaseProblem.NOT_MIGRATED),
        ("42601", None),
    ],
)
def test_what_postgresql_reports_is_judged_by_its_sqlstate(
    database: Database, sqlstate: str, problem: DatabaseProblem | None
) -> None:
    raise_it = text(f"DO $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '{sqlstate}'; END $$")
    with pytest.raises(Exception, match=r".") as raised, database.begin() as connection:
        connection.execute(raise_it)
    error = raised.value
    assert getattr(error, "problem", None) is problem
    assert isinstance(error, DatabaseUnavailable) is (problem is not None)
    if problem is not None:
        assert error.__cause__ is not None
        assert can_run_again(error.__cause__) is (sqlstate in ("40001", "40P01"))


@pytest.mark.parametrize(
    ("code", "problem", "again"),
    [
        (sqlite3.SQLITE_BUSY, DatabaseProblem.BUSY, True),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, DatabaseProblem.BUSY, True),
        (sqlite3.SQLITE_READONLY_DIRECTORY, DatabaseProblem.READ_ONLY, False),
        (sqlite3.SQLITE_FULL, DatabaseProblem.FULL, False),
        (sqlite3.SQLITE_IOERR_WRITE, DatabaseProblem.AWAY, False),
        (sqlite3.SQLITE_CANTOPEN, DatabaseProblem.AWAY, False),
        (sqlite3.SQLITE_ERROR, None, False),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, None, False),
    ],
)
def test_what_sqlite_reports_is_judged_by_its_result_code(
    code: int, problem: DatabaseProblem | None, again: bool
) -> None:
    error = sqlite3.OperationalError("as asked")
    error.sqlite_errorcode = code
    assert (problem_of(error), can_run_again(error)) == (problem, again)


def test_a_connection_that_is_refused_for_there_are_too_many_is_told_from_a_server_that_is_away() -> None:
    refused = psycopg.OperationalError("FATAL: sorry, too many clients already")
    assert problem_of(refused) is DatabaseProblem.TOO_MANY_CONNECTIONS
    assert problem_of(psycopg.OperationalError("connection refused")) is DatabaseProblem.AWAY
