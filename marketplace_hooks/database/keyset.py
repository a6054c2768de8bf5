"""Keyset pages: the rows of a list after or before one of them, always in the list's order, and how many it has.

A page is a range of the index that the list is sorted by: the comparison of whole keys, `(due_at, id) < (…, …)`, is one
that both databases look up, so that the thousandth page costs what the first does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal_column, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

T = TypeVar("T")
U = TypeVar("U")
Column = ColumnElement[Any] | InstrumentedAttribute[Any]


class Rows(list[T]):
    """Rows of one page, in the list's order; `count` asks how many the whole list has."""

    def __init__(self, rows: Iterable[T] = (), count: Callable[[int], int] = lambda _most: 0) -> None:
        super().__init__(rows)
        self.count_up_to = count

    def nearest(self, limit: int, *, is_backward: bool) -> Rows[T]:
        """Those of them that are nearest to the position that they were read from."""
        return self.mapped(self[-limit:] if is_backward else self[:limit])

    def mapped(self, items: Iterable[U]) -> Rows[U]:
        """What was made of these rows, one for one."""
        return Rows(items, self.count_up_to)


def read_rows(
    session: Session,
    query: Select[*tuple[Any, ...]],
    columns: Sequence[Column],
    *,
    limit: int,
    position: Sequence[Any] | None = None,
    is_descending: bool = False,
    is_backward: bool = False,
    constants: Sequence[Column] = (),
) -> Rows[Any]:
    """The rows of a query sorted by `columns`, after `position`, which are the values of its columns.

    `is_backward`: those before it, the nearest ones. `constants` are columns that are alike in all rows, and by which
    the index begins.
    """
    falls = is_descending is not is_backward
    page = query if position is None else query.where(_beyond(columns, position, falls=falls))
    order = [column.desc() if falls else column.asc() for column in (*constants, *columns)]
    rows = session.execute(page.order_by(*order).limit(limit)).all()
    return Rows(reversed(rows) if is_backward else rows, partial(count_rows, session, query))


def read_entities(
    session: Session, query: Select[*tuple[Any, ...]], columns: Sequence[Column], **options: Any
) -> Rows[Any]:
    """`read_rows` for a query of one entity."""
    rows = read_rows(session, query, columns, **options)
    return rows.mapped([row[0] for row in rows])


def read_newest(
    session: Session,
    query: Select[*tuple[Any, ...]],
    number: Column,
    *,
    before: int | None,
    limit: int,
    is_backward: bool = False,
) -> tuple[Rows[Any], int | None]:
    """The rows of a log by falling numbers, those below `before`; and the `before` of the next page.

    `is_backward`: those above it, the nearest ones.
    """
    position = None if before is None else (before,)
    numbered = query.add_columns(number)
    options: dict[str, Any] = {"position": position, "is_descending": True, "is_backward": is_backward}
    rows = read_rows(session, numbered, (number,), limit=limit + 1, **options)
    shown = rows.nearest(limit, is_backward=is_backward)
    following = shown[-1][-1] if len(rows) > limit and not is_backward else None
    return shown.mapped(row[0] if len(row) == 2 else row[:-1] for row in shown), following


def count_rows(session: Session, query: Select[*tuple[Any, ...]], most: int) -> int:
    """How many rows a query has; `most` + 1 says that there are more than `most`, and no more are read than that."""
    # Its joins begin at its first entity. With its columns gone, SQLAlchemy would have to guess that.
    entity = query.column_descriptions[0]["entity"]
    one: Select[int] = query.select_from(entity).with_only_columns(literal_column("1"))
    counted = one.order_by(None).limit(most + 1)
    return session.scalar(select(func.count()).select_from(counted.subquery())) or 0


def _beyond(columns: Sequence[Column], position: Sequence[Any], *, falls: bool) -> ColumnElement[bool]:
    if len(columns) == 1:
        [column] = columns
        found: ColumnElement[bool] = column < position[0] if falls else column > position[0]
        return found
    key = tuple_(*columns)
    return key < tuple(position) if falls else key > tuple(position)
