"""Prepared databases: what the first steps of many tests write is written once, and copied for the other tests.

    @prepared
    def set_up_support(marketplace: Marketplace) -> None: ...

The first call works as ever, and keeps a copy of the database. Later calls with the same arguments, settings and time
put that copy in the place of an empty database. In a database that holds something already, nothing is copied.
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
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import psycopg
import time_machine
from sqlalchemy import URL, text

from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.database.types import Base

from .apps import LOCATIONS

if TYPE_CHECKING:
    from .marketplace import Marketplace

KEPT_FOR_S = 60.0
"""How long a copy is good where time goes on: what it holds must not look older than on a slow machine."""
FILLED_BY_MIGRATIONS = {"mh_shards", "mh_deployment_facts"}
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
        with _connect(url) as connection:
            self._sequences = connection.execute(_SEQUENCES).fetchall()
            for table in Base.metadata.tables:
                with connection.cursor().copy(f"COPY {table} TO STDOUT") as copy:
                    if lines := b"".join(copy):
                        self._rows[table] = lines

    def restore(self, url: URL) -> None:
        with _connect(url) as connection:
            connection.execute("SET session_replication_role = replica")  # in any order, whatever refers to what.
            for table in FILLED_BY_MIGRATIONS:
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


def prepared(
    set_up: Callable[Concatenate[Marketplace, _P], None],
) -> Callable[Concatenate[Marketplace, _P], Marketplace]:
    """`set_up` as a function that fills each empty marketplace with what it wrote into the first, and returns it."""

    @wraps(set_up)
    def prepare(marketplace: Marketplace, *args: _P.args, **kwargs: _P.kwargs) -> Marketplace:
        if not _is_empty(marketplace):
            set_up(marketplace, *args, **kwargs)
            return marketplace
        database = marketplace.runtime.database
        called = (set_up.__module__, set_up.__qualname__, repr(args), repr(sorted(kwargs.items())))
        at = datetime.now(UTC) if _time_stands_still() else None
        key = (*called, at, database.is_sqlite, _settings(marketplace))
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
        return marketplace

    return prepare


def _time_stands_still() -> bool:
    return time_machine.escape_hatch.is_travelling()


def _settings(marketplace: Marketplace) -> str:
    config = marketplace.app.config
    return repr(sorted((name, config[name]) for name in config if name.startswith(PREFIX) and name not in LOCATIONS))


def _is_empty(marketplace: Marketplace) -> bool:
    with marketplace.runtime.database.read_session() as session:
        return not session.scalar(text(_any_row()))


@cache
def _any_row() -> str:
    tables = Base.metadata.tables.keys() - FILLED_BY_MIGRATIONS
    return "SELECT " + " OR ".join(f"EXISTS (SELECT 1 FROM {table})" for table in sorted(tables))


def _connect(url: URL) -> psycopg.Connection[tuple[str, int]]:
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)
