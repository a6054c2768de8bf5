"""Constraints in migrations: changed in place by PostgreSQL, by copying the table by SQLite."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def allow_values(table: str, column: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Let the column hold more values. The old ones stay, so that workers of the version before go on."""
    name = f"ck_{table}_{column}"
    if op.get_context().dialect.name == "sqlite":
        rebuild_table(table, f"{column} IN ({_listed(before)})", f"{column} IN ({_listed(after)})")
        return
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, sa.text(f"{column} IN ({_listed(after)})"))


def rebuild_table(table: str, old: str, new: str) -> None:
    """SQLite changes no constraint in place: copy the table into one that is defined anew, and index it as before."""
    connection = op.get_bind()
    master = "SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type = :type AND sql IS NOT NULL"
    [defined] = connection.scalars(sa.text(master), {"table": table, "type": "table"}).all()
    indexes = connection.scalars(sa.text(master), {"table": table, "type": "index"}).all()
    if old not in defined:
        raise RuntimeError(f"{table} is not defined as this migration expects it: {defined}")
    op.rename_table(table, f"{table}_before")
    connection.exec_driver_sql(defined.replace(old, new))
    connection.exec_driver_sql(f"INSERT INTO {table} SELECT * FROM {table}_before")  # noqa: S608 - names of our own
    op.drop_table(f"{table}_before")
    for index in indexes:
        connection.exec_driver_sql(index)


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)
