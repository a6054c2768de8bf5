"""Every dispute is kept, not only the last one"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mh_disputes",
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("disputed_at", Instant(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("won", "lost", name="outcome", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name=op.f("ck_mh_disputes_closed")),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_disputes_purchase_id")),
        sa.PrimaryKeyConstraint("purchase_id", "disputed_at", name=op.f("pk_mh_disputes")),
    )
