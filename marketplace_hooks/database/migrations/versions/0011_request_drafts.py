"""What customers write is kept before it is sent"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mh_request_drafts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("customer_id", sa.String(length=100), nullable=False),
        sa.Column("purchase_id", sa.String(length=100), nullable=True),
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "anomaly",
                "installation",
                "configuration",
                "question",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("shop_url", sa.Text(), nullable=True),
        sa.Column("check_id", sa.String(length=40), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["product_id"], ["mh_products.id"], name=op.f("fk_mh_request_drafts_product_id")),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_request_drafts_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_request_drafts")),
        sa.UniqueConstraint("check_id", name=op.f("uq_mh_request_drafts_check_id")),
    )
    op.create_index("ix_mh_request_drafts_changed", "mh_request_drafts", ["changed_at"], unique=False)
    op.create_index("ix_mh_request_drafts_customer", "mh_request_drafts", ["customer_id", "changed_at"], unique=False)
