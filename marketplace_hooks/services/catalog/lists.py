"""Lists of products, packs and categories, a page at a time, for the API and the storefront alike.

A fixed number of statements for each page, however much is on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, and_, true
from sqlalchemy.orm import Session

from ...database.keyset import Rows, read_rows
from ...database.text_search import folded
from ...database.types import constant
from ...domain.catalog.statuses import Status
from ...models.categories import ProductCategory, categories_on_sale
from ...models.packs import Pack, pack_is_visible
from ...models.products import Product
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

T = TypeVar("T")
Query = TypeVar("Query", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True, kw_only=True)
class Page(Generic[T]):
    """One page of a list. `next_after` is the `after` of the next page; None on the last."""

    items: Rows[T] = field(default_factory=Rows)
    next_after: str | None = None


def find_products(
    session: Session,
    *,
    category: str | None = None,
    search: str | None = None,
    seller_id: str | None = None,
    status: Status | None = None,
    after: str | None = None,
    is_backward: bool = False,
    limit: int = 20,
    visibility: Visibility = PUBLIC,
) -> Page[ProductCard]:
    """The visible products by id, from the first id after `after`; every word of `search` must be found in them.

    Read from an index in its order, until the page is full; a search without a match reads every name.
    """
    query = products_query()
    online = Product.status == constant(Status.ONLINE)
    key = Product.id
    if category is not None:  # its index holds the products of a category in this order, with their status.
        query = query.join(ProductCategory, ProductCategory.product_id == Product.id)
        query = query.where(ProductCategory.category == category)
        online = ProductCategory.status == constant(Status.ONLINE)
        key = ProductCategory.product_id
    query = query.where(visible_to(online, Product.seller_id, visibility))
    if status is not None:
        query = query.where(Product.status == constant(status))
    rows = _read(session, _narrowed(query, Product, search, seller_id), key, after, limit, is_backward)
    return _page(rows.mapped(product_card(*row) for row in rows), limit, is_backward, lambda card: card.product_id)


def find_packs(
    session: Session,
    *,
    search: str | None = None,
    seller_id: str | None = None,
    after: str | None = None,
    is_backward: bool = False,
    limit: int = 20,
    visibility: Visibility = PUBLIC,
) -> Page[PackCard]:
    """The visible packs by id, from the first id after `after`; every word of `search` must be found in them."""
    query = packs_query().where(visible_to(pack_is_visible(), Pack.seller_id, visibility))
    rows = _read(session, _narrowed(query, Pack, search, seller_id), Pack.id, after, limit, is_backward)
    return _page(rows.mapped(pack_card(*row) for row in rows), limit, is_backward, lambda card: card.pack_id)


def find_categories(session: Session) -> list[str]:
    """The categories of what the public sees, in alphabetical order, no more than one page of them."""
    return sorted(session.scalars(categories_on_sale(LARGEST_PAGE)), key=folded)


def _narrowed(query: Query, table: type[Any], search: str | None, seller_id: str | None) -> Query:
    if search:
        query = query.where(
            and_(true(), *(table.words.contains(word, autoescape=True) for word in _folded_words(search)))
        )
    return query if seller_id is None else query.where(table.seller_id == seller_id)


def _folded_words(search: str) -> list[str]:
    return folded(search).split()[:10]


def _read(
    session: Session, query: Select[*tuple[Any, ...]], key: Any, after: str | None, limit: int, is_backward: bool
) -> Rows[Any]:
    """The rows of a page by `key`, one more than `limit`: it tells whether there is another page."""
    position = None if after is None else (after,)
    return read_rows(session, query, (key,), position=position, limit=limit + 1, is_backward=is_backward)


def _page(found: Rows[T], limit: int, is_backward: bool, key: Any) -> Page[T]:
    items = found.nearest(limit, is_backward=is_backward)
    return Page(items=items, next_after=key(items[-1]) if len(found) > limit else None)
