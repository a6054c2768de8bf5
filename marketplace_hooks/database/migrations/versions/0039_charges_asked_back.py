"""Why charges are asked back, and how much of each"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.migrations.constraints import allow_values

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

REASONS = ("renewal_stopped", "second_charge")
MORE = ("business_care_ended", "above_price", "wrong_amount", "not_reactivable")


def upgrade() -> None:
    op.add_column("mh_charges", sa.Column("reversal_cents", sa.Integer(), nullable=True))
    op.execute("UPDATE mh_charges SET reversal_cents = amount_cents WHERE reversal_asked_at IS NOT NULL")
    allow_values("mh_charges", "reversal_reason", REASONS, (*REASONS, *MORE))
