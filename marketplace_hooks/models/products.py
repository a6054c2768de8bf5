"""Tables of the catalogue: sellers, products, dated listings, holds by side, withdrawals."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, Json, checked
from ..domain.catalog.statuses import Side, Status
from .descriptions import Described


class SubjectKind(enum.StrEnum):
    """What a hold, a withdrawal or a cascade is about. A hold on a seller is the hold of the suspended account."""

    PRODUCT = "product"
    PACK = "pack"
    SELLER = "seller"


class ProductKind(enum.StrEnum):
    """A module or a theme."""

    MODULE = "module"
    THEME = "theme"


class Seller(Base):
    """Who sells. `region` is the subdivision of the country whose public holidays are the seller's (None: the country's
    own). `email` is where our mail goes (None: nowhere). `described_at` and `account_at` order its events,
    which carry no version.
    """

    __tablename__ = "mh_sellers"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    region: Mapped[str | None] = mapped_column(String(100))
    locale: Mapped[str] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(320))
    helpdesk_relays: Mapped[list[str]] = mapped_column(Json)
    sequence: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    described_at: Mapped[datetime] = mapped_column(Instant)
    account_at: Mapped[datetime | None] = mapped_column(Instant)


class Product(Described, Base):
    """A module or a theme. `status` is derived from holds and withdrawal, in the transaction that changes them."""

    __tablename__ = "mh_products"

    kind: Mapped[ProductKind] = mapped_column(checked(ProductKind, "kind"))
    technical_name: Mapped[str] = mapped_column(String(200))
    description: Mapped[dict[str, str]] = mapped_column(Json)
    categories: Mapped[list[str]] = mapped_column(Json)

    __table_args__ = (
        Index("ix_mh_products_seller", "seller_id", "id"),
        Index("ix_mh_products_seller_status", "seller_id", "status", "id"),
        Index("ix_mh_products_status", "status", "id"),
        Index("ix_mh_products_status_currency", "status", "currency"),
        # What `mh_product_categories` points to, so that its copy of the status follows.
        Index("uq_mh_products_id_status", "id", "status", unique=True),
    )

    def searchable_texts(self) -> list[str]:
        """The titles, the technical name and the categories."""
        return [*self.title.values(), self.technical_name, *self.categories]


class Listing(Base):
    """One dated revision of what a product's page announced. Never changed, only followed by the next.

    It is in force from `published_at`. A revision that repeats the date of an earlier one corrects it, but its price,
    and what it announced to buyers, count from `described_at`, when its event was sent (None: imported, or stored by an
    earlier version).
    """

    __tablename__ = "mh_listings"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("mh_products.id"))
    version: Mapped[int] = mapped_column(BigId)
    published_at: Mapped[datetime] = mapped_column(Instant)
    described_at: Mapped[datetime | None] = mapped_column(Instant)
    features: Mapped[list[Any]] = mapped_column(Json)
    compatible_from: Mapped[str | None] = mapped_column(String(50))
    compatible_to: Mapped[str | None] = mapped_column(String(50))
    incompatible_modules: Mapped[list[dict[str, str]]] = mapped_column(Json)
    conflicting_overrides: Mapped[list[str] | None] = mapped_column(Json)
    price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))

    __table_args__ = (
        UniqueConstraint("product_id", "version"),
        Index("ix_mh_listings_in_force", "product_id", "published_at", "version"),
    )


class SideState(Base):
    """What one side has said of one subject: its hold, its scheduled change, and the order of its events.

    `version` is the last one received by event; `changed_here_at` is the last change made by a button or the API,
    which outranks events stamped before it (`rules.md` 2). `scheduled_*` is the side's one slot (`rules.md` 3).
    """

    __tablename__ = "mh_sides"

    subject_kind: Mapped[SubjectKind] = mapped_column(checked(SubjectKind, "subject_kind"), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    side: Mapped[Side] = mapped_column(checked(Side, "side"), primary_key=True)
    version: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    changed_here_at: Mapped[datetime | None] = mapped_column(Instant)
    held: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    held_since: Mapped[datetime | None] = mapped_column(Instant)
    held_reason: Mapped[str | None] = mapped_column(Text)
    held_cause: Mapped[dict[str, Any] | None] = mapped_column(Json)
    scheduled_status: Mapped[Status | None] = mapped_column(checked(Status, "scheduled_status"))
    scheduled_at: Mapped[datetime | None] = mapped_column(Instant)
    scheduled_received_at: Mapped[datetime | None] = mapped_column(Instant)
    scheduled_reason: Mapped[str | None] = mapped_column(Text)
    scheduled_cause: Mapped[dict[str, Any] | None] = mapped_column(Json)

    __table_args__ = (
        CheckConstraint("(scheduled_status IS NULL) = (scheduled_at IS NULL)", name="slot"),
        Index(
            "ix_mh_sides_scheduled",
            "scheduled_at",
            postgresql_where=text("scheduled_at IS NOT NULL"),
            sqlite_where=text("scheduled_at IS NOT NULL"),
        ),
    )


class Withdrawal(Base):
    """A permanent end of sale. It stands until the marketplace reinstates, and stays on record for ever."""

    __tablename__ = "mh_withdrawals"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    subject_kind: Mapped[SubjectKind] = mapped_column(checked(SubjectKind, "subject_kind"))
    subject_id: Mapped[str] = mapped_column(String(100))
    side: Mapped[Side] = mapped_column(checked(Side, "side"))
    reason: Mapped[str] = mapped_column(Text)
    cause: Mapped[dict[str, Any]] = mapped_column(Json)
    received_at: Mapped[datetime] = mapped_column(Instant)
    effective_at: Mapped[datetime] = mapped_column(Instant)
    reinstated_at: Mapped[datetime | None] = mapped_column(Instant)
    reinstated_reason: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index(
            "uq_mh_withdrawals_standing",
            "subject_kind",
            "subject_id",
            unique=True,
            postgresql_where=text("reinstated_at IS NULL"),
            sqlite_where=text("reinstated_at IS NULL"),
        ),
    )
