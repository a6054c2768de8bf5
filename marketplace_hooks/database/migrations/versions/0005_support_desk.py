"""The support desk"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant, Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mh_clocks",
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column(
            "name",
            sa.Enum("acknowledgement", "fix", name="name", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "running",
                "suspended",
                "to_confirm",
                "frozen",
                "met",
                "missed",
                "void",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("business_days", sa.Integer(), nullable=False),
        sa.Column("policy", Json, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("due_before", Instant(), nullable=True),
        sa.Column("trace", Json, nullable=False),
        sa.Column("remaining_days", sa.Integer(), nullable=True),
        sa.Column("stopped_at", Instant(), nullable=True),
        sa.Column("missed_at", Instant(), nullable=True),
        sa.Column("noticed_at", Instant(), nullable=True),
        sa.Column("notice_id", sa.String(length=40), nullable=True),
        sa.Column("warn_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("request_id", "name", name=op.f("pk_mh_clocks")),
    )
    op.create_index(
        "ix_mh_clocks_due",
        "mh_clocks",
        ["due_before"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
        sqlite_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "ix_mh_clocks_warn",
        "mh_clocks",
        ["warn_at"],
        unique=False,
        postgresql_where=sa.text("warn_at IS NOT NULL AND state = 'running'"),
        sqlite_where=sa.text("warn_at IS NOT NULL AND state = 'running'"),
    )
    op.create_table(
        "mh_messages",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("side", sa.String(length=20), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("author_type", sa.String(length=20), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("visibility", sa.String(length=20), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("attachments", sa.Integer(), server_default="0", nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("confirmed_by", sa.String(length=200), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_messages")),
        sa.UniqueConstraint("request_id", "message_id", name=op.f("uq_mh_messages_request_id_message_id")),
    )
    op.create_index("ix_mh_messages_same_body", "mh_messages", ["body_sha256", "received_at"], unique=False)
    op.create_index(
        "ix_mh_messages_to_confirm",
        "mh_messages",
        ["id"],
        unique=False,
        postgresql_where=sa.text("counts IS NULL AND side = 'seller'"),
        sqlite_where=sa.text("counts IS NULL AND side = 'seller'"),
    )
    op.create_table(
        "mh_closures",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("seller_id", sa.String(length=100), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("declared_at", Instant(), nullable=False),
        sa.Column("announced_at", Instant(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["seller_id"], ["mh_sellers.id"], name=op.f("fk_mh_closures_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_closures")),
    )
    op.create_index("ix_mh_closures_seller", "mh_closures", ["seller_id", "first_day"], unique=False)
    op.create_table(
        "mh_refund_claims",
        sa.Column("request_id", sa.String(length=100), nullable=False),
        sa.Column("purchase_id", sa.String(length=100), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "none",
                "due",
                "requested",
                "waived",
                "refunded",
                "manual",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("request_at", Instant(), nullable=True),
        sa.Column("requested_at", Instant(), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", Json, nullable=False),
        sa.Column("path", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_refund_claims_purchase_id")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_mh_refund_claims")),
    )
    op.create_index(
        "ix_mh_refund_claims_due",
        "mh_refund_claims",
        ["request_at"],
        unique=False,
        postgresql_where=sa.text("state = 'due'"),
        sqlite_where=sa.text("state = 'due'"),
    )
    op.create_index("ix_mh_refund_claims_purchase", "mh_refund_claims", ["purchase_id"], unique=False)
    op.create_table(
        "mh_requests",
        sa.Column("number", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("purchase_id", sa.String(length=100), nullable=True),
        sa.Column("customer_id", sa.String(length=100), nullable=False),
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column("seller_id", sa.String(length=100), nullable=False),
        sa.Column("presale", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "anomaly",
                "installation",
                "configuration",
                "question",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "proposed_kind",
            sa.Enum(
                "anomaly",
                "installation",
                "configuration",
                "question",
                name="proposed_kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("shop_url", sa.Text(), nullable=True),
        sa.Column("check_id", sa.String(length=40), nullable=True),
        sa.Column("submitted_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column(
            "handling",
            sa.Enum(
                "submitted",
                "needs_information",
                "not_entitled",
                "accepted",
                "acknowledged",
                "refused",
                "contested",
                "resolved",
                "closed",
                "abandoned",
                "withdrawn_by_customer",
                name="handling",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("duplicate_of", sa.String(length=100), nullable=True),
        sa.Column("entitlement", Json, nullable=False),
        sa.Column("listing_id", BigId, nullable=True),
        sa.Column("checks", Json, nullable=False),
        sa.Column("grounds", Json, nullable=False),
        sa.Column("waived", Json, nullable=False),
        sa.Column("missing", Json, nullable=False),
        sa.Column("clocks_from", Instant(), nullable=True),
        sa.Column("waits_until", Instant(), nullable=True),
        sa.Column("reminded_at", Instant(), nullable=True),
        sa.Column("acknowledged_at", Instant(), nullable=True),
        sa.Column("refusal", Json, nullable=True),
        sa.Column("refused_at", Instant(), nullable=True),
        sa.Column("contested_at", Instant(), nullable=True),
        sa.Column("overturned_at", Instant(), nullable=True),
        sa.Column("resolution", Json, nullable=True),
        sa.Column("resolved_at", Instant(), nullable=True),
        sa.Column("offer", Json, nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("closed_reason", sa.String(length=64), nullable=True),
        sa.Column("next_deadline_at", Instant(), nullable=True),
        sa.Column("sequence", BigId, server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["mh_listings.id"], name=op.f("fk_mh_requests_listing_id")),
        sa.ForeignKeyConstraint(["product_id"], ["mh_products.id"], name=op.f("fk_mh_requests_product_id")),
        sa.ForeignKeyConstraint(["purchase_id"], ["mh_purchases.id"], name=op.f("fk_mh_requests_purchase_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_mh_requests")),
        sa.UniqueConstraint("id", name=op.f("uq_mh_requests_id")),
    )
    op.create_index("ix_mh_requests_customer", "mh_requests", ["customer_id", "number"], unique=False)
    op.create_index("ix_mh_requests_product", "mh_requests", ["product_id", "handling"], unique=False)
    op.create_index("ix_mh_requests_same", "mh_requests", ["purchase_id", "fingerprint"], unique=False)
    op.create_index("ix_mh_requests_seller", "mh_requests", ["seller_id", "next_deadline_at", "number"], unique=False)
    op.create_index(
        "ix_mh_requests_waiting",
        "mh_requests",
        ["waits_until"],
        unique=False,
        postgresql_where=sa.text("waits_until IS NOT NULL"),
        sqlite_where=sa.text("waits_until IS NOT NULL"),
    )
