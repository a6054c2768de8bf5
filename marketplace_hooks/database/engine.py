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
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import Executable, Insert, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import ConfigurationError, DatabaseUnavailable, missing_extra
from .failures import can_run_again, outages
from .limits import PATIENT, Bulkhead, DatabaseLimits, Pooler
from .raw_connections import RawConnections
from .sqlite_files import with_plain_path

if TYPE_CHECKING:
    from .postgres import PostgresConnector

_T = TypeVar("_T")

BUSY_POLL_MS = 10
"""For how long SQLite itself waits for the lock, trying four times, before we have it try anew.

Left to itself it tries ever more seldom, ten times a second in the end, and so hardly ever meets the moment between two
chunks of long work: whoever waits to hide a page would wait for a whole cascade.
"""
YIELD_S = 0.02
ATTEMPTS = 5


class Database:
    """One engine of our own, made from a URL, with connections of its own in each process.

    A host's engine is never used or changed, only its URL where we are not given one: our SQLite settings and listeners
    stay ours. `raw` holds the driver's own connections, for single statements that must be fast.
    """

    def __init__(self, url: str | URL, *, limits: DatabaseLimits = PATIENT, pooler: Pooler = Pooler.AUTO) -> None:
        """`url` is a SQLAlchemy URL of SQLite or PostgreSQL; another kind is a `ConfigurationError`."""
        self.url = normalise(url)
        self.limits = limits
        self.bulkhead = Bulkhead(limits.threads)
        self.raw = RawConnections(lambda: self.engine, self.bulkhead)
        self._connector = None if self.is_sqlite else _connector(limits, pooler)
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._pid = 0

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite: one writer at a time, one machine."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def is_pooled(self) -> bool:
        """Whether a pooler such as PgBouncer stands before PostgreSQL; known from the first connection on."""
        return self._connector is not None and self._connector.is_pooled

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
        with self.bulkhead, outages(), self.engine.connect() as connection:
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
        with self.bulkhead, outages(), self.engine.connect() as connection:
            with Session(connection, autoflush=False) as session:
                yield session

    @contextlib.contextmanager
    def snapshot_session(self) -> Iterator[Session]:
        """A session that only reads, and sees everything as of one instant, however long it takes."""
        isolation = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self.bulkhead, outages(), self.engine.connect() as connection:
            with Session(connection.execution_options(**isolation), autoflush=False) as session:
                yield session

    def retrying(self, work: Callable[[Session], _T]) -> _T:
        """Run `work` in a write transaction, and again when it met a deadlock or a busy file.

        Raises `DatabaseUnavailable` when that does not help, or not in the time that may be waited.
        """
        give_up_s = time.monotonic() + self.limits.wait_s
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self.session() as session:
                    return work(session)
            except DatabaseUnavailable as error:
                if not error.can_run_again or attempt == ATTEMPTS or time.monotonic() >= give_up_s:
                    raise
                time.sleep(random.uniform(0, 0.05 * attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable")

    def write_unless_busy(self, statement: Executable) -> None:
        """Run one statement whose loss does no harm: not at all while the database takes no writes.

        On SQLite it does not wait for another writer, for a page that is only read must not.
        """
        with contextlib.suppress(DatabaseUnavailable), self.bulkhead, outages(), self.engine.connect() as connection:
            with connection.execution_options(mh_write=True, mh_wait_s=0.0).begin():
                connection.execute(statement)

    def wait_to_write(
        self, connection: sqlite3.Connection, write: Callable[[], _T], *, wait_s: float | None = None
    ) -> _T:
        """Do what begins to write on SQLite as soon as it may. Raises `sqlite3.OperationalError` after `wait_s`.

        By default that is the time that the limits allow.
        """
        give_up_s = time.monotonic() + (self.limits.wait_s if wait_s is None else wait_s)
        connection.execute(f"PRAGMA busy_timeout={BUSY_POLL_MS}")
        try:
            while True:
                try:
                    return write()
                except sqlite3.OperationalError as error:
                    if not can_run_again(error) or time.monotonic() >= give_up_s:
                        raise
        finally:
            connection.execute(f"PRAGMA busy_timeout={self._busy_timeout_ms}")

    def yield_to_writers(self) -> None:
        """Between two chunks of long work: on SQLite, which has no queue, let a writer that waits begin."""
        if self.is_sqlite:
            time.sleep(YIELD_S)

    def dispose(self) -> None:
        """Close every connection of this process."""
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
        self.raw.close_idle()

    @property
    def _busy_timeout_ms(self) -> int:
        return round(1000 * self.limits.wait_s)

    def _make_engine(self) -> Engine:
        engine = sa.create_engine(
            self.url,
            pool_size=self.limits.pool_size,
            max_overflow=self.limits.pool_overflow,
            pool_timeout=self.limits.wait_s,
            hide_parameters=True,  # an error must not carry customers' data into a log.
        )
        if self._connector is None:
            event.listen(engine, "connect", self._prepare_sqlite)
            event.listen(engine, "begin", self._begin_sqlite)
        else:
            self._connector.install(engine)
        return engine

    def _prepare_sqlite(self, connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        # None: autocommit, unless `_begin_sqlite` says BEGIN. FULL: what was answered 202 survives a power cut.
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={self._busy_timeout_ms}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",  # what is erased is overwritten in the file, too.
        ):
            connection.execute(f"PRAGMA {pragma}")

    def _begin_sqlite(self, connection: Connection) -> None:
        # A deferred BEGIN that turns into a writer cannot wait for its turn; it fails at once with "locked".
        options = connection.get_execution_options()
        if not options.get("mh_write", False):
            connection.exec_driver_sql("BEGIN")
            return
        raw: Any = connection.connection.driver_connection
        try:
            self.wait_to_write(raw, lambda: raw.execute("BEGIN IMMEDIATE"), wait_s=options.get("mh_wait_s"))
        except sqlite3.OperationalError as error:
            raise OperationalError("BEGIN IMMEDIATE", None, error) from error


def _connector(limits: DatabaseLimits, pooler: Pooler) -> PostgresConnector:
    """How connections to PostgreSQL are opened. Raises `ConfigurationError` where its driver is not installed."""
    try:
        from .postgres import PostgresConnector  # the driver is an extra, and costs memory that SQLite can do without.
    except ModuleNotFoundError as error:
        raise ConfigurationError(missing_extra("PostgreSQL", "postgresql")) from error
    return PostgresConnector(limits, pooler)


def normalise(url: str | URL, *, setting: str = "DATABASE_URL") -> URL:
    """The URL with the driver that we use. Raises `ConfigurationError`, which names the setting, for another kind."""
    try:
        parsed = make_url(url)
    except sa.exc.ArgumentError as error:
        raise ConfigurationError(
            f"{setting} is not a database URL. Example: postgresql://user:password@host/name, or sqlite:///file.db"
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql" or parsed.drivername == "postgres":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        parsed = with_plain_path(parsed)
        if not parsed.database:
            raise ConfigurationError(
                f"{setting} names an in-memory SQLite database, which workers could not see. Name a file."
            )
        file = Path(parsed.database)
        file.parent.mkdir(parents=True, exist_ok=True)
        # Customers' data: a file that SQLite made itself could be read by every account of the machine.
        with contextlib.suppress(OSError):
            file.touch(mode=0o600, exist_ok=False)
        return parsed.set(drivername="sqlite+pysqlite")
    raise ConfigurationError(
        f"{setting} names a {backend} database, and ours is PostgreSQL or SQLite. "
        "A host may keep its own and give us one: set MARKETPLACE_HOOKS_DATABASE_URL."
    )


def insert_new(session: Session, table: type[Any]) -> Insert:
    """INSERT … ON CONFLICT DO NOTHING, in the session's dialect: whoever comes first wins."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement: Insert = dialect.insert(table).on_conflict_do_nothing()
    return statement
