"""Alembic hook for a host's migrations: `include_name` keeps its autogenerate off our tables.

Alembic compares what a host's models describe with every table of the database, and would drop those that it knows
nothing of. Ours have migrations of their own: `flask hooks migrate`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["include_name"]

IncludeName = Callable[[str | None, str, Any], bool]


def include_name(name: str | None, type_: str, parent_names: Any) -> bool:
    """Whether a host's autogenerate looks at this name in the database: at all but our tables and what is in them.

    For Alembic's `context.configure`, or Flask-Migrate's `Migrate(app, db, include_name=include_name)`.
    """
    table = name if type_ == "table" else parent_names.get("table_name")
    return not (table or "").startswith("mh_")
