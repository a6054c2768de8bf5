"""Prepared read: a SELECT that is compiled once and run on a raw connection, beside the ORM.

For a question that is asked so often that preparing it costs more than answering it. Values are made by the columns'
own types, as everywhere.
"""

from __future__ import annotations

import contextlib
import threading
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Select

from .engine import Database


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
        """Every row. Raises `Unavailable` when the database is away."""
        dialect = database.engine.dialect
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        given: Any = (
            {name: values[name] for name in compiled.names}
            if compiled.by_name
            else tuple(values[name] for name in compiled.names)
        )

        def fetch(connection: Any) -> list[Any]:
            with contextlib.closing(connection.cursor()) as cursor:
                cursor.execute(compiled.text, given)
                rows: list[Any] = cursor.fetchall()
                return rows

        return [_convert(compiled, row) for row in database.raw.run(fetch)]

    def _compile(self, dialect: Dialect) -> _Compiled:
        with self._lock:
            compiled: Any = self.statement.compile(dialect=dialect)
            columns = list(self.statement.selected_columns)
            make_type: Any = namedtuple  # mypy wants its names written out
            row = make_type("Row", [column.key for column in columns])
            converters = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
            found = _Compiled(
                text=str(compiled),
                names=tuple(compiled.positiontup or compiled.params),
                by_name=not compiled.positional,
                columns=tuple((at, convert) for at, convert in enumerate(converters) if convert is not None),
                row=row._make,
            )
            self._compiled[dialect.name] = found
            return found


def _convert(compiled: _Compiled, row: Sequence[Any]) -> Any:
    values = list(row)
    for position, convert in compiled.columns:
        if values[position] is not None:
            values[position] = convert(values[position])
    return compiled.row(values)
