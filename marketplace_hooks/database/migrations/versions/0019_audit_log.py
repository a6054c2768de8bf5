"""The audit log: who did what, on what, from where"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant, Json

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_mh_audit_at": ["at"],
    "ix_mh_audit_actor": ["actor_id", "id"],
    "ix_mh_audit_name": ["actor_name", "id"],
    "ix_mh_audit_token": ["token_id", "id"],
    "ix_mh_audit_action": ["action", "id"],
    "ix_mh_audit_object": ["object_id", "id"],
    "ix_mh_audit_request": ["request_id"],
}


def _checked(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    role = _checked("actor_role", "platform", "operator", "seller", "customer")
    channel = _checked("channel", "page", "api", "command")
    outcome = _checked("outcome", "done", "unchanged", "refused")
    op.create_table(
        "mh_audit",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_role", role, nullable=True),
        sa.Column("actor_id", sa.String(length=100), nullable=True),
        sa.Column("actor_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("token_id", sa.String(length=40), nullable=True),
        sa.Column("channel", channel, nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object_type", sa.String(length=32), nullable=False),
        sa.Column("object_id", sa.String(length=256), nullable=True),
        sa.Column("outcome", outcome, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=False),
        sa.Column("details", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_audit")),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "mh_audit", columns)


def downgrade() -> None:
    op.drop_table("mh_audit")
