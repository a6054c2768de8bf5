"""Corrected events: a new event mends a rejected one, and each names the other"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

COLUMNS = ("corrects", "corrected_by")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("mh_inbox", sa.Column(name, sa.String(256), nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("mh_inbox", name)
