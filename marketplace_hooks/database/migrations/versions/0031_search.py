"""Search: an index for products and packs, filled by a job from the rows that are there"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

from marketplace_hooks.database.full_text import Terms
from marketplace_hooks.database.types import BigId, Instant

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# Words are put in as we divide them: only blanks end one. Of the ASCII characters that is all but letters and digits.
TOKENS = "ascii tokenchars '!#$%&()*+,-./:;<=>?@[\\]^_{|}~'"
SQLITE = (
    f"CREATE VIRTUAL TABLE mh_search_index USING fts5(terms, content='mh_search_entries', content_rowid='id',"
    f' detail=none, tokenize="{TOKENS}")',
    "CREATE VIRTUAL TABLE mh_search_word_parts USING fts5(word, content='mh_search_words', content_rowid='id',"
    " tokenize='trigram')",
    """CREATE TRIGGER mh_search_entries_inserted AFTER INSERT ON mh_search_entries BEGIN
        INSERT INTO mh_search_index (rowid, terms) VALUES (new.id, new.terms); END""",
    """CREATE TRIGGER mh_search_entries_deleted AFTER DELETE ON mh_search_entries BEGIN
        INSERT INTO mh_search_index (mh_search_index, rowid, terms) VALUES ('delete', old.id, old.terms); END""",
    """CREATE TRIGGER mh_search_entries_updated AFTER UPDATE ON mh_search_entries BEGIN
        INSERT INTO mh_search_index (mh_search_index, rowid, terms) VALUES ('delete', old.id, old.terms);
        INSERT INTO mh_search_index (rowid, terms) VALUES (new.id, new.terms); END""",
    """CREATE TRIGGER mh_search_words_inserted AFTER INSERT ON mh_search_words BEGIN
        INSERT INTO mh_search_word_parts (rowid, word) VALUES (new.id, new.word); END""",
    """CREATE TRIGGER mh_search_words_deleted AFTER DELETE ON mh_search_words BEGIN
        INSERT INTO mh_search_word_parts (mh_search_word_parts, rowid, word)
        VALUES ('delete', old.id, old.word); END""",
)
# All that is there, at once; and again a day later, for what processes of the version before have written meanwhile.
FILL = sa.text(
    """INSERT INTO mh_search_renewals (scope, subject_id, due_at)
    SELECT 'everything', :name, :due_at WHERE EXISTS (SELECT 1 FROM mh_products)"""
).bindparams(sa.bindparam("due_at", type_=Instant()))


def _states(name: str, *states: str) -> sa.Enum:
    return sa.Enum(*states, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "mh_search_entries",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("subject_kind", _states("subject_kind", "product", "pack", "seller"), nullable=False),
        sa.Column("subject_id", sa.String(100), nullable=False),
        sa.Column("names", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("terms", Terms, nullable=False),
        sa.Column("version_first", sa.BigInteger, nullable=False),
        sa.Column("version_last", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("subject_kind", "subject_id", name="uq_mh_search_entries_subject_kind_subject_id"),
    )
    op.create_table(
        "mh_search_words",
        sa.Column("id", BigId, primary_key=True, autoincrement=True),
        sa.Column("word", sa.String(100).with_variant(sa.String(100, collation="C"), "postgresql"), nullable=False),
        sa.UniqueConstraint("word", name="uq_mh_search_words_word"),
    )
    op.create_table(
        "mh_search_renewals",
        sa.Column("scope", _states("scope", "product", "seller", "everything"), primary_key=True),
        sa.Column("subject_id", sa.String(100), primary_key=True),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column(
            "after_kind", _states("after_kind", "product", "pack", "seller"), server_default="product", nullable=False
        ),
        sa.Column("after_id", sa.String(100), server_default="", nullable=False),
    )
    op.create_index("ix_mh_search_renewals_due", "mh_search_renewals", ["due_at"])
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for statement in SQLITE:
            connection.exec_driver_sql(statement)
    else:
        # What was written last waits in a list that every search reads: it is kept short.
        op.create_index(
            "ix_mh_search_entries_terms",
            "mh_search_entries",
            ["terms"],
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 1024},
        )
    now = datetime.now(UTC)
    for name, due_at in (("at once", now), ("a day later", now + timedelta(days=1))):
        connection.execute(FILL, {"name": name, "due_at": due_at})


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("mh_search_index", "mh_search_word_parts"):
            op.execute(f"DROP TABLE {name}")
    for name in ("mh_search_renewals", "mh_search_words", "mh_search_entries"):
        op.drop_table(name)
