"""The charge of a waiting event: events about one charge are applied in the order of their receipt"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

INDEX = "ix_mh_inbox_charge"
WAITING = sa.text("state = 'received' AND charge_id IS NOT NULL")


def upgrade() -> None:
    op.add_column("mh_inbox", sa.Column("charge_id", sa.String(200)))
    op.create_index(INDEX, "mh_inbox", ["charge_id", "id"], postgresql_where=WAITING, sqlite_where=WAITING)


def downgrade() -> None:
    op.drop_index(INDEX, "mh_inbox")
    op.drop_column("mh_inbox", "charge_id")
