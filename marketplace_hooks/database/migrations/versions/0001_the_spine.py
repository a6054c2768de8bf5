"""The spine: inbox, products, packs, cascades, outbox, access"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mh_cascades",
        sa.Column("number", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column(
            "subject_kind",
            sa.Enum(
                "product", "pack", "seller", name="subject_kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.String(length=100), nullable=False),
        sa.Column("seller_id", sa.String(length=100), nullable=False),
        sa.Column("change", sa.String(length=32), nullable=False),
        sa.Column("cause", Json, nullable=False),
        sa.Column(
            "state",
            sa.Enum("running", "done", "failed", name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("steps", Json, nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_mh_cascades")),
        sa.UniqueConstraint("id", name=op.f("uq_mh_cascades_id")),
    )
    op.create_index("ix_mh_cascades_subject", "mh_cascades", ["subject_kind", "subject_id", "number"], unique=False)
    op.create_index(
        "ix_mh_cascades_work",
        "mh_cascades",
        ["number"],
        unique=False,
        postgresql_where=sa.text("state = 'running'"),
        sqlite_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "mh_endpoints",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("types", Json, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=True),
        sa.Column("failing_since", Instant(), nullable=True),
        sa.Column("tokens", sa.Double(), server_default="0", nullable=False),
        sa.Column("refilled_at", Instant(), nullable=True),
        sa.Column("sequence", BigId, server_default="0", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_endpoints")),
    )
    op.create_table(
        "mh_inbox",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=256), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "received",
                "applied",
                "ignored",
                "rejected",
                "parked",
                "failed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("errors", Json, nullable=True),
        sa.Column("parked_on", sa.String(length=200), nullable=True),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("applied_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_inbox")),
        sa.UniqueConstraint("source", "event_id", name=op.f("uq_mh_inbox_source_event_id")),
    )
    op.create_index(
        "ix_mh_inbox_parked",
        "mh_inbox",
        ["parked_on", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'parked'"),
        sqlite_where=sa.text("state = 'parked'"),
    )
    op.create_index("ix_mh_inbox_state", "mh_inbox", ["state", "id"], unique=False)
    op.create_index("ix_mh_inbox_subject", "mh_inbox", ["subject", "id"], unique=False)
    op.create_index("ix_mh_inbox_type", "mh_inbox", ["type", "id"], unique=False)
    op.create_index(
        "ix_mh_inbox_work",
        "mh_inbox",
        ["shard", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'received'"),
        sqlite_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "mh_inbox_conflicts",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=256), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_inbox_conflicts")),
        sa.UniqueConstraint(
            "source", "event_id", "body_sha256", name=op.f("uq_mh_inbox_conflicts_source_event_id_body_sha256")
        ),
    )
    op.create_table(
        "mh_locks",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("leased_until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mh_locks")),
    )
    op.create_table(
        "mh_outbox",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=100), nullable=False),
        sa.Column("sequence", BigId, nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("cause", Json, nullable=False),
        sa.Column("cascade_id", sa.String(length=40), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("dispatched_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_outbox")),
        sa.UniqueConstraint("event_id", name=op.f("uq_mh_outbox_event_id")),
    )
    op.create_index(
        "ix_mh_outbox_cascade",
        "mh_outbox",
        ["cascade_id", "id"],
        unique=False,
        postgresql_where=sa.text("cascade_id IS NOT NULL"),
        sqlite_where=sa.text("cascade_id IS NOT NULL"),
    )
    op.create_index("ix_mh_outbox_subject", "mh_outbox", ["subject_kind", "subject_id", "id"], unique=False)
    op.create_index(
        "ix_mh_outbox_undispatched",
        "mh_outbox",
        ["id"],
        unique=False,
        postgresql_where=sa.text("dispatched_at IS NULL"),
        sqlite_where=sa.text("dispatched_at IS NULL"),
    )
    op.create_table(
        "mh_sellers",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("helpdesk_relays", Json, nullable=False),
        sa.Column("sequence", BigId, server_default="0", nullable=False),
        sa.Column("described_at", Instant(), nullable=False),
        sa.Column("account_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_sellers")),
    )
    op.create_table(
        "mh_shards",
        sa.Column("shard", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_mh_shards")),
    )
    op.create_table(
        "mh_sides",
        sa.Column(
            "subject_kind",
            sa.Enum(
                "product", "pack", "seller", name="subject_kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.String(length=100), nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "seller", "marketplace", "account", name="side", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("version", BigId, server_default="0", nullable=False),
        sa.Column("changed_here_at", Instant(), nullable=True),
        sa.Column("held", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("held_since", Instant(), nullable=True),
        sa.Column("held_reason", sa.Text(), nullable=True),
        sa.Column("held_cause", Json, nullable=True),
        sa.Column(
            "scheduled_status",
            sa.Enum(
                "online",
                "offline_temporary",
                "offline_permanent",
                name="scheduled_status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("scheduled_at", Instant(), nullable=True),
        sa.Column("scheduled_received_at", Instant(), nullable=True),
        sa.Column("scheduled_reason", sa.Text(), nullable=True),
        sa.Column("scheduled_cause", Json, nullable=True),
        sa.CheckConstraint("(scheduled_status IS NULL) = (scheduled_at IS NULL)", name=op.f("ck_mh_sides_slot")),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", "side", name=op.f("pk_mh_sides")),
    )
    op.create_index(
        "ix_mh_sides_scheduled",
        "mh_sides",
        ["scheduled_at"],
        unique=False,
        postgresql_where=sa.text("scheduled_at IS NOT NULL"),
        sqlite_where=sa.text("scheduled_at IS NOT NULL"),
    )
    op.create_table(
        "mh_tokens",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "platform",
                "operator",
                "seller",
                "customer",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=100), nullable=True),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_tokens")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_mh_tokens_secret_sha256")),
    )
    op.create_table(
        "mh_withdrawals",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column(
            "subject_kind",
            sa.Enum(
                "product", "pack", "seller", name="subject_kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.String(length=100), nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "seller", "marketplace", "account", name="side", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cause", Json, nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("effective_at", Instant(), nullable=False),
        sa.Column("reinstated_at", Instant(), nullable=True),
        sa.Column("reinstated_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_withdrawals")),
    )
    op.create_index(
        "uq_mh_withdrawals_standing",
        "mh_withdrawals",
        ["subject_kind", "subject_id"],
        unique=True,
        postgresql_where=sa.text("reinstated_at IS NULL"),
        sqlite_where=sa.text("reinstated_at IS NULL"),
    )
    op.create_table(
        "mh_deliveries",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("outbox_id", BigId, nullable=False),
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "delivered",
                "exhausted",
                "parked",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("attempt_log", Json, nullable=True),
        sa.Column("delivered_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["endpoint_id"], ["mh_endpoints.id"], name=op.f("fk_mh_deliveries_endpoint_id")),
        sa.ForeignKeyConstraint(["outbox_id"], ["mh_outbox.id"], name=op.f("fk_mh_deliveries_outbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_deliveries")),
        sa.UniqueConstraint("outbox_id", "endpoint_id", name=op.f("uq_mh_deliveries_outbox_id_endpoint_id")),
    )
    op.create_index(
        "ix_mh_deliveries_due",
        "mh_deliveries",
        ["endpoint_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
        sqlite_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_mh_deliveries_state", "mh_deliveries", ["state", "id"], unique=False)
    op.create_table(
        "mh_endpoint_types",
        sa.Column("endpoint_id", sa.String(length=40), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["mh_endpoints.id"], name=op.f("fk_mh_endpoint_types_endpoint_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("endpoint_id", "type", name=op.f("pk_mh_endpoint_types")),
    )
    op.create_table(
        "mh_idempotent_calls",
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("body_sha256", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("scope", "route", "key", name=op.f("pk_mh_idempotent_calls")),
    )
    op.create_index("ix_mh_idempotent_calls_age", "mh_idempotent_calls", ["started_at"], unique=False)
    op.create_table(
        "mh_packs",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("seller_id", sa.String(length=100), nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("description_version", BigId, nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "online",
                "offline_temporary",
                "offline_permanent",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("shown", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("announced_by", sa.String(length=40), nullable=True),
        sa.Column("sequence", BigId, server_default="0", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["mh_sellers.id"], name=op.f("fk_mh_packs_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_packs")),
    )
    op.create_index("ix_mh_packs_seller", "mh_packs", ["seller_id", "id"], unique=False)
    op.create_index("ix_mh_packs_status", "mh_packs", ["status", "id"], unique=False)
    op.create_table(
        "mh_products",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("seller_id", sa.String(length=100), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("module", "theme", name="kind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("technical_name", sa.String(length=200), nullable=False),
        sa.Column("title", Json, nullable=False),
        sa.Column("description", Json, nullable=False),
        sa.Column("categories", Json, nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("description_version", BigId, nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "online",
                "offline_temporary",
                "offline_permanent",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("shown", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("announced_by", sa.String(length=40), nullable=True),
        sa.Column("sequence", BigId, server_default="0", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["seller_id"], ["mh_sellers.id"], name=op.f("fk_mh_products_seller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_products")),
    )
    op.create_index("ix_mh_products_seller", "mh_products", ["seller_id", "id"], unique=False)
    op.create_index("ix_mh_products_status", "mh_products", ["status", "id"], unique=False)
    op.create_table(
        "mh_listings",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column("version", BigId, nullable=False),
        sa.Column("published_at", Instant(), nullable=False),
        sa.Column("features", Json, nullable=False),
        sa.Column("compatible_from", sa.String(length=50), nullable=True),
        sa.Column("compatible_to", sa.String(length=50), nullable=True),
        sa.Column("incompatible_modules", Json, nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["mh_products.id"], name=op.f("fk_mh_listings_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_listings")),
        sa.UniqueConstraint("product_id", "version", name=op.f("uq_mh_listings_product_id_version")),
    )
    op.create_index("ix_mh_listings_in_force", "mh_listings", ["product_id", "published_at", "version"], unique=False)
    op.create_table(
        "mh_pack_members",
        sa.Column("pack_id", sa.String(length=100), nullable=False),
        sa.Column("product_id", sa.String(length=100), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pack_id"], ["mh_packs.id"], name=op.f("fk_mh_pack_members_pack_id")),
        sa.ForeignKeyConstraint(["product_id"], ["mh_products.id"], name=op.f("fk_mh_pack_members_product_id")),
        sa.PrimaryKeyConstraint("pack_id", "product_id", name=op.f("pk_mh_pack_members")),
    )
    op.create_index("ix_mh_pack_members_product", "mh_pack_members", ["product_id", "pack_id"], unique=False)

    shards = sa.table("mh_shards", sa.column("shard", sa.SmallInteger()))
    op.bulk_insert(shards, [{"shard": number} for number in range(64)])
