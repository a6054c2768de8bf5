"""Loose index scan: the distinct values of a column of many rows, with which an index begins.

One seek in the index for each value, however many rows have it. (`DISTINCT` reads every row: neither database skips.)
"""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

T = TypeVar("T")


def each_once(column: InstrumentedAttribute[T], *conditions: ColumnElement[bool]) -> Select[Any]:
    """The different values of a column in the rows that meet the conditions, in the database's order.

    `conditions` fix the columns before this one in an index.
    """
    smallest: ColumnElement[Any] = func.min(column)
    found = select(smallest.label("value")).where(*conditions).cte("found", recursive=True)
    following = select(smallest).where(*conditions, column > found.c.value).correlate(found).scalar_subquery()
    every = found.union_all(select(following).where(found.c.value.is_not(None)))
    return select(every.c.value).where(every.c.value.is_not(None))
