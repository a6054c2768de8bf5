"""Business Care: customers, purchases, subscriptions, releases"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant, Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mh_customers",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("professional", sa.Boolean(), nullable=False),
        sa.Column("described_at", Instant(), nullable=False),
        sa.Column("erased_at", Instant(), nullable=True),
        sa.Column("sequence", BigId, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_customers")),
    )
    op.create_table(
        "mh_releases",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=50), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("free", "paid", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("compatible_from", sa.String(length=50), nullable=True),
        sa.Column("compatible_to", sa.String(length=50), nullable=True),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("download_url", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("manifest", Json, nullable=True),
        sa.Column("fixes", Json, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["mh_products.id"], name=op.f("fk_mh_releases_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_releases")),
    )
    op.create_index("ix_mh_releases_product", "mh_releases", ["product_id", "published_at", "id"], unique=False)
    op.create_table(
        "mh_purchases",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("customer_id", sa.String(length=100), nullable=False),
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column("pack_id", sa.String(length=100), nullable=True),
        sa.Column("listing_id", BigId, nullable=True),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("shop_url", sa.Text(), nullable=True),
        sa.Column("shop_bound_at", Instant(), nullable=True),
        sa.Column("purchased_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("refunded_cents", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refunded_at", Instant(), nullable=True),
        sa.Column("terminated_at", Instant(), nullable=True),
        sa.Column("terminated_reason", sa.Text(), nullable=True),
        sa.Column("disputed_at", Instant(), nullable=True),
        sa.Column("dispute_won_at", Instant(), nullable=True),
        sa.Column("dispute_lost_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["mh_customers.id"], name=op.f("fk_mh_purchases_customer_id")),
        sa.ForeignKeyConstraint(["listing_id"], ["mh_listings.id"], name=op.f("fk_mh_purchases_listing_id")),
        sa.ForeignKeyConstraint(["product_id"], ["mh_products.id"], name=op.f("fk_mh_purchases_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_purchases")),
    )
    op.create_index("ix_mh_purchases_customer", "mh_purchases", ["customer_id", "product_id", "id"], unique=False)
    op.create_index("ix_mh_purchases_product", "mh_purchases", ["product_id", "id"], unique=False)
    op.create_table(
        "mh_notices",
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("period_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("window_first_day", sa.Date(), nullable=False),
        sa.Column("window_last_day", sa.Date(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("owed", sa.Boolean(), nullable=False),
        sa.Column("timeliness", sa.String(length=20), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_notices_purchase_id")),
        sa.PrimaryKeyConstraint("purchase_id", "period_index", name=op.f("pk_mh_notices")),
    )
    op.create_table(
        "mh_periods",
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("period_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "purchase", "renewal", "reactivation", name="kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column(
            "payment",
            sa.Enum("paid", "pending", "failed", name="payment", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("charge_id", sa.String(length=200), nullable=True),
        sa.Column("claimed_at", Instant(), nullable=True),
        sa.Column("reversal_asked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_periods_purchase_id")),
        sa.PrimaryKeyConstraint("purchase_id", "period_index", name=op.f("pk_mh_periods")),
    )
    op.create_table(
        "mh_refunds",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("refunded_at", Instant(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.String(length=100), nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_mh_refunds_positive")),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_refunds_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_refunds")),
        sa.UniqueConstraint(
            "purchase_id",
            "refunded_at",
            "amount_cents",
            name=op.f("uq_mh_refunds_purchase_id_refunded_at_amount_cents"),
        ),
    )
    op.create_table(
        "mh_release_purchases",
        sa.Column("release_id", sa.String(length=100), nullable=False),
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("purchased_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_release_purchases_purchase_id")),
        sa.ForeignKeyConstraint(["release_id"], ["mh_releases.id"], name=op.f("fk_mh_release_purchases_release_id")),
        sa.PrimaryKeyConstraint("release_id", "purchase_id", name=op.f("pk_mh_release_purchases")),
    )
    op.create_index("ix_mh_release_purchases_purchase", "mh_release_purchases", ["purchase_id"], unique=False)
    op.create_table(
        "mh_renewal_changes",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_renewal_changes_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_renewal_changes")),
        sa.UniqueConstraint(
            "purchase_id", "received_at", "enabled", name=op.f("uq_mh_renewal_changes_purchase_id_received_at_enabled")
        ),
    )
    op.create_table(
        "mh_site_bindings",
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("bound_at", Instant(), nullable=False),
        sa.Column("shop_url", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_site_bindings_purchase_id")),
        sa.PrimaryKeyConstraint("purchase_id", "bound_at", name=op.f("pk_mh_site_bindings")),
    )
    op.create_table(
        "mh_subscriptions",
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column("customer_id", sa.String(length=100), nullable=False),
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "active",
                "payment_pending",
                "expired",
                "ended",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("anchor_index", sa.Integer(), nullable=False),
        sa.Column("current_index", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("renewal_at", Instant(), nullable=False),
        sa.Column("notice_at", Instant(), nullable=True),
        sa.Column("customer_stopped_at", Instant(), nullable=True),
        sa.Column("customer_lifted_at", Instant(), nullable=True),
        sa.Column("withdrawn_from", Instant(), nullable=True),
        sa.Column("withdrawal_lifted_at", Instant(), nullable=True),
        sa.Column("cancelled_by", sa.String(length=40), nullable=True),
        sa.Column("sequence", BigId, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_subscriptions_purchase_id")),
        sa.PrimaryKeyConstraint("purchase_id", name=op.f("pk_mh_subscriptions")),
    )
    op.create_index("ix_mh_subscriptions_customer", "mh_subscriptions", ["customer_id", "purchase_id"], unique=False)
    op.create_index(
        "ix_mh_subscriptions_due",
        "mh_subscriptions",
        ["renewal_at"],
        unique=False,
        postgresql_where=sa.text("state = 'active'"),
        sqlite_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "ix_mh_subscriptions_notice",
        "mh_subscriptions",
        ["notice_at"],
        unique=False,
        postgresql_where=sa.text("notice_at IS NOT NULL AND state = 'active'"),
        sqlite_where=sa.text("notice_at IS NOT NULL AND state = 'active'"),
    )
    op.create_index("ix_mh_subscriptions_product", "mh_subscriptions", ["product_id", "purchase_id"], unique=False)
    op.create_table(
        "mh_runs",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("held_since", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mh_runs")),
    )
