"""Database access: one engine, and what a transaction means on PostgreSQL and on SQLite.

Both behave alike here: a write transaction on SQLite begins IMMEDIATE, so that it waits for its turn
instead of failing half-way; on PostgreSQL rows are locked where two writers could meet.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Insert, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import ConfigurationError, Unavailable
from .raw_connections import RawConnections

_T = TypeVar("_T")

BUSY_TIMEOUT_S = 30
BUSY_POLL_MS = 10
"""For how long SQLite itself waits for the lock, trying four times, before we have it try anew.

Left to itself it tries ever more seldom, ten times a second in the end, and so hardly ever meets the moment between two
chunks of long work: whoever waits to hide a page would wait for a whole cascade.
"""
YIELD_S = 0.02
ATTEMPTS = 5
# serialization_failure, deadlock_detected: the whole transaction may simply be run again.
_TRANSIENT = {"40001", "40P01"}


class Database:
    """One engine of our own, made from a URL, with connections of its own in each process.

    A host's engine is never used or changed, only its URL where we are not given one: our SQLite settings and listeners
    stay ours. `raw` holds the driver's own connections, for single statements that must be fast.
    """

    def __init__(self, url: str | URL, *, pool_size: int = 10) -> None:
        """`url` is a SQLAlchemy URL of SQLite or PostgreSQL; another kind is a `ConfigurationError`."""
        self.url = normalise(url)
        self.raw = RawConnections(lambda: self.engine)
        self._pool_size = pool_size
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._pid = 0

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite: one writer at a time, one machine."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def engine(self) -> Engine:
        """The engine of this process. A forked child inherits what it has learnt, and opens connections of its own."""
        if self._engine is not None and self._pid == os.getpid():
            return self._engine
        with self._lock:
            if self._engine is None:
                self._engine = self._make_engine()
            elif self._pid != os.getpid():
                self._engine.dispose(close=False)  # its parent's sockets stay its parent's.
            self._pid = os.getpid()
            return self._engine

    @contextlib.contextmanager
    def begin(self) -> Iterator[Connection]:
        """A write transaction: committed at the end, rolled back by an exception."""
        with _outages(), self.engine.connect() as connection:
            with connection.execution_options(mh_write=True).begin():
                yield connection

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A write transaction with an ORM session over it: flushed and committed at the end."""
        with self.begin() as connection, Session(connection, expire_on_commit=False) as session:
            yield session
            session.flush()

    @contextlib.contextmanager
    def read_session(self) -> Iterator[Session]:
        """A session that only reads; what it writes is rolled back."""
        with _outages(), self.engine.connect() as connection:
            with Session(connection, autoflush=False) as session:
                yield session

    def retrying(self, work: Callable[[Session], _T]) -> _T:
        """Run `work` in a write transaction, and again when it met a deadlock or a busy database."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.session() as session:
                    return work(session)
            except DBAPIError as error:
                if attempt == ATTEMPTS or not is_transient(error):
                    raise
                time.sleep(random.uniform(0, 0.05 * attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    def yield_to_writers(self) -> None:
        """Between two chunks of long work: on SQLite, which has no queue, let a writer that waits begin."""
        if self.is_sqlite:
            time.sleep(YIELD_S)

    def dispose(self) -> None:
        """Close every connection of this process."""
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
        self.raw.close_idle()

    def _make_engine(self) -> Engine:
        engine = sa.create_engine(
            self.url,
            connect_args={"timeout": BUSY_TIMEOUT_S} if self.is_sqlite else {"connect_timeout": 5},
            pool_size=self._pool_size,
            max_overflow=20,
            hide_parameters=True,  # an error must not carry customers' data into a log.
        )
        if self.is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        return engine


def normalise(url: str | URL) -> URL:
    """The URL with the driver that we use. Raises `ConfigurationError` for a database we do not run on."""
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise ConfigurationError(
            "DATABASE_URL is not a database URL. Example: postgresql://user:password@host/name, or sqlite:///file.db"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql" or parsed.drivername == "postgres":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            raise ConfigurationError(
                "DATABASE_URL names an in-memory SQLite database, which workers could not see. Name a file."
            )
        file = Path(str(parsed.database))
        file.parent.mkdir(parents=True, exist_ok=True)
        # Customers' data: a file that SQLite made itself could be read by every account of the machine.
        with contextlib.suppress(OSError):
            file.touch(mode=0o600, exist_ok=False)
        return parsed.set(drivername="sqlite+pysqlite")
    raise ConfigurationError(f"DATABASE_URL names a {backend} database; only postgresql and sqlite are supported.")


def insert_new(session: Session, table: type[Any]) -> Insert:
    """INSERT … ON CONFLICT DO NOTHING, in the session's dialect: whoever comes first wins."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement: Insert = dialect.insert(table).on_conflict_do_nothing()
    return statement


def is_transient(error: DBAPIError) -> bool:
    """Whether the same transaction, run again from its start, may well succeed."""
    code = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return code in _TRANSIENT
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)


def is_outage(error: DBAPIError) -> bool:
    """Whether the database itself is away, rather than our statement wrong."""
    if error.connection_invalidated:
        return True
    code = getattr(error.orig, "sqlstate", None)
    if isinstance(error.orig, sqlite3.OperationalError):
        return "locked" in str(error.orig) or "unable to open" in str(error.orig)
    # 57P01-57P03: shutting down, crashed, starting; class 08: connection; 53300: too many connections.
    return isinstance(error, OperationalError) and (code is None or code.startswith(("57P", "08")) or code == "53300")


@contextlib.contextmanager
def _outages() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if is_outage(error) and not is_transient(error):
            raise Unavailable("the database is away") from error
        raise


def _prepare_sqlite(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
    # None: autocommit, unless `_begin_sqlite` says BEGIN. FULL: what was answered 202 survives a power cut.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred BEGIN that turns into a writer cannot wait for its turn; it fails at once with "locked".
    if not connection.get_execution_options().get("mh_write", False):
        connection.exec_driver_sql("BEGIN")
        return
    raw: Any = connection.connection.driver_connection
    try:
        wait_to_write(raw, lambda: raw.execute("BEGIN IMMEDIATE"))
    except sqlite3.OperationalError as error:
        raise OperationalError("BEGIN IMMEDIATE", None, error) from error


def wait_to_write(connection: sqlite3.Connection, write: Callable[[], _T]) -> _T:
    """Do what begins to write on SQLite as soon as it may. Raises `sqlite3.OperationalError` after `BUSY_TIMEOUT_S`."""
    give_up_s = time.monotonic() + BUSY_TIMEOUT_S
    connection.execute(f"PRAGMA busy_timeout={BUSY_POLL_MS}")
    try:
        while True:
            try:
                return write()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() >= give_up_s:
                    raise
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
