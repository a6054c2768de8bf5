"""Overrides that a listing declares to conflict, and inspections whose results their requests do not say yet"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Json

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_listings", sa.Column("conflicting_overrides", Json, nullable=True))
    op.add_column("mh_inspections", sa.Column("results_pending", sa.Boolean(), nullable=True))
    op.create_index(
        "ix_mh_inspections_results",
        "mh_inspections",
        ["number"],
        postgresql_where=sa.text("results_pending"),
        sqlite_where=sa.text("results_pending"),
    )
