"""The region of a seller's country, whose public holidays are the seller's"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_sellers", sa.Column("region", sa.String(length=100), nullable=True))
