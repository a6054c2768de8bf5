"""Urgent events of the inbox, and events that rest after a failure"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_inbox", sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(
        "ix_mh_inbox_urgent",
        "mh_inbox",
        ["shard", "id"],
        postgresql_where=sa.text("state = 'received' AND urgent"),
        sqlite_where=sa.text("state = 'received' AND urgent = 1"),
    )
    op.create_index(
        "ix_mh_inbox_resting",
        "mh_inbox",
        ["subject", "due_at"],
        postgresql_where=sa.text("state = 'received' AND due_at IS NOT NULL"),
        sqlite_where=sa.text("state = 'received' AND due_at IS NOT NULL"),
    )
