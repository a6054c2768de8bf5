"""PrestaShop releases as rows; inspections that met a version that nobody knows, and what was asked of each site"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant, Json

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

IS_UNKNOWN = sa.text("unknown_version IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "mh_platform_releases",
        sa.Column("version", sa.String(50), primary_key=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("added_at", Instant, nullable=False),
    )
    op.add_column("mh_inspections", sa.Column("unknown_version", sa.String(50), nullable=True))
    op.add_column("mh_inspections", sa.Column("exchanges", Json, nullable=True))
    op.create_index(
        "ix_mh_inspections_unknown_version",
        "mh_inspections",
        ["number"],
        postgresql_where=IS_UNKNOWN,
        sqlite_where=IS_UNKNOWN,
    )


def downgrade() -> None:
    op.drop_index("ix_mh_inspections_unknown_version", table_name="mh_inspections")
    op.drop_column("mh_inspections", "exchanges")
    op.drop_column("mh_inspections", "unknown_version")
    op.drop_table("mh_platform_releases")
