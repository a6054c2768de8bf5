"""Cards of products and packs, as lists and pages show them, and who may see the hidden ones.

Reading only, for the API and the storefront alike. What is hidden is found only by a caller whose `Visibility` includes
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from ...domain.catalog.statuses import Status
from ...models.packs import Pack, PackMember, pack_is_visible
from ...models.products import Product, ProductKind, Seller

LARGEST_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Visibility:
    """What a reader sees beside the public pages: everything, or also what one seller sells."""

    everything: bool = False
    seller_id: str | None = None

    def can_see(self, seller_id: str) -> bool:
        """Whether this reader sees hidden pages of this seller."""
        return self.everything or (self.seller_id is not None and self.seller_id == seller_id)


PUBLIC = Visibility()


@dataclass(frozen=True, kw_only=True)
class ProductCard:
    """A product in a list. `visible`: the public sees its page."""

    product_id: str
    seller_id: str
    seller_name: str
    kind: ProductKind
    technical_name: str
    title: Mapping[str, str]
    categories: Sequence[str]
    price_cents: int
    currency: str
    status: Status
    visible: bool
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class PackCard:
    """A pack in a list. `status` is its own; a pack that is `online` is hidden by a member that is not."""

    pack_id: str
    seller_id: str
    seller_name: str
    title: Mapping[str, str]
    size: int
    price_cents: int
    currency: str
    status: Status
    visible: bool
    changed_at: datetime


def products_query() -> Select[Product, str]:
    return select(Product, Seller.name).join(Seller, Seller.id == Product.seller_id)


def packs_query() -> Select[Pack, str, int, bool]:
    size = select(func.count()).where(PackMember.pack_id == Pack.id).correlate(Pack).scalar_subquery()
    return select(Pack, Seller.name, size, pack_is_visible()).join(Seller, Seller.id == Pack.seller_id)


def visible_to(visible: ColumnElement[bool], seller: Any, visibility: Visibility) -> ColumnElement[bool]:
    if visibility.everything:
        return true()
    return or_(visible, seller == visibility.seller_id if visibility.seller_id is not None else false())


def product_card(product: Product, seller_name: str) -> ProductCard:
    return ProductCard(
        product_id=product.id,
        seller_id=product.seller_id,
        seller_name=seller_name,
        kind=product.kind,
        technical_name=product.technical_name,
        title=product.title,
        categories=product.categories,
        price_cents=product.price_cents,
        currency=product.currency,
        status=product.status,
        visible=product.status is Status.ONLINE,
        changed_at=product.changed_at,
    )


def pack_card(pack: Pack, seller_name: str, size: int, visible: bool) -> PackCard:
    return PackCard(
        pack_id=pack.id,
        seller_id=pack.seller_id,
        seller_name=seller_name,
        title=pack.title,
        size=size,
        price_cents=pack.price_cents,
        currency=pack.currency,
        status=pack.status,
        visible=bool(visible),
        changed_at=pack.changed_at,
    )
