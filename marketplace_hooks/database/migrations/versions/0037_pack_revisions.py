"""Pack revisions: what a pack cost and contained when it was bought, whatever it costs and contains now"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import BigId, Instant, Json

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

TABLE = "mh_pack_revisions"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column(
            "pack_id",
            sa.String(100),
            sa.ForeignKey("mh_packs.id", name="fk_mh_pack_revisions_pack_id"),
            primary_key=True,
        ),
        sa.Column("version", BigId, primary_key=True, autoincrement=False),
        sa.Column("described_at", Instant(), nullable=False),
        sa.Column("price_cents", sa.Integer(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("product_ids", Json, nullable=False),
    )


def downgrade() -> None:
    op.drop_table(TABLE)
