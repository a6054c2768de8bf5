"""Dump of a database that is in use: all that is ours as of one instant, written to files and read back.

SQLite is copied whole by its online backup. PostgreSQL's tables are copied by COPY in one transaction that sees one
instant (`table_copy.py`): no client tools are needed, of no server's version, and a pooler may stand between.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect

from ..errors import HOW_TO_MIGRATE, BackupRefused
from .engine import Database
from .failures import outages
from .migrate import alone, read_revision, upgrade
from .table_copy import TableDump, copy_in, copy_out, read_sequences

SQLITE_FILE = "database.sqlite"
OUR_TABLES = "mh_"

Log = Callable[[str], None]
"""Takes a line about the progress."""


@dataclass(frozen=True, kw_only=True)
class Dump:
    """What was written. On SQLite the file says all, and there are neither tables nor sequences here."""

    revision: str
    tables: tuple[TableDump, ...] = ()
    sequences: Mapping[str, int] = field(default_factory=dict)


def dump(database: Database, folder: Path, log: Log) -> Dump:
    """Write the database's state of this instant to files in the folder; others go on writing to it meanwhile."""
    with outages(), alone(database) as connection:
        if database.is_sqlite:
            return _dump_sqlite(connection, folder / SQLITE_FILE)
        # A setting of the connection's next transaction; the pool resets it.
        connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            names = [name for name in inspect(connection).get_table_names() if name.startswith(OUR_TABLES)]
            tables = copy_out(connection, folder, sorted(names), log)
            return Dump(revision=_revision(connection), tables=tables, sequences=read_sequences(connection, OUR_TABLES))


def load(database: Database, folder: Path, dumped: Dump, finish: Callable[[Connection], None], log: Log) -> None:
    """Read a dump into an empty database, bring it to the newest schema, and `finish`: all of it, or nothing.

    Raises `BackupRefused` for a database that is not empty.
    """
    with outages(), alone(database) as connection:
        refuse_used(database, connection)
        connection.rollback()
        if database.is_sqlite:
            _load_sqlite(database, connection, folder / SQLITE_FILE, finish)
            return
        with connection.begin():
            copy_in(connection, folder, dumped.revision, dumped.tables, dumped.sequences, log)
            finish(connection)


def refuse_used(database: Database, connection: Connection) -> None:
    """Raises `BackupRefused` for a database that is not empty: on SQLite of any table, else of tables of ours."""
    names = inspect(connection).get_table_names()
    used = names if database.is_sqlite else [name for name in names if name.startswith(OUR_TABLES)]
    if used:
        raise BackupRefused(
            f"The database is not empty: it has {len(used)} tables. Restore into a new one; nothing was changed."
        )


def _revision(connection: Connection) -> str:
    revision = read_revision(connection)
    if revision is None:
        raise BackupRefused(f"There is nothing to back up: {HOW_TO_MIGRATE}.")
    return revision


def _dump_sqlite(connection: Connection, path: Path) -> Dump:
    revision = _revision(connection)
    source: Any = connection.connection.driver_connection
    with contextlib.closing(sqlite3.connect(path)) as target:
        source.backup(target)  # in one step: a snapshot, beside which others write.
        target.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it.
        [state] = target.execute("PRAGMA quick_check(1)").fetchone()
    if state != "ok":
        raise BackupRefused(f"The database is damaged: {state}")
    return Dump(revision=revision)


def _load_sqlite(
    database: Database, connection: Connection, source: Path, finish: Callable[[Connection], None]
) -> None:
    """By a copy beside the database, which is made ready there: the database itself gets it in one transaction."""
    staged = Path(f"{database.url.database}.restoring")
    target: Any = connection.connection.driver_connection
    _remove(staged)  # of a restore that was killed.
    try:
        shutil.copyfile(source, staged)
        staging = Database(f"sqlite:///{staged}")
        try:
            upgrade(staging)
            with staging.begin() as staged_connection:
                finish(staged_connection)
        finally:
            staging.dispose()
        with contextlib.closing(sqlite3.connect(staged)) as ready:
            ready.backup(target)
    finally:
        _remove(staged)


def _remove(staged: Path) -> None:
    """Remove the file, with its log and the lock of its migration."""
    for suffix in ("", "-wal", "-shm", ".migrating"):
        Path(f"{staged}{suffix}").unlink(missing_ok=True)
