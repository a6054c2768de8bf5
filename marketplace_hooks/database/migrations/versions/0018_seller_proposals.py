"""Acts of sellers' machines that wait for a person's confirmation"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant, Json

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ACTS = ("refusal", "resolution", "offer")


def upgrade() -> None:
    act = sa.Enum(*ACTS, name="act", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "mh_proposals",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column("act", act, nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("overtaken_at", Instant(), nullable=True),
        sa.Column("confirmed", sa.Boolean(), nullable=True),
        sa.Column("decided_by", sa.String(length=200), nullable=True),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_proposals")),
    )
    op.create_index("ix_mh_proposals_request", "mh_proposals", ["request_id", "received_at", "id"])


def downgrade() -> None:
    op.drop_table("mh_proposals")
