"""Sessions as rows; scopes, end and last use of tokens"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant, Json

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

METHODS = ("demo", "openid")
ROLES = ("platform", "operator", "seller", "customer")


def upgrade() -> None:
    op.create_table(
        "mh_sessions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("method", _words("method", METHODS), nullable=False),
        sa.Column("account", sa.String(length=300), nullable=True),
        sa.Column("role", _words("role", ROLES), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=100), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("signed_in_at", Instant(), nullable=True),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("unsent_form", Json, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_sessions")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_mh_sessions_secret_sha256")),
    )
    op.create_index("ix_mh_sessions_age", "mh_sessions", ["created_at", "id"])
    op.create_index("ix_mh_sessions_person", "mh_sessions", ["role", "subject", "created_at", "id"])
    op.create_index("ix_mh_sessions_account", "mh_sessions", ["account"])
    op.add_column("mh_tokens", sa.Column("scopes", Json, nullable=True))
    op.add_column("mh_tokens", sa.Column("expires_at", Instant(), nullable=True))
    op.add_column("mh_tokens", sa.Column("last_used_at", Instant(), nullable=True))


def downgrade() -> None:
    for name in ("last_used_at", "expires_at", "scopes"):
        op.drop_column("mh_tokens", name)
    op.drop_table("mh_sessions")


def _words(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)
