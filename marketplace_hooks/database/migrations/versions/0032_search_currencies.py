"""Search by prices of one currency: an index of the currencies on sale; search entries are written anew"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.types import Instant

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

# At once; and again a day later, for what processes of the version before have written meanwhile.
RENEW = sa.text(
    """INSERT INTO mh_search_renewals (scope, subject_id, due_at)
    SELECT 'everything', :name, :due_at WHERE EXISTS (SELECT 1 FROM mh_products)"""
).bindparams(sa.bindparam("due_at", type_=Instant()))


def upgrade() -> None:
    op.create_index("ix_mh_products_status_currency", "mh_products", ["status", "currency"])
    now = datetime.now(UTC)
    for name, due_at in (("currencies", now), ("currencies, a day later", now + timedelta(days=1))):
        op.get_bind().execute(RENEW, {"name": name, "due_at": due_at})


def downgrade() -> None:
    op.drop_index("ix_mh_products_status_currency", "mh_products")
    op.execute("DELETE FROM mh_search_renewals WHERE subject_id LIKE 'currencies%'")
