"""Releases are told: what a cascade is about beside its subject, and when a release was last described"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_cascades", sa.Column("about", sa.String(length=100), nullable=True))
    op.add_column("mh_subscriptions", sa.Column("told_by", sa.String(length=40), nullable=True))
    op.add_column("mh_releases", sa.Column("described_at", Instant(), nullable=True))
