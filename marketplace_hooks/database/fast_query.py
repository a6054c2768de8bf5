"""How is one row looked up as fast as the driver can, where the asking costs more than the answer?

A SELECT is compiled once and run on a connection of the driver's own in autocommit mode, beside the ORM: there, pools,
sessions and transactions cost several times the statement (`benchmarks/`). Values are made by the columns' own types,
as everywhere.
"""

from __future__ import annotations

import contextlib
import threading
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Select
from sqlalchemy.exc import DBAPIError

from ..errors import Unavailable
from .engine import Database, is_outage


@dataclass(frozen=True, kw_only=True, slots=True)
class _Compiled:
    """A statement in one dialect: its text, the names of its values in their order, what makes each column's value."""

    text: str
    names: Sequence[str]
    by_name: bool
    columns: Sequence[tuple[int, Callable[[Any], Any]]]
    row: Callable[[Sequence[Any]], Any]


class Lookup:
    """One SELECT with named values. Its rows have an attribute for each column's label."""

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement
        self._lock = threading.Lock()
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, database: Database, values: Mapping[str, str]) -> list[Any]:
        """Every row. Once more on a fresh connection, since a pooled one may have died while it was idle.

        Raises `Unavailable` when the database is away.
        """
        engine = database.lookup_engine
        compiled = self._compiled.get(engine.dialect.name) or self._compile(engine.dialect)
        given: Any = (
            {name: values[name] for name in compiled.names}
            if compiled.by_name
            else tuple(values[name] for name in compiled.names)
        )
        driver = engine.dialect.loaded_dbapi
        died: Exception | None = None
        for _ in range(2):
            held = _take(database)
            try:
                cursor = held.cursor()
                cursor.execute(compiled.text, given)
                found = cursor.fetchall()
                cursor.close()
            except (driver.OperationalError, driver.InterfaceError) as error:
                _drop(held)
                database.clear_shelf()  # the others were opened before it died.
                died = error
                continue
            except BaseException:
                _drop(held)
                raise
            database.shelf.append(held)
            return [_made(compiled, row) for row in found]
        raise Unavailable("the database is away") from died

    def _compile(self, dialect: Dialect) -> _Compiled:
        with self._lock:
            compiled: Any = self.statement.compile(dialect=dialect)
            columns = list(self.statement.selected_columns)
            make_type: Any = namedtuple  # mypy wants its names written out
            row = make_type("Row", [column.key for column in columns])
            makers = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
            found = _Compiled(
                text=str(compiled),
                names=tuple(compiled.positiontup or compiled.params),
                by_name=not compiled.positional,
                columns=tuple((place, make) for place, make in enumerate(makers) if make is not None),
                row=row._make,
            )
            self._compiled[dialect.name] = found
            return found


def _take(database: Database) -> Any:
    """A connection of the driver's own: from the shelf, else a new one."""
    with contextlib.suppress(IndexError):
        return database.shelf.pop()
    try:
        opened = database.lookup_engine.raw_connection()
    except DBAPIError as error:
        if is_outage(error):
            raise Unavailable("the database is away") from error
        raise
    connection = opened.dbapi_connection
    opened.detach()
    return connection


def _drop(connection: Any) -> None:
    with contextlib.suppress(Exception):  # it may well be broken: whatever it says, we are rid of it.
        connection.close()


def _made(compiled: _Compiled, row: Sequence[Any]) -> Any:
    values = list(row)
    for place, make in compiled.columns:
        if values[place] is not None:
            values[place] = make(values[place])
    return compiled.row(values)
