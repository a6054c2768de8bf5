"""Listing prices over time: the price of a product at any instant, of which Business Care is a share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...models.products import Listing, Product


@dataclass(frozen=True, kw_only=True)
class DatedPrice:
    """A price from `since` on (None: until the first listing)."""

    since: datetime | None
    cents: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The listing prices of some products over time, read once for a batch."""

    dated: Mapping[str, Sequence[DatedPrice]]

    def at(self, product_id: str, instant: datetime) -> tuple[int, str]:
        """The listing price in force at an instant, in cents, with its currency."""
        in_force = [one for one in self.dated[product_id] if one.since is None or one.since <= instant]
        return in_force[-1].cents, in_force[-1].currency


def read_prices(session: Session, product_ids: Collection[str]) -> Prices:
    """The listing prices of these products, in two statements. Raises KeyError later for a product that is unknown."""
    products = select(Product.id, Product.price_cents, Product.currency).where(Product.id.in_(product_ids))
    dated = {
        row.id: [DatedPrice(since=None, cents=row.price_cents, currency=row.currency)]
        for row in session.execute(products)
    }
    listings = select(
        Listing.product_id, Listing.published_at, Listing.described_at, Listing.price_cents, Listing.currency
    ).where(Listing.product_id.in_(product_ids))
    published: set[tuple[str, datetime]] = set()
    for row in session.execute(listings.order_by(Listing.published_at, Listing.version)):
        since = row.published_at
        if (row.product_id, since) in published and row.described_at is not None:
            since = max(since, row.described_at)  # a price is never charged for an instant before it was sent.
        published.add((row.product_id, row.published_at))
        dated[row.product_id].append(DatedPrice(since=since, cents=row.price_cents, currency=row.currency))
    return Prices(dated=dated)
