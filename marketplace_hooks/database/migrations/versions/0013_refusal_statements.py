"""What each refusal of a request said, and when it was contested and decided"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant, Json

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_refusals", sa.Column("contested_at", Instant, nullable=True))
    op.add_column("mh_refusals", sa.Column("decided_at", Instant, nullable=True))
    op.add_column("mh_refusals", sa.Column("statement", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("mh_refusals", "statement")
    op.drop_column("mh_refusals", "decided_at")
    op.drop_column("mh_refusals", "contested_at")
