"""Inspections, evidence and site credentials"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant, Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mh_inspections",
        sa.Column("number", BigId, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("host", sa.String(length=300), nullable=False),
        sa.Column("module", sa.String(length=200), nullable=True),
        sa.Column("purchase_id", sa.String(length=100), nullable=True),
        sa.Column("declared", Json, nullable=True),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("with_credentials", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column(
            "state",
            sa.Enum("queued", "running", "done", name="state", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "outcome",
            sa.Enum(
                "version_known",
                "partly",
                "nothing",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("reused_id", sa.String(length=40), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("reported_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_mh_inspections")),
        sa.UniqueConstraint("id", name=op.f("uq_mh_inspections_id")),
    )
    op.create_index("ix_mh_inspections_purchase", "mh_inspections", ["purchase_id", "number"], unique=False)
    op.create_index("ix_mh_inspections_site", "mh_inspections", ["host", "finished_at"], unique=False)
    op.create_index(
        "uq_mh_inspections_running",
        "mh_inspections",
        ["host"],
        unique=True,
        postgresql_where=sa.text("state = 'running'"),
        sqlite_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "ix_mh_inspections_work",
        "mh_inspections",
        ["number"],
        unique=False,
        postgresql_where=sa.text("state <> 'done'"),
        sqlite_where=sa.text("state <> 'done'"),
    )
    op.create_table(
        "mh_evidence",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("inspection_number", BigId, nullable=False),
        sa.Column(
            "what",
            sa.Enum(
                "platform_version",
                "shop_identity",
                "module",
                "module_list",
                "files",
                "overrides",
                "credential",
                name="what",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=200), server_default="", nullable=False),
        sa.Column("value", Json, nullable=True),
        sa.Column("rung", sa.String(length=32), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column(
            "strength",
            sa.Enum(
                "declared_checked",
                "verified",
                "observed",
                "may_be_stale",
                "declared",
                name="strength",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("observed_at", Instant(), nullable=False),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("note", sa.String(length=64), nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_number"], ["mh_inspections.number"], name=op.f("fk_mh_evidence_inspection_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_evidence")),
    )
    op.create_index("ix_mh_evidence_inspection", "mh_evidence", ["inspection_number", "id"], unique=False)
    op.create_table(
        "mh_site_credentials",
        sa.Column("inspection_number", BigId, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "webservice_key",
                "client_id",
                "client_secret",
                "companion_key",
                "report_key",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("host", sa.String(length=300), nullable=False),
        sa.Column("locked", sa.LargeBinary(), nullable=False),
        sa.Column("kept_until", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["inspection_number"], ["mh_inspections.number"], name=op.f("fk_mh_site_credentials_inspection_number")
        ),
        sa.PrimaryKeyConstraint("inspection_number", "kind", name=op.f("pk_mh_site_credentials")),
    )
    op.create_index(
        "ix_mh_site_credentials_kept",
        "mh_site_credentials",
        ["kept_until"],
        unique=False,
        postgresql_where=sa.text("kept_until IS NOT NULL"),
        sqlite_where=sa.text("kept_until IS NOT NULL"),
    )
