"""Tables of the search index: an entry for each product and pack, the words of all entries, and what is to be renewed.

An entry says what a product is found by, and not whether it may be: its status is the product's own, read with it. So
hiding a product writes nothing here, and what is hidden is found by nobody from that commit on.
"""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ..database.full_text import Terms
from ..database.types import Base, BigId, Instant, checked
from .products import SubjectKind


class SearchEntry(Base):
    """What one product or pack is found by. `names` and `details` order what is found (`domain/search/ranking.py`).

    `terms` are all its words, those of its names again, and its properties (`domain/search/terms.py`). The versions of
    PrestaShop that it announces go from `version_first` to `version_last` (`domain/search/version_spans.py`).
    """

    __tablename__ = "mh_search_entries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    subject_kind: Mapped[SubjectKind] = mapped_column(checked(SubjectKind, "subject_kind"))
    subject_id: Mapped[str] = mapped_column(String(100))
    names: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    terms: Mapped[list[str]] = mapped_column(Terms)
    version_first: Mapped[int] = mapped_column(BigInteger)
    version_last: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("subject_kind", "subject_id"),)


class SearchWord(Base):
    """A word that some entry has or had: what is typed is completed and corrected by these."""

    __tablename__ = "mh_search_words"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    word: Mapped[str] = mapped_column(String(100).with_variant(String(100, collation="C"), "postgresql"))

    __table_args__ = (UniqueConstraint("word"),)


class RenewalScope(enum.StrEnum):
    """Whose entries are written anew."""

    PRODUCT = "product"
    SELLER = "seller"
    EVERYTHING = "everything"


class SearchRenewal(Base):
    """Entries to be written anew from `due_at` on: of a product whose listing changes then, of a seller with a new
    name, or all of them. `after_kind` and `after_id` are the last one that was written.
    """

    __tablename__ = "mh_search_renewals"

    scope: Mapped[RenewalScope] = mapped_column(checked(RenewalScope, "scope"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    after_kind: Mapped[SubjectKind] = mapped_column(checked(SubjectKind, "after_kind"), server_default="product")
    after_id: Mapped[str] = mapped_column(String(100), server_default="")

    __table_args__ = (Index("ix_mh_search_renewals_due", "due_at"),)
