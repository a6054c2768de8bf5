"""Tables of customers and purchases, with the site of each, its disputes and its refunds."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, checked


class Customer(Base):
    """Who buys. `described_at` orders descriptions; of an erased customer the id remains, and nothing personal.

    `professional` decides whether a renewal notice is owed or a courtesy (`rules.md` 13).
    """

    __tablename__ = "mh_customers"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(320))
    locale: Mapped[str] = mapped_column(String(20))
    professional: Mapped[bool]
    described_at: Mapped[datetime] = mapped_column(Instant)
    erased_at: Mapped[datetime | None] = mapped_column(Instant)
    sequence: Mapped[int] = mapped_column(BigId, default=0, server_default="0")


class Purchase(Base):
    """One customer bought one product for one merchant site.

    Frozen at purchase: `listing_id`, what was known then of its listing (None: nothing), and `price_cents`, the price
    paid, of a pack the product's share. `shop_url` is the site bound now; `mh_site_bindings` has the history.
    `refunded_at` is the refund of the whole price: a partial one ends nothing (`rules.md` 17). `over_refunded_cents`
    is what was refunded beyond what was paid, for an operator to see to. `disputed_at` and its like are the present
    state of all disputes; `mh_disputes` has each.
    """

    __tablename__ = "mh_purchases"

    id: Mapped[str] = mapped_column(String(100), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("mh_customers.id"))
    product_id: Mapped[str] = mapped_column(ForeignKey("mh_products.id"))
    pack_id: Mapped[str | None] = mapped_column(String(100))
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("mh_listings.id"))
    price_cents: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    shop_url: Mapped[str | None] = mapped_column(Text)
    shop_bound_at: Mapped[datetime | None] = mapped_column(Instant)
    purchased_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    refunded_cents: Mapped[int] = mapped_column(default=0, server_default="0")
    refunded_at: Mapped[datetime | None] = mapped_column(Instant)
    over_refunded_cents: Mapped[int | None]
    terminated_at: Mapped[datetime | None] = mapped_column(Instant)
    terminated_reason: Mapped[str | None] = mapped_column(Text)
    disputed_at: Mapped[datetime | None] = mapped_column(Instant)
    dispute_won_at: Mapped[datetime | None] = mapped_column(Instant)
    dispute_lost_at: Mapped[datetime | None] = mapped_column(Instant)
    sequence: Mapped[int] = mapped_column(BigId, default=0, server_default="0")

    __table_args__ = (
        Index("ix_mh_purchases_customer", "customer_id", "product_id", "id"),
        Index("ix_mh_purchases_product", "product_id", "id"),
        Index(
            "ix_mh_purchases_over_refunded",
            "id",
            postgresql_where=text("over_refunded_cents > 0"),
            sqlite_where=text("over_refunded_cents > 0"),
        ),
    )


class SiteBinding(Base):
    """The merchant site of a purchase, from `bound_at` on. The marketplace makes changes, each of which is a row."""

    __tablename__ = "mh_site_bindings"

    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"), primary_key=True)
    bound_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    shop_url: Mapped[str] = mapped_column(Text)


class DisputeOutcome(enum.StrEnum):
    """What the bank has decided: the payment stands after all, or it is gone."""

    WON = "won"
    LOST = "lost"


class Dispute(Base):
    """One reversal of the payment by the bank, and how it was closed (None: it is open). Any number may follow."""

    __tablename__ = "mh_disputes"

    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"), primary_key=True)
    disputed_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    amount_cents: Mapped[int]
    outcome: Mapped[DisputeOutcome | None] = mapped_column(checked(DisputeOutcome, "outcome"))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("(outcome IS NULL) = (closed_at IS NULL)", name="closed"),)


class Refund(Base):
    """One refund of a purchase, as the platform reported it; reported twice, it is one.

    `refund_id` is the platform's own, if it has one: then it alone says which refund it is. Otherwise its instant and
    amount do.
    """

    __tablename__ = "mh_refunds"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    purchase_id: Mapped[str] = mapped_column(ForeignKey("mh_purchases.id"))
    refunded_at: Mapped[datetime] = mapped_column(Instant)
    amount_cents: Mapped[int]
    request_id: Mapped[str | None] = mapped_column(String(100))
    refund_id: Mapped[str | None] = mapped_column(String(100))

    __table_args__ = (
        Index(
            "uq_mh_refunds_unnamed",
            "purchase_id",
            "refunded_at",
            "amount_cents",
            unique=True,
            postgresql_where=text("refund_id IS NULL"),
            sqlite_where=text("refund_id IS NULL"),
        ),
        Index("uq_mh_refunds_named", "purchase_id", "refund_id", unique=True),
        CheckConstraint("amount_cents > 0", name="positive"),
    )
