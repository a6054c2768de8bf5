"""Every charge and what was asked back, the price of every renewal notice, and prices to look at again"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

REASONS = ("renewal_stopped", "second_charge")
# A charge that paid two periods before this was refused stands with the first of them.
CHARGES = """
INSERT INTO mh_charges (id, purchase_id, period_index, amount_cents, currency, occurred_at, recorded_at,
                        reversal_asked_at, reversal_reason)
SELECT charge_id, purchase_id, period_index, amount_cents, currency, COALESCE(settled_at, starts_at),
       COALESCE(settled_at, starts_at), reversal_asked_at,
       CASE WHEN reversal_asked_at IS NULL THEN NULL ELSE 'renewal_stopped' END
FROM mh_periods
WHERE charge_id IS NOT NULL AND amount_cents IS NOT NULL AND (payment = 'paid' OR reversal_asked_at IS NOT NULL)
ORDER BY starts_at, purchase_id, period_index
ON CONFLICT DO NOTHING
"""
NOTICES = {
    "postgresql": """
UPDATE mh_notices AS sent
SET amount_cents = (said.data #>> '{amount,amount_cents}')::integer, currency = said.data #>> '{amount,currency}'
FROM mh_outbox AS said
WHERE said.event_id = sent.event_id AND said.data #>> '{amount,amount_cents}' IS NOT NULL
""",
    "sqlite": """
UPDATE mh_notices
SET amount_cents = json_extract(said.data, '$.amount.amount_cents'),
    currency = json_extract(said.data, '$.amount.currency')
FROM mh_outbox AS said
WHERE said.event_id = mh_notices.event_id AND json_extract(said.data, '$.amount.amount_cents') IS NOT NULL
""",
}


def _create_charges() -> None:
    reason = sa.Enum(*REASONS, name="reversal_reason", native_enum=False, create_constraint=True, length=32)
    op.create_table(
        "mh_charges",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("period_index", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("occurred_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("reversal_asked_at", Instant(), nullable=True),
        sa.Column("reversal_reason", reason, nullable=True),
        sa.CheckConstraint(
            "(reversal_asked_at IS NULL) = (reversal_reason IS NULL)", name=op.f("ck_mh_charges_reversal")
        ),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_charges_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_charges")),
    )
    op.create_index("ix_mh_charges_purchase", "mh_charges", ["purchase_id", "period_index"], unique=False)
    asked_back = sa.text("reversal_asked_at IS NOT NULL")
    op.create_index(
        "ix_mh_charges_reversals",
        "mh_charges",
        ["reversal_asked_at", "id"],
        unique=False,
        postgresql_where=asked_back,
        sqlite_where=asked_back,
    )


def _create_notices() -> None:
    op.add_column("mh_notices", sa.Column("amount_cents", sa.Integer(), nullable=True))
    op.add_column("mh_notices", sa.Column("currency", sa.String(length=3), nullable=True))
    op.create_table(
        "mh_repeated_notices",
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("period_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window_first_day", sa.Date(), nullable=False),
        sa.Column("window_last_day", sa.Date(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("owed", sa.Boolean(), nullable=False),
        sa.Column("timeliness", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_repeated_notices_purchase_id")),
        sa.PrimaryKeyConstraint("purchase_id", "period_index", "number", name=op.f("pk_mh_repeated_notices")),
    )


def upgrade() -> None:
    _create_charges()
    _create_notices()
    op.add_column("mh_subscriptions", sa.Column("announced_cents", sa.Integer(), nullable=True))
    op.add_column("mh_subscriptions", sa.Column("announced_currency", sa.String(length=3), nullable=True))
    op.create_table(
        "mh_price_reviews",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column("after_purchase_id", sa.String(length=100), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_price_reviews")),
    )
    op.execute(CHARGES)
    op.execute(NOTICES[op.get_bind().dialect.name])
