"""Prepared databases: what the first steps of many tests write is written once, and copied for the other tests.

    @prepared
    def set_up_support(marketplace: Marketplace) -> None: ...

The first call works as ever, and keeps a copy of the database. Later calls with the same arguments, settings and time
put that copy in the place of an empty database, or of one in which nothing has changed since another such call. In any
other database nothing is copied. Meant for fixtures: what a test is about should happen in each test.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, wraps
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec
from weakref import WeakKeyDictionary

import time_machine
from sqlalchemy import URL, text

from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.types import Base

from .apps import LOCATIONS
from .databases import session_of, tables_with_pages

if TYPE_CHECKING:
    from .marketplace import Marketplace

KEPT_FOR_S = 60.0
"""How long a copy is good where time goes on: what it holds must not look older than on a slow machine."""
_FILLED_BY_MIGRATIONS = {"mh_shards", "mh_deployment_facts"}
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE last_value IS NOT NULL"
_P = ParamSpec("_P")


class _SqliteFile:
    """A copy of a SQLite database, in memory."""

    def __init__(self, url: URL) -> None:
        self._content = sqlite3.connect(":memory:")
        with contextlib.closing(sqlite3.connect(str(url.database))) as source:
            source.backup(self._content)

    def restore(self, url: URL) -> None:
        with contextlib.closing(sqlite3.connect(str(url.database))) as target:
            self._content.backup(target)


class _PostgresRows:
    """The rows of a PostgreSQL database by table, and where its sequences stand."""

    def __init__(self, url: URL) -> None:
        self._rows = {}
        with session_of(url) as connection:
            self._sequences = connection.execute(_SEQUENCES).fetchall()
            for table in Base.metadata.tables.keys() & set(tables_with_pages(connection)):
                with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                    if lines := b"".join(copy):
                        self._rows[table] = lines

    def restore(self, url: URL) -> None:
        with session_of(url) as connection, connection.transaction():
            connection.execute("SET session_replication_role = replica")  # in any order, whatever refers to what.
            for table in Base.metadata.tables.keys() & set(tables_with_pages(connection)):
                connection.execute(f"DELETE FROM {table}")
            for table, lines in self._rows.items():
                with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(lines)
            for name, value in self._sequences:
                connection.execute("SELECT setval(%s::regclass, %s)", (name, value))


@dataclass(frozen=True, kw_only=True)
class _Copy:
    """What a set-up has written, and the next version that its marketplace would have given."""

    content: _SqliteFile | _PostgresRows
    next_version: int
    made_at_s: float

    @property
    def is_fresh(self) -> bool:
        return _time_stands_still() or time.monotonic() - self.made_at_s < KEPT_FOR_S


_copies: dict[tuple[object, ...], _Copy] = {}
_states: WeakKeyDictionary[Marketplace, tuple[tuple[object, ...], object]] = WeakKeyDictionary()


def prepared(
    set_up: Callable[Concatenate[Marketplace, _P], object],
) -> Callable[Concatenate[Marketplace, _P], Marketplace]:
    """`set_up` as a function that fills each empty marketplace with what it wrote into the first, and returns it."""

    @wraps(set_up)
    def prepare(marketplace: Marketplace, *args: _P.args, **kwargs: _P.kwargs) -> Marketplace:
        before = _state_of(marketplace)
        if before is None:
            set_up(marketplace, *args, **kwargs)
            return marketplace
        called = (set_up.__module__, set_up.__qualname__, repr(args), repr(sorted(kwargs.items())))
        at = datetime.now(UTC) if _time_stands_still() else None
        key = (*before, (*called, at))
        database = marketplace.runtime.database
        copied = _copies.get(key)
        if copied is not None and copied.is_fresh:
            copied.content.restore(database.url)
        else:
            set_up(marketplace, *args, **kwargs)
            marketplace.runtime.counters.store()
            content = (_SqliteFile if database.is_sqlite else _PostgresRows)(database.url)
            copied = _Copy(content=content, next_version=next(marketplace.versions), made_at_s=time.monotonic())
            _copies[key] = copied
        marketplace.versions = count(copied.next_version)
        _states[marketplace] = (key, _mark_of(database))
        return marketplace

    return prepare


def _state_of(marketplace: Marketplace) -> tuple[object, ...] | None:
    """What the database holds, as the calls that wrote it; None when something else has written too."""
    database = marketplace.runtime.database
    if marketplace in _states:
        key, mark = _states[marketplace]
        return key if _mark_of(database) == mark else None
    return (database.is_sqlite, _settings(marketplace)) if _is_empty(marketplace) else None


def _mark_of(database: Database) -> object:
    """Something that changes with every write."""
    if not database.is_sqlite:
        with database.read_session() as session:
            return session.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text"))
    files = [Path(f"{database.url.database}{suffix}") for suffix in ("", "-wal")]
    return [(found.st_size, found.st_mtime_ns) for found in (file.stat() for file in files if file.exists())]


def _time_stands_still() -> bool:
    return time_machine.escape_hatch.is_travelling()


def _settings(marketplace: Marketplace) -> str:
    config = marketplace.app.config
    return repr(sorted((name, config[name]) for name in config if name.startswith(PREFIX) and name not in LOCATIONS))


def _is_empty(marketplace: Marketplace) -> bool:
    database = marketplace.runtime.database
    tables = Base.metadata.tables.keys() - _FILLED_BY_MIGRATIONS
    if database.is_sqlite:
        with database.read_session() as session:
            return not session.scalar(text(_any_row(frozenset(tables))))
    with session_of(database.url) as connection:
        tables &= set(tables_with_pages(connection))
        return not tables or connection.execute(_any_row(frozenset(tables)).encode()).fetchone() == (False,)


@cache
def _any_row(tables: frozenset[str]) -> str:
    return "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in sorted(tables))
