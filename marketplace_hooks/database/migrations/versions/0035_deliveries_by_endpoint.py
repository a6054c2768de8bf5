"""Deliveries by endpoint: the log of one endpoint is read from an index, however many others have"""

from __future__ import annotations

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

INDEX = "ix_mh_deliveries_endpoint"


def upgrade() -> None:
    op.create_index(INDEX, "mh_deliveries", ["endpoint_id", "id"])


def downgrade() -> None:
    op.drop_index(INDEX, table_name="mh_deliveries")
