"""Mails to people, and where sellers are written to"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

READERS = ("customer", "seller")
STATES = ("pending", "sent", "refused", "exhausted", "dropped")


def _word(name: str, words: tuple[str, ...]) -> sa.Column[str]:
    kind = sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kind, nullable=False)


def upgrade() -> None:
    op.add_column("mh_sellers", sa.Column("email", sa.String(length=320), nullable=True))
    op.create_table(
        "mh_mails",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("outbox_id", BigId, nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        _word("reader", READERS),
        sa.Column("reader_id", sa.String(length=100), nullable=False),
        _word("state", STATES),
        sa.Column("attempts", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("leased_until", Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mh_mails")),
        sa.UniqueConstraint("outbox_id", "reader", name=op.f("uq_mh_mails_outbox_id_reader")),
    )
    pending = sa.text("state = 'pending'")
    op.create_index(
        "ix_mh_mails_due",
        "mh_mails",
        ["due_at", "id"],
        unique=False,
        postgresql_where=pending,
        sqlite_where=pending,
    )
    op.create_index("ix_mh_mails_state", "mh_mails", ["state", "id"], unique=False)
