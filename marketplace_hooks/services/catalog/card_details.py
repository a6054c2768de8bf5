"""Details of cards: announced versions and first lines of products, contents and single prices of packs, releases.

One statement each, however many there are. The lists themselves are in `lists.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from ...models.packs import PackMember
from ...models.products import Listing, Product, ProductKind
from ...models.releases import Release

MEMBERS_SHOWN = 4
RELEASES_SHOWN = 8


@dataclass(frozen=True, kw_only=True)
class CardAnnouncement:
    """What a product's card says beside its name. Both bounds None: no versions are announced, or no listing yet."""

    description: Mapping[str, str]
    compatible_from: str | None
    compatible_to: str | None


@dataclass(frozen=True, kw_only=True)
class PackPart:
    """One of the first products of a pack, as the pack's card shows it."""

    product_id: str
    kind: ProductKind
    technical_name: str
    title: Mapping[str, str]
    categories: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class PackContents:
    """The first parts of a pack, and what all of them cost one by one (None: not all in one currency)."""

    parts: Sequence[PackPart]
    apart_cents: int | None
    currency: str


def read_announcements(session: Session, product_ids: Sequence[str], at: datetime) -> dict[str, CardAnnouncement]:
    """What these products announce at an instant."""
    if not product_ids:
        return {}
    in_force = (
        select(Listing.id)
        .where(Listing.product_id == Product.id, Listing.published_at <= at)
        .order_by(Listing.published_at.desc(), Listing.version.desc())
        .limit(1)
        .correlate(Product)
        .scalar_subquery()
    )
    query = (
        select(Product.id, Product.description, Listing.compatible_from, Listing.compatible_to)
        .outerjoin(Listing, Listing.id == in_force)
        .where(Product.id.in_(product_ids))
    )
    return {
        id_: CardAnnouncement(description=description, compatible_from=first, compatible_to=last)
        for id_, description, first, last in session.execute(query)
    }


def read_pack_contents(session: Session, pack_ids: Sequence[str]) -> dict[str, PackContents]:
    """What is in these packs; a pack without a single product is left out."""
    if not pack_ids:
        return {}
    counted = _counted(pack_ids).subquery()
    query = (
        select(counted, Product.kind, Product.technical_name, Product.title, Product.categories)
        .join(Product, Product.id == counted.c.product_id)
        .where(counted.c.place <= MEMBERS_SHOWN)
        .order_by(counted.c.pack_id, counted.c.place)
    )
    found: dict[str, PackContents] = {}
    for pack_id, rows in groupby(session.execute(query), key=lambda row: row.pack_id):
        shown = list(rows)
        one_currency = shown[0].first_currency == shown[0].last_currency
        found[pack_id] = PackContents(
            parts=[_part(row) for row in shown],
            # PostgreSQL sums integers to a numeric.
            apart_cents=int(shown[0].apart_cents) if one_currency else None,
            currency=shown[0].first_currency,
        )
    return found


def latest_releases(session: Session, product_id: str, at: datetime) -> list[Release]:
    """The newest of the product's releases that are published at an instant."""
    published = select(Release).where(Release.product_id == product_id, Release.published_at <= at)
    newest = published.order_by(Release.published_at.desc(), Release.id.desc())
    return list(session.scalars(newest.limit(RELEASES_SHOWN)))


def _counted(pack_ids: Sequence[str]) -> Select[Any]:
    """Each member of these packs at its place, with the sum of the prices in its pack and their currencies."""
    pack = PackMember.pack_id
    return (
        select(
            PackMember.pack_id,
            PackMember.product_id,
            func.row_number().over(partition_by=pack, order_by=PackMember.position).label("place"),
            func.sum(Product.price_cents).over(partition_by=pack).label("apart_cents"),
            func.min(Product.currency).over(partition_by=pack).label("first_currency"),
            func.max(Product.currency).over(partition_by=pack).label("last_currency"),
        )
        .join(Product, Product.id == PackMember.product_id)
        .where(PackMember.pack_id.in_(pack_ids))
    )


def _part(row: Row[Any]) -> PackPart:
    return PackPart(
        product_id=row.product_id,
        kind=row.kind,
        technical_name=row.technical_name,
        title=row.title,
        categories=row.categories,
    )
