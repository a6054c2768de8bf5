"""How many statements does something send to the database?

`with counting_queries(marketplace) as queries: …`, then `assert len(queries) <= 6`: a page must not need more of them
the more it shows. Statements that only begin or end a transaction are not counted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, event

from marketplace_hooks.database.engine import Database

from .marketplace import Marketplace


@contextlib.contextmanager
def counting_queries(where: Database | Marketplace) -> Iterator[list[str]]:
    """The statements that the database is sent meanwhile, in their order, as they were sent."""
    database = where.runtime.database if isinstance(where, Marketplace) else where
    engine: Engine = database.engine
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.lstrip().upper().startswith(("BEGIN", "PRAGMA", "SET ")):
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
