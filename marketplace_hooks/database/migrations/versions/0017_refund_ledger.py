"""The refund claim as a ledger: refunds with ids, the second date for a fix, deferred and lapsed claims"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CLOCKS = ("acknowledgement", "fix")
STATES = ("none", "due", "requested", "waived", "refunded", "manual")
SAME_REFUND = "uq_mh_refunds_purchase_id_refunded_at_amount_cents"


def upgrade() -> None:
    op.add_column("mh_refunds", sa.Column("refund_id", sa.String(length=100), nullable=True))
    op.add_column("mh_purchases", sa.Column("over_refunded_cents", sa.Integer(), nullable=True))
    op.add_column("mh_purchases", sa.Column("sequence", BigId, server_default="0", nullable=False))
    op.add_column("mh_refund_claims", sa.Column("requested_cents", sa.Integer(), nullable=True))
    op.add_column("mh_refund_claims", sa.Column("request_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("mh_refund_claims", sa.Column("deferred_at", Instant(), nullable=True))
    _allow("mh_clocks", "name", CLOCKS, (*CLOCKS, "second_fix"))
    _allow("mh_refund_claims", "state", STATES, (*STATES, "deferred", "lapsed"))
    _identify_refunds_by_id()
    _index("ix_mh_purchases_over_refunded", "mh_purchases", ["id"], where="over_refunded_cents > 0")


def _allow(table: str, column: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Let the column hold more values. The old ones stay, so that workers of the version before go on."""
    name = f"ck_{table}_{column}"
    if op.get_context().dialect.name == "sqlite":
        _rebuild(table, f"{column} IN ({_listed(before)})", f"{column} IN ({_listed(after)})")
        return
    op.drop_constraint(op.f(name), table, type_="check")
    op.create_check_constraint(op.f(name), table, sa.text(f"{column} IN ({_listed(after)})"))


def _identify_refunds_by_id() -> None:
    """Two refunds with ids of their own are two, even of one amount at one instant."""
    if op.get_context().dialect.name == "sqlite":
        unique = f"CONSTRAINT {SAME_REFUND} UNIQUE (purchase_id, refunded_at, amount_cents)"
        _rebuild("mh_refunds", f", \n\t{unique}", "")
    else:
        op.drop_constraint(op.f(SAME_REFUND), "mh_refunds", type_="unique")
    same = ["purchase_id", "refunded_at", "amount_cents"]
    _index("uq_mh_refunds_unnamed", "mh_refunds", same, unique=True, where="refund_id IS NULL")
    op.create_index("uq_mh_refunds_named", "mh_refunds", ["purchase_id", "refund_id"], unique=True)


def _index(name: str, table: str, columns: list[str], *, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition)


def _rebuild(table: str, old: str, new: str) -> None:
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
