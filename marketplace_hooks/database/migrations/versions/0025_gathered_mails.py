"""One mail for several messages of a conversation"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

KNOWN = sa.text("conversation IS NOT NULL")
WAITING = sa.text("conversation IS NOT NULL AND state = 'pending'")


def upgrade() -> None:
    op.add_column("mh_mails", sa.Column("conversation", sa.String(length=100), nullable=True))
    op.create_index(
        "ix_mh_mails_conversation",
        "mh_mails",
        ["conversation", "reader", "due_at"],
        postgresql_where=KNOWN,
        sqlite_where=KNOWN,
    )
    op.create_index(
        "ux_mh_mails_waiting",
        "mh_mails",
        ["conversation", "reader"],
        unique=True,
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index("ux_mh_mails_waiting", table_name="mh_mails")
    op.drop_index("ix_mh_mails_conversation", table_name="mh_mails")
    op.drop_column("mh_mails", "conversation")
