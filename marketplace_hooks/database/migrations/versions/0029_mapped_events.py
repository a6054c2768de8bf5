"""Mapped events: an event names the payload of a sender that it was made of"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_inbox", sa.Column("mapped_from", sa.String(256), nullable=True))
    op.create_index(
        "ix_mh_inbox_mapped",
        "mh_inbox",
        ["source", "mapped_from"],
        postgresql_where=sa.text("mapped_from IS NOT NULL"),
        sqlite_where=sa.text("mapped_from IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_mh_inbox_mapped", table_name="mh_inbox")
    op.drop_column("mh_inbox", "mapped_from")
