"""Failures of the database: which pass by themselves, and what is wrong meanwhile.

The only classification: requests, the inbox and the jobs judge by it. It goes by SQLSTATE (PostgreSQL, appendix A) and
by SQLite's primary result code, never by a message, save where a connection is refused and libpq gives no code.
What is not listed is a mistake of ours, or a damaged database: neither goes away by itself.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ..errors import DatabaseProblem, DatabaseUnavailable

_BY_SQLSTATE = {
    "25006": DatabaseProblem.READ_ONLY,  # a standby, or default_transaction_read_only.
    "25P03": DatabaseProblem.BUSY,  # idle_in_transaction_session_timeout
    "25P04": DatabaseProblem.BUSY,  # transaction_timeout
    "53100": DatabaseProblem.FULL,
    "53300": DatabaseProblem.TOO_MANY_CONNECTIONS,
    "57014": DatabaseProblem.BUSY,  # statement_timeout, or somebody cancelled the statement.
    "57P05": DatabaseProblem.BUSY,  # idle_session_timeout
}
_BY_SQLSTATE_CLASS = {
    "08": DatabaseProblem.AWAY,
    "40": DatabaseProblem.BUSY,
    "53": DatabaseProblem.BUSY,
    "55": DatabaseProblem.BUSY,
    "57": DatabaseProblem.AWAY,
    "58": DatabaseProblem.AWAY,
}
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: DatabaseProblem.BUSY,
    sqlite3.SQLITE_LOCKED: DatabaseProblem.BUSY,
    sqlite3.SQLITE_PROTOCOL: DatabaseProblem.BUSY,
    sqlite3.SQLITE_READONLY: DatabaseProblem.READ_ONLY,
    sqlite3.SQLITE_FULL: DatabaseProblem.FULL,
    sqlite3.SQLITE_IOERR: DatabaseProblem.AWAY,
    sqlite3.SQLITE_CANTOPEN: DatabaseProblem.AWAY,
}
_REFUSED_CONNECTIONS = ("too many clients", "too many connections", "connection slots", "no more connections")
# serialization_failure, deadlock_detected: the whole transaction may simply be run again.
_RUN_AGAIN = {"40001", "40P01"}
# undefined_table, undefined_column. SQLite has no code of its own for them.
_MISSING = {"42P01", "42703"}
_PRIMARY_CODE = 0xFF
"""The part of an extended result code of SQLite that names the kind of failure."""


def problem_of(error: BaseException) -> DatabaseProblem | None:
    """What keeps the database from doing its work now; None for a mistake of ours, which trying again cannot fix.

    `error` is the driver's exception, or SQLAlchemy's around it.
    """
    if isinstance(error, PoolTimeout):
        return DatabaseProblem.BUSY
    if _lacks_migration(error):
        return DatabaseProblem.NOT_MIGRATED
    cause = _of_driver(error)
    if sqlstate := _sqlstate_of(cause):
        return _BY_SQLSTATE.get(sqlstate) or _BY_SQLSTATE_CLASS.get(sqlstate[:2])
    if (code := getattr(cause, "sqlite_errorcode", None)) is not None:
        return _BY_SQLITE_CODE.get(code & _PRIMARY_CODE)
    if type(cause).__name__ not in ("OperationalError", "InterfaceError"):
        return None
    # Without a code it is about the connection itself, on both databases.
    is_refused = any(words in str(cause) for words in _REFUSED_CONNECTIONS)
    return DatabaseProblem.TOO_MANY_CONNECTIONS if is_refused else DatabaseProblem.AWAY


def _lacks_migration(error: BaseException) -> bool:
    """Whether a table or a column does not exist: the database is of another version than the code."""
    cause = _of_driver(error)
    return _sqlstate_of(cause) in _MISSING or str(cause).startswith(("no such table", "no such column"))


def can_run_again(error: BaseException) -> bool:
    """Whether the same transaction, run again from its start, may well succeed at once."""
    cause = _of_driver(error)
    code = getattr(cause, "sqlite_errorcode", None)
    is_locked = code is not None and _BY_SQLITE_CODE.get(code & _PRIMARY_CODE) is DatabaseProblem.BUSY
    return is_locked or _sqlstate_of(cause) in _RUN_AGAIN


def driver_errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What the drivers themselves raise, that of PostgreSQL only where something has loaded it; and `others`."""
    psycopg: Any = sys.modules.get("psycopg")
    return (sqlite3.Error, *others) if psycopg is None else (sqlite3.Error, psycopg.Error, *others)


@contextlib.contextmanager
def outages() -> Iterator[None]:
    """Raise `DatabaseUnavailable` in place of an exception that is no mistake of ours."""
    try:
        yield
    except driver_errors(DBAPIError, PoolTimeout) as error:  # bare ones come from `connect` events.
        problem = problem_of(error)
        if problem is None:
            raise
        raise DatabaseUnavailable(problem, can_run_again=can_run_again(error)) from error


def _sqlstate_of(cause: BaseException | None) -> str:
    """PostgreSQL's code, empty for none; psycopg2, the driver of many a host's session, calls it otherwise."""
    return getattr(cause, "sqlstate", None) or getattr(cause, "pgcode", None) or ""


def _of_driver(error: BaseException) -> BaseException | None:
    return error.orig if isinstance(error, DBAPIError) else error
