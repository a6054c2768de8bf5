"""Secrets of an endpoint that were replaced twice within a day, and still sign"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_endpoints", sa.Column("older_secrets", sa.LargeBinary))


def downgrade() -> None:
    op.drop_column("mh_endpoints", "older_secrets")
