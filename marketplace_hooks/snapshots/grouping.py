"""Grouping of rows by a column, for what is read by one statement about many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any


def grouped(rows: Iterable[Any], column: str) -> dict[str, list[Any]]:
    """Rows by the value of one of their columns, each list in the order of the rows."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found
