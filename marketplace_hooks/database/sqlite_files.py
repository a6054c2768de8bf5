"""Addresses of SQLite databases: which file a URL names, as a plain path or as a `file:` URI."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from sqlalchemy.engine import URL
from sqlalchemy.util import asbool

_IN_MEMORY = ":memory:"
_URI_PARAMETERS = ("uri", "cache", "immutable", "mode", "modeof", "nolock", "psow", "vfs")
"""Of a `file:` URI, for SQLite itself; a plain path has none."""


def with_plain_path(url: URL) -> URL:
    """The same database, its file named by a plain path, which is empty for a database in memory.

    Flask-SQLAlchemy puts a host's folder even before the `:memory:` of a URI.
    """
    if url.database in (None, "", _IN_MEMORY):
        return url.set(database="")
    if not (asbool(url.query.get("uri")) and url.database.startswith("file:")):
        return url
    path = unquote(urlsplit(url.database).path)
    is_in_memory = url.query.get("mode") == "memory" or os.path.basename(path) == _IN_MEMORY
    return url.difference_update_query(_URI_PARAMETERS).set(database="" if is_in_memory else path)
