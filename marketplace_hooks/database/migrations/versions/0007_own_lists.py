"""A seller's lists are read in their order: products by status, requests by the next deadline, refunds by age"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("closed_at IS NULL")
SELLERS = """
UPDATE mh_refund_claims SET seller_id = (
    SELECT mh_requests.seller_id FROM mh_requests WHERE mh_requests.id = mh_refund_claims.request_id
)
WHERE EXISTS (SELECT 1 FROM mh_requests WHERE mh_requests.id = mh_refund_claims.request_id)
"""


def upgrade() -> None:
    op.create_index("ix_mh_products_seller_status", "mh_products", ["seller_id", "status", "id"])
    order = ["seller_id", "next_deadline_at", "number"]
    op.create_index("ix_mh_requests_open", "mh_requests", order, postgresql_where=OPEN, sqlite_where=OPEN)
    op.add_column("mh_refund_claims", sa.Column("seller_id", sa.String(100), server_default="", nullable=False))
    op.execute(SELLERS)
    op.create_index("ix_mh_refund_claims_seller", "mh_refund_claims", ["seller_id", "due_at", "request_id"])
