"""How does each test get a database of its own, with every migration applied, in a few milliseconds?

The migrations run once for each kind of database; every test then works on a copy.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from .postgres import Postgres

KINDS = ("sqlite", "postgresql")


def apply_migrations(url: str) -> None:
    """Bring the database at `url` to the newest schema, and leave no connection open to it."""
    # Here, not at the top: the tests of pure rules neither wait for the store nor fail with it.
    from marketplace_hooks.store import migrate
    from marketplace_hooks.store.database import Database

    database = Database(url)
    try:
        migrate.upgrade(database)
    finally:
        database.dispose()


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"


def copy_sqlite(template: Path, path: Path) -> str:
    """A copy of the database file, journal mode included, made by SQLite itself; gives its URL."""
    with (
        contextlib.closing(sqlite3.connect(template)) as source,
        contextlib.closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)
    return sqlite_url(path)


@contextlib.contextmanager
def postgres_database(server: Postgres, *, template: str | None = None) -> Iterator[str]:
    """A database for the length of a `with`, empty or a copy of `template`; gives its URL."""
    url = server.create_database(template=template)
    try:
        yield url
    finally:
        server.drop_database(url)
