"""Test databases: a migrated database for each test in a few milliseconds.

The migrations run once for each kind of database; every test then works on a copy. PostgreSQL is slow to make and drop
a copy: one whose test is over is emptied for the next test, if its schema is unchanged.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from .postgres import Postgres

KINDS = ("sqlite", "postgresql")
_MOST_GROWTH_BYTES = 4 * 1024 * 1024
"""A copy that has grown by more is dropped: what thousands of deleted rows leave behind would change plans."""

_HAS_PAGES = """
relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""
"""Which rows of `pg_class` are tables that may hold rows: the others need not be opened."""

# Remaining connections are terminated, as DROP DATABASE would. Foreign keys and triggers are off meanwhile. What is
# done here reaches the disk with the next transaction.
_EMPTY = f"""
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
SET lock_timeout = '5s';
SET synchronous_commit = off;
SET session_replication_role = replica;
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE {_HAS_PAGES} LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$;
"""
# Deleted rows are vacuumed: they would change where new rows are put, and so in which order they are found.
_WITH_PAGES = f"SELECT relname FROM pg_class WHERE {_HAS_PAGES}"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_SCHEMA = "SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_attribute WHERE NOT attisdropped)"
_SIZE = "SELECT pg_database_size(current_database())"

_sessions: dict[str, psycopg.Connection[tuple[object, ...]]] = {}
"""The open connection of each copy, by the name of its database: a new one would read the whole catalogue again."""


def apply_migrations(url: str) -> None:
    """Bring the database at `url` to the newest schema, and leave no connection open to it."""
    # Imported here: the tests of pure rules need not load the database layer.
    from marketplace_hooks.database import migrate
    from marketplace_hooks.database.engine import Database

    database = Database(url)
    try:
        migrate.upgrade(database)
    finally:
        database.dispose()


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def copy_sqlite(template: Path, path: Path) -> str:
    """A copy of the database file, journal mode included, made by SQLite itself; return its URL."""
    with (
        contextlib.closing(sqlite3.connect(template)) as source,
        contextlib.closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)
    return sqlite_url(path)


@contextlib.contextmanager
def postgres_database(server: Postgres) -> Iterator[str]:
    """An empty database for the length of a `with`; yields its URL."""
    url = server.create_database()
    try:
        yield url
    finally:
        server.drop_database(url)


class Copies:
    """Copies of one migrated PostgreSQL database, lent to one test after the other."""

    def __init__(self, server: Postgres, template: str) -> None:
        """`template` is the URL of the migrated database."""
        self._server = server
        self._template = template
        self._idle: list[str] = []
        self._schema: object = None
        self._most_bytes = 0
        self._rows: dict[str, bytes] = {}  # what the migrations wrote themselves, by table

    @contextlib.contextmanager
    def lend(self) -> Iterator[str]:
        """A database without rows for the length of a `with`; yields its URL."""
        url = self._idle.pop() if self._idle else self._make()
        try:
            yield url
        finally:
            if self._empty(url):
                self._idle.append(url)
            else:
                self._drop(url)

    def close(self) -> None:
        """Drop the idle copies."""
        while self._idle:
            self._drop(self._idle.pop())

    def _drop(self, url: str) -> None:
        if session := _sessions.pop(_name(url), None):
            session.close()
        self._server.drop_database(url)

    def _make(self) -> str:
        url = self._server.create_database(template=self._template)
        _sessions[_name(url)] = connect(url)
        if self._schema is None:
            with session_of(url) as connection:
                self._schema = connection.execute(_SCHEMA).fetchone()
                self._most_bytes = _size(connection) + _MOST_GROWTH_BYTES
                for [table] in connection.execute(_TABLES).fetchall():
                    with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                        self._rows[table] = b"".join(copy)
        return url

    def _empty(self, url: str) -> bool:
        """Empty a copy; false when it cannot be made as it was."""
        try:
            with session_of(url) as connection:
                connection.execute(_EMPTY)
                written = tables_with_pages(connection)
                connection.execute(f"VACUUM (INDEX_CLEANUP ON) {', '.join(written)}")
                with connection.transaction():
                    connection.execute("SET synchronous_commit = on")  # with it, all that was done before is on disk.
                    for table, rows in self._rows.items():
                        if rows:
                            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                                copy.write(rows)
                return connection.execute(_SCHEMA).fetchone() == self._schema and _size(connection) < self._most_bytes
        except psycopg.Error:
            return False  # the test changed its state, or stopped its server.


def connect(url: str | URL) -> psycopg.Connection[tuple[object, ...]]:
    """A connection beside SQLAlchemy, each statement committed at once."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, connect_timeout=10)


@contextlib.contextmanager
def session_of(url: str | URL) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection for what fixtures do with a database: the kept one of a copy, else a new one for this `with`."""
    name = _name(url)
    if name not in _sessions:
        with connect(url) as connection:
            yield connection
        return
    if not _is_alive(_sessions[name]):
        _sessions[name].close()
        _sessions[name] = connect(url)
    yield _sessions[name]


def _is_alive(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    """False once the server was stopped, or the session was ended."""
    try:
        connection.execute("SELECT")
    except psycopg.OperationalError:
        return False
    return True


def _name(url: str | URL) -> str:
    return str(make_url(url).database)


def tables_with_pages(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """The tables of a PostgreSQL database that may hold rows; every other table is empty."""
    return [str(table) for [table] in connection.execute(_WITH_PAGES).fetchall()]


def _size(connection: psycopg.Connection[tuple[object, ...]]) -> int:
    [[size]] = connection.execute(_SIZE).fetchall()
    assert isinstance(size, int)
    return size
