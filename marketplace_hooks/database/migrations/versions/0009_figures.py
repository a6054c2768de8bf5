"""What the figures of a seller are made of"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_clocks", sa.Column("earlier_days", sa.Integer(), server_default="0", nullable=False))
    op.add_column("mh_clocks", sa.Column("taken_days", sa.Integer(), nullable=True))
    op.create_index("ix_mh_requests_started", "mh_requests", ["seller_id", "clocks_from"], unique=False)
    op.create_table(
        "mh_refusals",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("refused_at", Instant(), nullable=False),
        sa.Column("overturned_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_refusals")),
    )
    op.create_index("ix_mh_refusals_request", "mh_refusals", ["request_id", "id"], unique=False)
    op.execute(
        "INSERT INTO mh_refusals (request_id, ground, refused_at, overturned_at) "
        "SELECT id, refusal ->> 'ground', refused_at, overturned_at FROM mh_requests WHERE refused_at IS NOT NULL"
    )
