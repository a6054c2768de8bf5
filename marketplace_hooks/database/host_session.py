"""Host session: a session of ours in a host's transaction, which the host commits or rolls back with its own writes.

The host's session keeps its own objects and its own connection. Ours works on that connection, within a savepoint, so
that a refused action leaves nothing behind and the host's transaction can continue.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import InvalidRequestError, UnboundExecutionError
from sqlalchemy.orm import Session, SessionTransaction, scoped_session

from ..errors import DatabaseProblem, DatabaseUnavailable, SessionRejected
from .engine import Database
from .failures import outages
from .sqlite_files import with_plain_path
from .types import Base

HostSession = Session | scoped_session[Any]
"""What a host gives us: a session, or the registry of them that Flask-SQLAlchemy calls `db.session`."""
FindEngine = Callable[[Session], Engine | None]
"""Says which engine of a host's session holds our tables; None: the one that the session itself chooses."""

_INFO_KEY = "marketplace_hooks_after_commit"


def plain_session(given: HostSession) -> Session:
    """The session itself, of a registry the one of now. Raises `SessionRejected` for anything else."""
    session = given() if isinstance(given, scoped_session) else given
    if not isinstance(session, Session):
        raise SessionRejected(
            f"session= takes a SQLAlchemy session such as db.session, not {type(session).__name__}",
            code="not_a_session",
        )
    return session


@contextlib.contextmanager
def write_in(host: Session, database: Database, find_engine: FindEngine) -> Iterator[Session]:
    """A session of ours in the transaction of the host's; what the host holds of our tables is read anew after it.

    Raises `SessionRejected` for a session that cannot write to our database, `DatabaseUnavailable` where the database
    cannot do its work now. Whatever is raised within undoes what was done within, and nothing else.
    """
    connection = _connection_of(host, database, find_engine)
    try:
        with outages():
            _begin(connection)
            with connection.begin_nested(), Session(connection, **_OPTIONS) as session:
                yield session
                session.flush()
    except DatabaseUnavailable as error:
        if error.problem is not DatabaseProblem.READ_ONLY:
            raise
        raise SessionRejected("the session given is read-only: give one that may write", code="read_only") from error
    for held in list(host):
        if isinstance(held, Base):
            host.expire(held)


@contextlib.contextmanager
def read_in(host: Session, database: Database, find_engine: FindEngine) -> Iterator[Session]:
    """A session of ours that reads what the host's transaction sees, its own uncommitted writes included.

    Raises as `write_in`.
    """
    connection = _connection_of(host, database, find_engine)
    with outages(), Session(connection, autoflush=False, **_OPTIONS) as session:
        yield session


def call_after_commit(host: Session, call: Callable[[], object]) -> None:
    """Have it called once the host's transaction, the outermost one, is committed; never after a rollback."""
    calls: list[Callable[[], object]] | None = host.info.get(_INFO_KEY)
    if calls is None:
        calls = host.info[_INFO_KEY] = []
        event.listen(host, "after_commit", _run_calls)
        event.listen(host, "after_transaction_end", _forget_calls)
    calls.append(call)


_OPTIONS: dict[str, Any] = {"expire_on_commit": False, "join_transaction_mode": "rollback_only"}
"""Of our sessions: their end ends neither the host's transaction nor its savepoints."""


def _run_calls(host: Session) -> None:
    if host.in_nested_transaction():  # a savepoint is released: the host may still roll everything back.
        return
    calls = list(host.info[_INFO_KEY])
    host.info[_INFO_KEY].clear()
    for call in calls:
        call()


def _forget_calls(host: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        host.info[_INFO_KEY].clear()


def _connection_of(host: Session, database: Database, find_engine: FindEngine) -> Connection:
    """The host's connection to our database, with what the host has pending written to it."""
    try:
        engine = find_engine(host) or host.get_bind(clause=next(iter(Base.metadata.tables.values())))
    except UnboundExecutionError:
        engine = None
    bound = None if engine is None else engine.engine.url
    if bound is None or not is_same_database(bound, database.url):
        theirs = "no database" if bound is None else _named(bound)
        raise SessionRejected(
            f"the session given is of {theirs}, and our tables are in {_named(database.url)}", code="another_database"
        )
    try:
        host.flush()
        return host.connection(bind_arguments={"bind": engine})
    except InvalidRequestError as error:  # closed for good, or its transaction has failed before.
        raise SessionRejected(
            "the session given is closed, or waits for a rollback: give one that is open", code="closed"
        ) from error


def _begin(connection: Connection) -> None:
    """See that there is a transaction which the host can roll back. Raises `SessionRejected` in autocommit mode.

    Python's own SQLite driver begins none before a savepoint, whose release would then commit.
    """
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    elif driver.autocommit:
        raise SessionRejected(
            "the session given is in autocommit mode, where nothing can be rolled back", code="autocommit"
        )


def is_same_database(one: URL, other: URL) -> bool:
    """Whether two addresses name one database, whatever the driver, the account and the options."""
    if one.get_backend_name() != other.get_backend_name():
        return False
    if one.get_backend_name() == "sqlite":
        return _file_of(one) is not None and _file_of(one) == _file_of(other)
    return _place_of(one) == _place_of(other)


def _file_of(url: URL) -> str | None:
    path = with_plain_path(url).database
    return os.path.realpath(path) if path else None


def _place_of(url: URL) -> tuple[Any, ...]:
    port = url.port or url.query.get("port") or 5432
    return url.host or url.query.get("host"), str(port), url.database


def _named(url: URL) -> str:
    """The database in a sentence, without an account and without a password."""
    if url.get_backend_name() == "sqlite":
        return "SQLite in memory" if _file_of(url) is None else f"the file {url.database}"
    return f"{url.get_backend_name()} database {url.database} at {url.host or url.query.get('host') or 'localhost'}"
