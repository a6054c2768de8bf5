"""EXISTS that is looked up by an index for each row, whatever PostgreSQL expects of the rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select


def exists_apart(query: Select[Any]) -> ColumnElement[bool]:
    """SQL for: `query`, which is about a row of the statement around it, finds something.

    PostgreSQL makes a join of a plain EXISTS, and reads one table whole for it where it expects many rows, or compares
    every row with every other where its statistics say, wrongly, that there are few. A query with an OFFSET is never
    made a join.
    """
    return query.offset(0).exists()
