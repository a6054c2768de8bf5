"""Full text search in the database: `tsvector` on PostgreSQL, FTS5 on SQLite.

Words and terms are ours on both (`domain/search/`): a row has a list of them, and each is found exactly as it is
written. So nothing that somebody types is an operator, and both databases find the same. On SQLite triggers keep two
virtual tables beside the rows (`migrations/versions/0031_search.py`); PostgreSQL's extension pg_trgm is used where it
is (`trigram_index.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Dialect, Text, column, table
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

SQLITE_INDEX = table("mh_search_index", column("rowid"))
"""FTS5 over the terms of `mh_search_entries`, by their ids."""
SQLITE_PARTS = table("mh_search_word_parts", column("rowid"))
"""FTS5 over the trigrams of `mh_search_words`, by their ids."""
VIRTUAL_TABLES = (SQLITE_INDEX.name, SQLITE_PARTS.name)
MOST_LETTERS = "\U0010ffff"
"""Sorts behind everything that a word may go on with."""


class Terms(TypeDecorator[list[str]]):
    """A list of words and terms that are looked for in an index. It is written, and not read."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = Text() if dialect.name == "sqlite" else TSVECTOR()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        words = sorted(set(value))
        return " ".join(words) if dialect.name == "sqlite" else " ".join(map(_quoted, words))


class found_by(FunctionElement[bool]):  # noqa: N801 - reads as the SQL that it is
    """Whether an indexed column has what a query asks for. On SQLite `column` is the name of the virtual table."""

    inherit_cache = True


@compiles(found_by, "postgresql")
def _found_by_postgresql(element: found_by, compiler: SQLCompiler, **kw: Any) -> str:
    indexed, query = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({indexed} @@ CAST({query} AS tsquery))"


@compiles(found_by, "sqlite")
def _found_by_sqlite(element: found_by, compiler: SQLCompiler, **kw: Any) -> str:
    indexed, query = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"({indexed} MATCH {query})"


def query_of(session: Session, all_of: Sequence[Sequence[str]]) -> str:
    """A query for the rows that have, of each of these lists, at least one word or term."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    quoted, either, both = (_quoted_for_sqlite, " OR ", " AND ") if is_sqlite else (_quoted, " | ", " & ")
    return both.join(f"({either.join(map(quoted, any_of))})" for any_of in all_of)


def _quoted(word: str) -> str:
    """A word in the input of `tsvector` and `tsquery`."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _quoted_for_sqlite(word: str) -> str:
    """A word in a query of FTS5."""
    return '"' + word.replace('"', '""') + '"'
