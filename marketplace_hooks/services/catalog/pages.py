"""What does a page of a product or a pack show, and which of them does a list hold?

Reading only, for the API and the storefront alike: a fixed number of statements for each page, however much is on it.
Who may see what is hidden is the caller's to say, by a `Sight`; nothing hidden is found without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, true
from sqlalchemy.orm import Session

from ...database.text_search import folded
from ...database.types import constant
from ...domain.catalog.statuses import Status
from ...models.categories import ProductCategory, categories_on_sale
from ...models.packs import Pack, PackMember, pack_is_visible
from ...models.products import Listing, Product, ProductKind, Seller, SubjectKind
from .holds_view import HoldsView, read_holds
from .products import listing_in_force

T = TypeVar("T")
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])

LARGEST_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class Visibility:
    """What hidden things somebody sees beside the public ones: everything, or what one seller sells."""

    everything: bool = False
    seller_id: str | None = None

    def can_see(self, seller_id: str) -> bool:
        """Whether what this seller sells is seen even while it is hidden."""
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


@dataclass(frozen=True, kw_only=True)
class ListingView:
    """What a listing announces from `published_at` on; a feature is a text, or a text for each language."""

    version: int
    published_at: datetime
    features: Sequence[str | Mapping[str, str]]
    compatible_from: str | None
    compatible_to: str | None
    incompatible_modules: Sequence[Mapping[str, str]]
    price_cents: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class ProductPage:
    """Everything a product's page shows. `packs` are those that contain it and that the asker sees."""

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
        """The members that keep the pack hidden, in its order (`domain.md` 6)."""
        return tuple(product.product_id for product in self.products if not product.visible)


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list. `next_after` is the `after` of the next page; None on the last."""

    items: list[T] = field(default_factory=list)
    next_after: str | None = None


def find_products(
    session: Session,
    *,
    category: str | None = None,
    search: str | None = None,
    seller_id: str | None = None,
    status: Status | None = None,
    after: str | None = None,
    limit: int = 20,
    visibility: Visibility = PUBLIC,
) -> Page[ProductCard]:
    """The products that are seen, by id, those whose id is greater than `after`; `search` is words, all wanted.

    Read from an index in its order, until the page is full; a search for what is nowhere looks through every name.
    """
    query = _products()
    online = Product.status == constant(Status.ONLINE)
    key = Product.id
    if category is not None:  # its index holds the products of a category in this order, with their status.
        query = query.join(ProductCategory, ProductCategory.product_id == Product.id)
        query = query.where(ProductCategory.category == category)
        online = ProductCategory.status == constant(Status.ONLINE)
        key = ProductCategory.product_id
    query = query.where(_is_seen(online, Product.seller_id, visibility))
    if status is not None:
        query = query.where(Product.status == constant(status))
    rows = session.execute(_narrowed(query, Product, key, search, seller_id, after, limit)).all()
    return _page([_product_card(*row) for row in rows], limit, lambda card: card.product_id)


def find_packs(
    session: Session,
    *,
    search: str | None = None,
    seller_id: str | None = None,
    after: str | None = None,
    limit: int = 20,
    visibility: Visibility = PUBLIC,
) -> Page[PackCard]:
    """The packs that are seen, by id, those whose id is greater than `after`."""
    query = _packs().where(_is_seen(pack_is_visible(), Pack.seller_id, visibility))
    rows = session.execute(_narrowed(query, Pack, Pack.id, search, seller_id, after, limit)).all()
    return _page([_pack_card(*row) for row in rows], limit, lambda card: card.pack_id)


def find_categories(session: Session) -> list[str]:
    """The categories of what the public sees, in the order of their letters; no more than a page has room for."""
    return sorted(session.scalars(categories_on_sale(LARGEST_PAGE)), key=folded)


def product_page(
    session: Session, product_id: str, *, visibility: Visibility = PUBLIC, now: datetime | None = None
) -> ProductPage | None:
    """The product with all that its page shows, hidden or not: look at `card.visible`. None: there is none."""
    row = session.execute(_products().where(Product.id == product_id)).one_or_none()
    if row is None:
        return None
    product, seller_name = row
    containing = select(PackMember.pack_id).where(PackMember.product_id == product_id)
    packs = _packs().where(Pack.id.in_(containing), _is_seen(pack_is_visible(), Pack.seller_id, visibility))
    return ProductPage(
        card=_product_card(product, seller_name),
        description=product.description,
        listing=listing_at(session, product_id, now or datetime.now(UTC)),
        packs=[_pack_card(*one) for one in session.execute(packs.order_by(Pack.id).limit(LARGEST_PAGE))],
        holds_view=read_holds(session, SubjectKind.PRODUCT, product.id, product.seller_id),
        created_at=product.created_at,
    )


def pack_page(session: Session, pack_id: str) -> PackPage | None:
    """The pack with all that its page shows, hidden or not: look at `card.visible`. None: there is none."""
    row = session.execute(_packs().where(Pack.id == pack_id)).one_or_none()
    if row is None:
        return None
    members = _products().join(PackMember, PackMember.product_id == Product.id).where(PackMember.pack_id == pack_id)
    return PackPage(
        card=_pack_card(*row),
        products=[_product_card(*one) for one in session.execute(members.order_by(PackMember.position))],
        holds_view=read_holds(session, SubjectKind.PACK, pack_id, row[0].seller_id),
        created_at=row[0].created_at,
    )


def listing_at(session: Session, product_id: str, at: datetime) -> ListingView | None:
    """What the product's listing announced at an instant; None when it had none yet."""
    listing = listing_in_force(session, product_id, at)
    return None if listing is None else _listing_shown(listing)


def _products() -> Select[Product, str]:
    return select(Product, Seller.name).join(Seller, Seller.id == Product.seller_id)


def _packs() -> Select[Pack, str, int, bool]:
    size = select(func.count()).where(PackMember.pack_id == Pack.id).correlate(Pack).scalar_subquery()
    return select(Pack, Seller.name, size, pack_is_visible()).join(Seller, Seller.id == Pack.seller_id)


def _is_seen(visible: ColumnElement[bool], seller: Any, visibility: Visibility) -> ColumnElement[bool]:
    if visibility.everything:
        return true()
    return or_(visible, seller == visibility.seller_id if visibility.seller_id is not None else false())


def _narrowed(
    query: Query, table: type[Any], key: Any, search: str | None, seller_id: str | None, after: str | None, limit: int
) -> Query:
    """The next rows by `key`, their id, one more than asked for, which says whether there is another page."""
    if search:
        query = query.where(and_(true(), *(table.words.contains(word, autoescape=True) for word in _words(search))))
    if seller_id is not None:
        query = query.where(table.seller_id == seller_id)
    if after is not None:
        query = query.where(key > after)
    return query.order_by(key).limit(limit + 1)


def _words(search: str) -> list[str]:
    return folded(search).split()[:10]


def _page(found: list[T], limit: int, key: Any) -> Page[T]:
    items = found[:limit]
    return Page(items=items, next_after=key(items[-1]) if len(found) > limit else None)


def _product_card(product: Product, seller_name: str) -> ProductCard:
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


def _pack_card(pack: Pack, seller_name: str, size: int, visible: bool) -> PackCard:
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


def _listing_shown(listing: Listing) -> ListingView:
    return ListingView(
        version=listing.version,
        published_at=listing.published_at,
        features=listing.features,
        compatible_from=listing.compatible_from,
        compatible_to=listing.compatible_to,
        incompatible_modules=listing.incompatible_modules,
        price_cents=listing.price_cents,
        currency=listing.currency,
    )
