"""Leased deliveries: how many lanes serve an endpoint is counted without reading all that waits for it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

INDEX = "ix_mh_deliveries_leased"


def upgrade() -> None:
    is_leased = sa.text("owner IS NOT NULL")
    columns = ["endpoint_id", "owner"]
    op.create_index(INDEX, "mh_deliveries", columns, postgresql_where=is_leased, sqlite_where=is_leased)


def downgrade() -> None:
    op.drop_index(INDEX, table_name="mh_deliveries")
