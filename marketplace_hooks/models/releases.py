"""Tables of releases: the downloadable versions of a product, and who bought the paid ones."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, Instant, Json, checked


class ReleaseKind(enum.StrEnum):
    """Whether an active Business Care is enough, or the release is bought for itself (`rules.md` 15)."""

    FREE = "free"
    PAID = "paid"


class Release(Base):
    """One downloadable version of a product. `manifest` maps each path to its sha256; `fixes` names requests.

    `described_at` orders descriptions of one release: product, kind, price and `published_at` never change.
    """

    __tablename__ = "mh_releases"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("mh_products.id"))
    number: Mapped[str] = mapped_column(String(50))
    kind: Mapped[ReleaseKind] = mapped_column(checked(ReleaseKind, "kind"))
    compatible_from: Mapped[str | None] = mapped_column(String(50))
    compatible_to: Mapped[str | None] = mapped_column(String(50))
    published_at: Mapped[datetime] = mapped_column(Instant)
    download_url: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    price_cents: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    manifest: Mapped[dict[str, Any] | None] = mapped_column(Json)
    fixes: Mapped[list[str]] = mapped_column(Json)
    described_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_mh_releases_product", "product_id", "published_at", "id"),)


class ReleasePurchase(Base):
    """A paid release bought by the holder of a purchase."""

    __tablename__ = "mh_release_purchases"

    release_id: Mapped[str] = mapped_column(ForeignKey("mh_releases.id"), primary_key=True)
    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"), primary_key=True)
    amount_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    purchased_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_mh_release_purchases_purchase", "purchase_id"),)
