"""Endpoints under control: headers and rate of their own, two secrets while rotating, warning, rest, end"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

COLUMNS: dict[str, Any] = {
    "headers": sa.LargeBinary(),
    "rate_per_s": sa.Double(),
    "previous_secret": sa.LargeBinary(),
    "previous_secret_until": Instant(),
    "warned_at": Instant(),
    "rests_until": Instant(),
    "deleted_at": Instant(),
}


def upgrade() -> None:
    for name, type_ in COLUMNS.items():
        op.add_column("mh_endpoints", sa.Column(name, type_, nullable=True))


def downgrade() -> None:
    for name in reversed(COLUMNS):
        op.drop_column("mh_endpoints", name)
