"""The refund claim as a ledger: refunds with ids, the second date for a fix, deferred and lapsed claims"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.migrations.constraints import allow_values, rebuild_table
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
    allow_values("mh_clocks", "name", CLOCKS, (*CLOCKS, "second_fix"))
    allow_values("mh_refund_claims", "state", STATES, (*STATES, "deferred", "lapsed"))
    _identify_refunds_by_id()
    _index("ix_mh_purchases_over_refunded", "mh_purchases", ["id"], where="over_refunded_cents > 0")


def _identify_refunds_by_id() -> None:
    """Two refunds with ids of their own are two, even of one amount at one instant."""
    if op.get_context().dialect.name == "sqlite":
        unique = f"CONSTRAINT {SAME_REFUND} UNIQUE (purchase_id, refunded_at, amount_cents)"
        rebuild_table("mh_refunds", f", \n\t{unique}", "")
    else:
        op.drop_constraint(op.f(SAME_REFUND), "mh_refunds", type_="unique")
    same = ["purchase_id", "refunded_at", "amount_cents"]
    _index("uq_mh_refunds_unnamed", "mh_refunds", same, unique=True, where="refund_id IS NULL")
    op.create_index("uq_mh_refunds_named", "mh_refunds", ["purchase_id", "refund_id"], unique=True)


def _index(name: str, table: str, columns: list[str], *, where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, postgresql_where=condition, sqlite_where=condition)
