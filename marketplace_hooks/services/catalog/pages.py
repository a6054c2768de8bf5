"""Pages of one product and one pack: everything that they show, for the API and the storefront alike.

A fixed number of statements for each page, however much is on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...models.packs import Pack, PackMember, pack_is_visible
from ...models.products import Listing, Product, SubjectKind
from .cards import (
    LARGEST_PAGE,
    PUBLIC,
    PackCard,
    ProductCard,
    Visibility,
    pack_card,
    packs_query,
    product_card,
    products_query,
    visible_to,
)
from .holds_view import HoldsView, read_holds
from .products import listing_in_force


@dataclass(frozen=True, kw_only=True)
class ListingView:
    """What a listing announces from `published_at` on; a feature is a text, or a text for each language."""

    version: int
    published_at: datetime
    features: Sequence[str | Mapping[str, str]]
    compatible_from: str | None
    compatible_to: str | None
    incompatible_modules: Sequence[Mapping[str, str]]
    conflicting_overrides: Sequence[str]
    price_cents: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class ProductPage:
    """Everything a product's page shows. `packs` are those that contain it and that the reader sees."""

    card: ProductCard
    description: Mapping[str, str]
    listing: ListingView | None
    packs: Sequence[PackCard]
    holds_view: HoldsView
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class PackPage:
    """Everything a pack's page shows. `blocking` are the ids of the members that are not online."""

    card: PackCard
    products: Sequence[ProductCard]
    holds_view: HoldsView
    created_at: datetime

    @property
    def blocking(self) -> tuple[str, ...]:
        """The members that hide the pack, in its order (`rules.md` 6)."""
        return tuple(product.product_id for product in self.products if not product.visible)


def product_page(
    session: Session, product_id: str, *, visibility: Visibility = PUBLIC, now: datetime | None = None
) -> ProductPage | None:
    """The product with all that its page shows, hidden or not (see `card.visible`); None for an unknown one."""
    row = session.execute(products_query().where(Product.id == product_id)).one_or_none()
    if row is None:
        return None
    product, seller_name = row
    containing = select(PackMember.pack_id).where(PackMember.product_id == product_id)
    packs = packs_query().where(Pack.id.in_(containing), visible_to(pack_is_visible(), Pack.seller_id, visibility))
    return ProductPage(
        card=product_card(product, seller_name),
        description=product.description,
        listing=listing_at(session, product_id, now or datetime.now(UTC)),
        packs=[pack_card(*one) for one in session.execute(packs.order_by(Pack.id).limit(LARGEST_PAGE))],
        holds_view=read_holds(session, SubjectKind.PRODUCT, product.id, product.seller_id),
        created_at=product.created_at,
    )


def pack_page(session: Session, pack_id: str) -> PackPage | None:
    """The pack with all that its page shows, hidden or not (see `card.visible`); None for an unknown one."""
    row = session.execute(packs_query().where(Pack.id == pack_id)).one_or_none()
    if row is None:
        return None
    members = (
        products_query().join(PackMember, PackMember.product_id == Product.id).where(PackMember.pack_id == pack_id)
    )
    return PackPage(
        card=pack_card(*row),
        products=[product_card(*one) for one in session.execute(members.order_by(PackMember.position))],
        holds_view=read_holds(session, SubjectKind.PACK, pack_id, row[0].seller_id),
        created_at=row[0].created_at,
    )


def listing_at(session: Session, product_id: str, at: datetime) -> ListingView | None:
    """What the product's listing announced at an instant; None when there was none yet."""
    listing = listing_in_force(session, product_id, at)
    return None if listing is None else _listing_view(listing)


def _listing_view(listing: Listing) -> ListingView:
    return ListingView(
        version=listing.version,
        published_at=listing.published_at,
        features=listing.features,
        compatible_from=listing.compatible_from,
        compatible_to=listing.compatible_to,
        incompatible_modules=listing.incompatible_modules,
        conflicting_overrides=listing.conflicting_overrides or [],
        price_cents=listing.price_cents,
        currency=listing.currency,
    )


def subject_page(session: Session, kind: SubjectKind, subject_id: str) -> ProductPage | PackPage | None:
    """The page of a product or of a pack; None for an unknown one."""
    return pack_page(session, subject_id) if kind is SubjectKind.PACK else product_page(session, subject_id)
