"""Shared statement cache: a test does not compile again what another test compiled.

Each test has engines of its own, and SQLAlchemy compiles for one engine at a time. In the tests, engines of one kind of
database have the same driver, server and version, so they share one cache.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Connection, Engine

_compiled: defaultdict[type, dict[Any, Any]] = defaultdict(dict)
_shares = True


def share_compiled_statements() -> None:
    """From now on, in this process."""
    for dialect in (PGDialect_psycopg, SQLiteDialect_pysqlite):
        # The key of a compiled statement holds the dialect itself, which else equals none but itself.
        dialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign, assignment] # see above
        dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign, assignment] # see above
    event.listen(Engine, "engine_connect", _use_ours)


@contextlib.contextmanager
def separate_statement_caches() -> Iterator[None]:
    """Engines compile for themselves again, for a test that looks at what they compile."""
    global _shares
    _shares = False
    try:
        yield
    finally:
        _shares = True


def _use_ours(connection: Connection) -> None:
    if _shares:
        connection.execution_options(compiled_cache=_compiled[type(connection.dialect)])
