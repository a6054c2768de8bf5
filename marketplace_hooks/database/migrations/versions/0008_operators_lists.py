"""Categories as rows with their product's status; and the indexes of the operator's lists"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLE = "mh_product_categories"
_KNOWN = {
    "postgresql": "SELECT DISTINCT id, jsonb_array_elements_text(categories), status FROM mh_products",
    "sqlite": "SELECT DISTINCT p.id, one.value, p.status FROM mh_products AS p, json_each(p.categories) AS one",
}


def upgrade() -> None:
    _index_lists()
    op.create_index("uq_mh_products_id_status", "mh_products", ["id", "status"], unique=True)
    op.create_table(
        TABLE,
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column("category", sa.String(length=100), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "online",
                "offline_temporary",
                "offline_permanent",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["product_id", "status"],
            ["mh_products.id", "mh_products.status"],
            name=op.f("fk_mh_product_categories_product_id"),
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("product_id", "category", name=op.f("pk_mh_product_categories")),
    )
    op.create_index("ix_mh_product_categories_status", TABLE, ["status", "category", "product_id"], unique=False)
    op.execute(f"INSERT INTO {TABLE} (product_id, category, status) {_KNOWN[op.get_bind().dialect.name]}")


def _index_lists() -> None:
    """What the operator's lists and charts are read by."""
    op.create_index("ix_mh_inbox_received", "mh_inbox", ["received_at"], unique=False)
    op.create_index("ix_mh_refund_claims_state", "mh_refund_claims", ["state", "due_at", "request_id"], unique=False)
    for name, table, columns, where in (
        ("ix_mh_cascades_failed", "mh_cascades", ["number"], "state = 'failed'"),
        ("ix_mh_requests_contested", "mh_requests", ["number"], "handling = 'contested'"),
        ("ix_mh_clocks_missed", "mh_clocks", ["missed_at", "request_id", "name"], "missed_at IS NOT NULL"),
    ):
        some = sa.text(where)
        op.create_index(name, table, columns, unique=False, postgresql_where=some, sqlite_where=some)
