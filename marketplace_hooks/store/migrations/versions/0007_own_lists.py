"""A seller's lists are read in their order: products by status, requests by the next deadline"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_index("ix_mh_products_seller_status", "mh_products", ["seller_id", "status", "id"])
    order = ["seller_id", "next_deadline_at", "number"]
    op.create_index("ix_mh_requests_open", "mh_requests", order, postgresql_where=OPEN, sqlite_where=OPEN)
