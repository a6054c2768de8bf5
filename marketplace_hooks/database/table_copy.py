"""Copies of PostgreSQL's tables in files, by COPY: out of one transaction, and into another that makes the tables.

The text format of COPY is the same on every version of PostgreSQL; what a server's settings could change of it is set
for the transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

from ..errors import BackupRefused
from .migrate import VERSION_TABLE, upgrade_to

CHUNK_BYTES = 256 * 1024
_FORMAT = ("SET LOCAL datestyle = 'ISO'", "SET LOCAL intervalstyle = 'postgres'", "SET LOCAL extra_float_digits = 3")
_SEQUENCES = """
SELECT sequencename, last_value FROM pg_sequences
WHERE schemaname = current_schema() AND last_value IS NOT NULL
"""


@dataclass(frozen=True, kw_only=True)
class TableDump:
    """One table in a file: its columns in their order there, and how many rows it has."""

    name: str
    columns: tuple[str, ...]
    rows: int

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"{self.name}.copy"


def copy_out(
    connection: Connection, folder: Path, names: Sequence[str], log: Callable[[str], None]
) -> tuple[TableDump, ...]:
    """Write each of these tables to a file of its own."""
    _set_format(connection)
    inspector = inspect(connection)
    written = []
    for name in names:
        columns = tuple(column["name"] for column in inspector.get_columns(name))
        with _cursor(connection) as cursor, (folder / f"{name}.copy").open("wb") as file:
            with cursor.copy(_copy(connection, name, columns, "TO STDOUT")) as copy:
                for data in copy:
                    file.write(data)
            written.append(TableDump(name=name, columns=columns, rows=cursor.rowcount))
        log(f"{name}: {written[-1].rows} rows")
    return tuple(written)


def read_sequences(connection: Connection, prefix: str) -> dict[str, int]:
    """The last numbers that the sequences of tables with this prefix have given."""
    return {name: number for name, number in connection.execute(text(_SEQUENCES)) if name.startswith(prefix)}


def copy_in(
    connection: Connection,
    folder: Path,
    revision: str,
    tables: Sequence[TableDump],
    sequences: Mapping[str, int],
    log: Callable[[str], None],
) -> None:
    """Make the tables as of `revision`, fill them from the files, and bring them to the newest schema.

    Raises `BackupRefused` when the files are not of that revision.
    """
    upgrade_to(connection, revision)
    _set_format(connection)
    files = {table.name: table for table in tables if table.name != VERSION_TABLE}
    # Referenced tables come first. What migrations wrote themselves is replaced.
    inspector = inspect(connection)
    ordered = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name in files]
    if len(ordered) != len(files):
        raise BackupRefused(f"The backup has tables that schema {revision} has not; nothing was changed.")
    connection.exec_driver_sql(f"TRUNCATE {_quoted(connection, ordered)}")
    for name in ordered:
        _fill(connection, folder, files[name])
        log(f"{name}: {files[name].rows} rows")
    for name, number in sequences.items():
        connection.execute(
            text("SELECT setval(format('%I', CAST(:name AS text))::regclass, :number)"),
            {"name": name, "number": number},
        )
    upgrade_to(connection, "head")


def _fill(connection: Connection, folder: Path, table: TableDump) -> None:
    with _cursor(connection) as cursor, (folder / table.file_name).open("rb") as file:
        with cursor.copy(_copy(connection, table.name, table.columns, "FROM STDIN")) as copy:
            while data := file.read(CHUNK_BYTES):
                copy.write(data)
        if cursor.rowcount != table.rows:
            raise BackupRefused(f"{table.file_name} has {cursor.rowcount} rows instead of {table.rows}.")


def _copy(connection: Connection, name: str, columns: Sequence[str], direction: str) -> str:
    return f"COPY {_quoted(connection, [name])} ({_quoted(connection, columns)}) {direction} WITH (ENCODING 'UTF8')"


def _quoted(connection: Connection, names: Sequence[str]) -> str:
    return ", ".join(map(connection.dialect.identifier_preparer.quote_identifier, names))


def _set_format(connection: Connection) -> None:
    for statement in _FORMAT:
        connection.execute(text(statement))


def _cursor(connection: Connection) -> Any:
    driver: Any = connection.connection.driver_connection
    return driver.cursor()
