"""The list of tokens by age"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_mh_tokens_age", "mh_tokens", ["created_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_mh_tokens_age", table_name="mh_tokens")
