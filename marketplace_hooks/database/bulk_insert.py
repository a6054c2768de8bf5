"""Bulk insert: thousands of new rows in one go, by COPY on PostgreSQL and by the driver's executemany on SQLite.

Values are converted as SQLAlchemy would convert them; what it does besides for each row costs more than the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import JSON, Column, Dialect, Table
from sqlalchemy.orm import Session

_Convert = Callable[[Any], Any] | None
_REMEMBERED = 4_096


def bulk_insert(session: Session, mapped: type[Any], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert these rows of a mapped class; `names` are its columns in the order of the values of each row.

    Every row must be new: a unique key that exists fails the transaction.
    """
    if not rows:
        return
    session.flush()
    connection = session.connection()
    table: Table = mapped.__table__
    columns = [table.c[name] for name in names]
    converted = _converted(rows, [_converter(column, connection.dialect) for column in columns])
    preparer = connection.dialect.identifier_preparer
    listed = ", ".join(preparer.format_column(column) for column in columns)
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.name} ({listed}) VALUES ({marks})"  # noqa: S608 - names of our own tables
        driver.executemany(statement, converted)
        return
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:
        for row in converted:
            copy.write_row(row)


def _converter(column: Column[Any], dialect: Dialect) -> _Convert:
    """What converts a value of the column; days, instants and states, which come again and again, are remembered."""
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    if convert is None or isinstance(column.type, JSON):
        return convert
    return lru_cache(_REMEMBERED)(convert)


def _converted(rows: Sequence[Sequence[Any]], converters: Sequence[_Convert]) -> Iterable[Sequence[Any]]:
    """The rows with every value converted, a column at a time."""
    if not any(converters):
        return rows
    columns = zip(*rows, strict=True)
    return zip(
        *(
            column if convert is None else map(convert, column)
            for column, convert in zip(columns, converters, strict=True)
        ),
        strict=True,
    )
