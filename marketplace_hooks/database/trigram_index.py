"""Trigram index on PostgreSQL: parts of words and similar words found by the extension pg_trgm, if it is available.

It is useful but not required: without it, parts are searched in all words, and fewer mistakes are forgiven. `migrate`
creates the extension if the role may, and the index as soon as the extension exists, whoever created it.
"""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

TERMS_INDEX = "ix_mh_search_entries_terms"
TRIGRAM_INDEX = "ix_mh_search_words_parts"
_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
# Of an expression, so that the planner never takes it for a whole word, which it would find a thousand times slower.
_INDEX = f"""CREATE INDEX IF NOT EXISTS {TRIGRAM_INDEX} ON mh_search_words
    USING gin ((word || '') gin_trgm_ops) WITH (fastupdate = off)"""


def make_trigram_index(connection: Connection) -> bool:
    """Make the index, unless it is there; False where that is not possible. Not on SQLite, which has its own."""
    with connection.begin():
        for statement in (_EXTENSION, _INDEX):
            try:
                with connection.begin_nested():
                    connection.execute(text(statement))
            except DBAPIError:  # not installed, not permitted, or in a schema that we do not look into.
                continue
        return has_trigrams(connection)


def has_trigrams(connection: Connection | Session) -> bool:
    """Whether the index is there."""
    return connection.scalar(text(f"SELECT to_regclass('{TRIGRAM_INDEX}') IS NOT NULL")) is True
