"""Days of a closure that were announced before it was described anew: they suspend deadlines from then on"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Json

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mh_closures", sa.Column("announced_before", Json))


def downgrade() -> None:
    op.drop_column("mh_closures", "announced_before")
