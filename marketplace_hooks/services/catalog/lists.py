"""Lists of products, packs and categories, a page at a time, for the API and the storefront alike.

A fixed number of statements for each page, however much is on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from ...database.keyset import Rows, read_rows
from ...database.loose_index_scan import each_once
from ...database.text_search import folded
from ...database.types import constant
from ...domain.catalog.statuses import Status
from ...models.categories import ProductCategory, categories_on_sale
from ...models.packs import Pack, pack_is_visible
from ...models.products import Product, SubjectKind
from ...models.search import SearchEntry
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
from .search import NO_MATTER_WHICH, Found, Narrowing, find_by_properties, find_by_words

T = TypeVar("T")
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])
Cards = Callable[[Session, Sequence[str]], Mapping[str, T]]
"""Reads the cards of these ids."""
LONGEST_PLACE = 6
MOST_CURRENCIES = 20
MOST_COMPARED = 1_000
"""So many products tell which currency most have."""


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list. `next_after` is the `after` of the next page; None on the last.

    `total` is how many are in the list, None where they were not counted; `has_more`: there are more than that.
    `is_similar`: nothing has the words as they were typed, and what is listed has similar ones.
    """

    items: Rows[T] = field(default_factory=Rows)
    next_after: str | None = None
    total: int | None = None
    has_more: bool = False
    is_similar: bool = False


def find_products(
    session: Session,
    *,
    category: str | None = None,
    search: str | None = None,
    seller_id: str | None = None,
    status: Status | None = None,
    properties: Narrowing = NO_MATTER_WHICH,
    best_first: bool = False,
    after: str | None = None,
    is_backward: bool = False,
    limit: int = 20,
    visibility: Visibility = PUBLIC,
) -> Page[ProductCard]:
    """The visible products that have all words of `search` and the properties, by id, or the best of a search first.

    They begin after `after`, the `next_after` of the page before. Words and properties are looked for in an index
    (`search.py`); a list by category, seller or status is read from an index in its order until the page is full.
    """
    narrowing = replace(properties, seller_id=seller_id, category=category)
    visible = [visible_to(Product.status == constant(Status.ONLINE), Product.seller_id, visibility)]
    if status is not None:
        visible.append(Product.status == constant(status))
    found = None
    if search:
        found = find_by_words(session, SubjectKind.PRODUCT, search, narrowing, visible)
        if best_first:
            return _page_of_found(session, _product_cards(visible), found, after, limit)
    elif narrowing.is_by_properties:
        found = find_by_properties(session, SubjectKind.PRODUCT, narrowing, visible)
    query, key = _products_by_id(narrowing, status, visibility)
    if found is not None:
        query = query.where(found.has(Product.id))
    rows = _read(session, query, key, after, limit, is_backward)
    page = _page(rows.mapped(product_card(*row) for row in rows), limit, is_backward, lambda card: card.product_id)
    return page if found is None else _counted(page, found)


def find_packs(
    session: Session,
    *,
    search: str | None = None,
    seller_id: str | None = None,
    best_first: bool = False,
    after: str | None = None,
    is_backward: bool = False,
    limit: int = 20,
    visibility: Visibility = PUBLIC,
) -> Page[PackCard]:
    """The visible packs that have all words of `search`, by id, or the best first."""
    narrowing = Narrowing(seller_id=seller_id)
    visible = [visible_to(pack_is_visible(), Pack.seller_id, visibility)]
    query = packs_query().where(*visible, *narrowing.conditions(Pack))
    found = find_by_words(session, SubjectKind.PACK, search, narrowing, visible) if search else None
    if found is not None:
        if best_first:
            return _page_of_found(session, _pack_cards(visible), found, after, limit)
        query = query.where(found.has(Pack.id))
    rows = _read(session, query, Pack.id, after, limit, is_backward)
    page = _page(rows.mapped(pack_card(*row) for row in rows), limit, is_backward, lambda card: card.pack_id)
    return page if found is None else _counted(page, found)


def find_categories(session: Session) -> list[str]:
    """The categories of what the public sees, in alphabetical order, no more than one page of them."""
    return sorted(session.scalars(categories_on_sale(LARGEST_PAGE)), key=folded)


def find_currencies(session: Session) -> list[str]:
    """The currencies of the products that the public sees, those of most products first."""
    online = Product.status == constant(Status.ONLINE)
    found = session.scalars(each_once(Product.currency, online).limit(MOST_CURRENCIES)).all()
    if len(found) < 2:
        return [*found]
    some = select(Product.currency).where(online).order_by(Product.id).limit(MOST_COMPARED)
    counts = Counter(session.scalars(some))
    return sorted(found, key=lambda currency: (-counts[currency], currency))


def _products_by_id(
    narrowing: Narrowing, status: Status | None, visibility: Visibility
) -> tuple[Select[Product, str], Any]:
    """All products in the order of a key, which an index has: the products' own, or their categories'."""
    query = products_query()
    online = Product.status == constant(Status.ONLINE)
    key: Any = Product.id
    if narrowing.category is not None:  # its index holds the products of a category by id, with their status.
        query = query.join(ProductCategory, ProductCategory.product_id == Product.id)
        query = query.where(ProductCategory.category == narrowing.category)
        online = ProductCategory.status == constant(Status.ONLINE)
        key = ProductCategory.product_id
    if narrowing.versions is not None:
        described = SearchEntry.subject_id == Product.id
        query = query.join(SearchEntry, described & (SearchEntry.subject_kind == SubjectKind.PRODUCT))
    query = query.where(visible_to(online, Product.seller_id, visibility))
    if status is not None:
        query = query.where(Product.status == constant(status))
    return query.where(*replace(narrowing, category=None).conditions(Product)), key


def _read(
    session: Session, query: Select[*tuple[Any, ...]], key: Any, after: str | None, limit: int, is_backward: bool
) -> Rows[Any]:
    """The rows of a page by `key`, one more than `limit`: it tells whether there is another page."""
    position = None if after is None else (after,)
    return read_rows(session, query, (key,), position=position, limit=limit + 1, is_backward=is_backward)


def _page(found: Rows[T], limit: int, is_backward: bool, key: Any) -> Page[T]:
    items = found.nearest(limit, is_backward=is_backward)
    return Page(items=items, next_after=key(items[-1]) if len(found) > limit else None)


def _counted(page: Page[T], found: Found) -> Page[T]:
    return replace(page, total=len(found.ids), has_more=found.has_more, is_similar=found.is_similar)


def _product_cards(visible: Sequence[ColumnElement[bool]]) -> Cards[ProductCard]:
    def read(session: Session, ids: Sequence[str]) -> dict[str, ProductCard]:
        rows = session.execute(products_query().where(Product.id.in_(ids), *visible))
        return {row[0].id: product_card(*row) for row in rows}

    return read


def _pack_cards(visible: Sequence[ColumnElement[bool]]) -> Cards[PackCard]:
    def read(session: Session, ids: Sequence[str]) -> dict[str, PackCard]:
        rows = session.execute(packs_query().where(Pack.id.in_(ids), *visible))
        return {row[0].id: pack_card(*row) for row in rows}

    return read


def _page_of_found(session: Session, cards: Cards[T], found: Found, after: str | None, limit: int) -> Page[T]:
    """A page of what a search found: it begins at a place, because nothing else tells where a list goes on."""
    place = int(after) if after and after.isdecimal() and len(after) <= LONGEST_PLACE else 0
    following = place + limit
    ids = found.ids[place:following]
    read = cards(session, ids) if ids else {}
    items = Rows(read[id_] for id_ in ids if id_ in read)
    return _counted(Page(items=items, next_after=str(following) if following < len(found.ids) else None), found)
