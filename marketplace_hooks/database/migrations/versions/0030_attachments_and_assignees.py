"""Attachments and assignees: a message describes its files, a request names who handles it on either side"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Json

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_mh_requests_seller_assignee": ["seller_id", "seller_assignee", "next_deadline_at", "number"],
    "ix_mh_requests_marketplace_assignee": ["marketplace_assignee", "next_deadline_at", "number"],
}


def upgrade() -> None:
    op.add_column("mh_messages", sa.Column("files", Json, nullable=True))
    op.add_column("mh_requests", sa.Column("seller_assignee", sa.String(200), nullable=True))
    op.add_column("mh_requests", sa.Column("marketplace_assignee", sa.String(200), nullable=True))
    for name, columns in INDEXES.items():
        is_assigned = sa.text(f"{columns[-3]} IS NOT NULL")
        op.create_index(name, "mh_requests", columns, postgresql_where=is_assigned, sqlite_where=is_assigned)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="mh_requests")
    op.drop_column("mh_requests", "marketplace_assignee")
    op.drop_column("mh_requests", "seller_assignee")
    op.drop_column("mh_messages", "files")
