"""Indexes of the inbox that PostgreSQL does not take by mistake, while its statistics say that no event waits"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

TABLE = "mh_inbox"
CHARGE = "ix_mh_inbox_charge"
RESTING = "ix_mh_inbox_resting"
STATE = "ix_mh_inbox_state"


def upgrade() -> None:
    replace(RESTING, ["subject", "due_at"], "due_at IS NOT NULL AND state <> 'parked'")
    replace(CHARGE, ["charge_id", "id"], "charge_id IS NOT NULL AND state <> 'applied'")
    replace_state("state <> 'received'")


def downgrade() -> None:
    replace(RESTING, ["subject", "due_at"], "state = 'received' AND due_at IS NOT NULL")
    replace(CHARGE, ["charge_id", "id"], "state = 'received' AND charge_id IS NOT NULL")
    replace_state(None)


def replace(index: str, columns: list[str], condition: str) -> None:
    op.drop_index(index, TABLE)
    where = sa.text(condition)
    op.create_index(index, TABLE, columns, postgresql_where=where, sqlite_where=where)


def replace_state(condition: str | None) -> None:
    """On PostgreSQL alone: SQLite keeps no statistics that could be old."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index(STATE, TABLE)
        op.create_index(STATE, TABLE, ["state", "id"], postgresql_where=condition and sa.text(condition))
