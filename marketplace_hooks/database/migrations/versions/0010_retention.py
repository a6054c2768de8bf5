"""How far old rows have been purged, and which request needs an inspection"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mh_purge_marks",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("upto", BigId, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_mh_purge_marks")),
    )
    op.create_index(
        "ix_mh_requests_check",
        "mh_requests",
        ["check_id"],
        postgresql_where=sa.text("check_id IS NOT NULL"),
        sqlite_where=sa.text("check_id IS NOT NULL"),
    )
