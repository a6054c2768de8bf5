"""The installation's id and facts, and its living processes"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    facts = op.create_table(
        "mh_deployment_facts",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mh_deployment_facts")),
    )
    op.bulk_insert(facts, [{"name": "id", "value": secrets.token_hex(8), "recorded_at": datetime.now(UTC)}])
    kind = sa.Enum("worker", "scheduler", name="kind", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "mh_heartbeats",
        sa.Column("id", sa.String(length=300), nullable=False),
        sa.Column("kind", kind, nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_heartbeats")),
    )
    op.create_index("ix_mh_heartbeats_seen", "mh_heartbeats", ["seen_at"])


def downgrade() -> None:
    op.drop_table("mh_heartbeats")
    op.drop_table("mh_deployment_facts")
