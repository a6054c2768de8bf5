"""Sitemap of the catalogue: the ids of what the public sees, in parts of a fixed size, with when their pages changed.

It is read from the tables as they stand, so a product that goes offline leaves it in the transaction that hides its
page, and every pack that contains it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.catalog.statuses import Status
from ...models.packs import Pack, pack_is_visible
from ...models.products import Product

PART = 2_500
"""Products or packs of one part. Each has an address for each language; a sitemap may hold 50,000 addresses."""
MOST_PARTS = 20_000


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """A page that the public sees, and when it changed last."""

    id: str
    changed_at: datetime


def count_product_parts(session: Session) -> int:
    """Of how many parts the products on sale are."""
    return _parts(session, select(func.count()).select_from(Product).where(_product_is_visible()))


def count_pack_parts(session: Session) -> int:
    """Of how many parts the packs on sale are."""
    return _parts(session, select(func.count()).select_from(Pack).where(pack_is_visible()))


def read_product_part(session: Session, number: int) -> list[SitemapEntry]:
    """The products of one part, the first of which is 1, by id."""
    return _read(session, Product, _product_is_visible(), number)


def read_pack_part(session: Session, number: int) -> list[SitemapEntry]:
    """The packs of one part, by id."""
    return _read(session, Pack, pack_is_visible(), number)


def _product_is_visible() -> ColumnElement[bool]:
    return Product.status == constant(Status.ONLINE)


def _parts(session: Session, counted: Select[Any]) -> int:
    return min(MOST_PARTS, -(-(session.scalar(counted) or 0) // PART))


def _read(
    session: Session, table: type[Product | Pack], is_visible: ColumnElement[bool], number: int
) -> list[SitemapEntry]:
    query = select(table.id, table.changed_at).where(is_visible).order_by(table.id)
    rows = session.execute(query.limit(PART).offset((number - 1) * PART))
    return [SitemapEntry(id_, changed_at) for id_, changed_at in rows]
