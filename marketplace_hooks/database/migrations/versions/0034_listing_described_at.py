"""When a listing's revision was described: what it counts from where it repeats the date of an earlier revision"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_listings", sa.Column("described_at", Instant()))


def downgrade() -> None:
    op.drop_column("mh_listings", "described_at")
