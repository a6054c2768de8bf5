"""Products: the list, one product with its page, and its listing on a given day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Response
from marshmallow import fields, validate, validates_schema
from marshmallow.exceptions import ValidationError
from sqlalchemy.orm import Session

from ...domain.catalog.statuses import Status
from ...domain.civil_days import end_of
from ...domain.member_descriptions import SELLER_ID, about
from ...domain.search.version_spans import searched_span
from ...errors import NotFound, Withdrawn
from ...models.products import ProductKind
from ...services.catalog.lists import find_products
from ...services.catalog.pages import ProductPage, listing_at, product_page
from ...services.catalog.search import Narrowing
from ...services.support.closures import shown_closures
from ..identity.authorization import is_insider, may_see, visibility
from ..pagination import decode, encode
from ..state import current_runtime
from .catalog_schemas import OWNERS_ONLY, ListingSchema, ProductListSchema, ProductPageSchema, flat
from .fields import Day, EnumField, PagedQuerySchema, QuerySchema, Rfc3339Instant, TextField
from .operations import operation
from .responses import json_response

_LIST = ProductListSchema()
_OWNERS = ProductPageSchema()
_PUBLIC = ProductPageSchema(exclude=OWNERS_ONLY)
_LISTING = ListingSchema()


_price = validate.Range(0, 2_000_000_000)


def _version(text: str) -> None:
    if searched_span(text) is None:
        raise ValidationError("Must be a version of PrestaShop, such as 8.1.7, or the beginning of one, such as 8.")


class ProductsQuerySchema(PagedQuerySchema):
    """Which products."""

    category = TextField(min_length=0, metadata=about("Exactly this category.", "Marketing"))
    q = TextField(
        min_length=0,
        max_length=200,
        metadata=about(
            "Words of the title, technical name, categories, description, features or seller; all must match.",
            "cart reminder",
        ),
    )
    seller_id = TextField(metadata=SELLER_ID)
    kind = EnumField(ProductKind, metadata=about("A module or a theme."))
    prestashop = fields.String(
        validate=_version,
        metadata=about("A version of PrestaShop, or the beginning of one, that the product page advertises.", "8.1"),
    )
    min_price_cents = fields.Integer(
        validate=_price, metadata=about("The lowest price, in the smallest unit of the currency.", 0)
    )
    max_price_cents = fields.Integer(
        validate=_price, metadata=about("The highest price, in the smallest unit of the currency.", 9900)
    )
    currency = fields.String(
        validate=validate.Regexp(r"^[A-Z]{3}\Z", error="Must be the three capital letters of a currency."),
        metadata=about(
            "Only products sold in this currency; without it, prices are compared regardless of currency.", "EUR"
        ),
    )


class ListingQuerySchema(QuerySchema):
    """A day or an instant; without either, now."""

    on = Day(metadata=about("A day: the listing at the end of that day, in the reference zone."))
    at = Rfc3339Instant(metadata=about("An instant."))

    @validates_schema
    def _only_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        if "on" in data and "at" in data:
            raise ValidationError("Give `on` or `at`, not both.", "on")


@operation("GET", "/products", tag="Products", query=ProductsQuerySchema, response=ProductListSchema, refusals=(400,))
def list_products(query: dict[str, Any]) -> Response:
    """The products on sale and, for signed-in users, their own hidden products.

    With `q`, the best matches come first, 500 at most, and small typing mistakes are forgiven; otherwise all products,
    by ID. Filter by category, seller, type, version of PrestaShop, price or currency. Follow `next_cursor` for more.
    """
    # A search is in another order, in which a cursor of the list has no place.
    cursors = "products-found" if query.get("q") else "products"
    with current_runtime().database.read_session() as session:
        page = find_products(
            session,
            category=query.get("category") or None,
            search=query.get("q"),
            seller_id=query.get("seller_id"),
            properties=_properties(query),
            after=decode(cursors, query.get("cursor")),
            best_first=True,
            limit=query["limit"],
            visibility=visibility(),
        )
    found = {"items": page.items, "next_cursor": encode(cursors, page.next_after)}
    return json_response(_LIST, {**found, "total": page.total, "has_more_than_total": page.has_more})


def _properties(query: dict[str, Any]) -> Narrowing:
    return Narrowing(
        kind=query.get("kind"),
        versions=searched_span(query.get("prestashop", "")),
        lowest_cents=query.get("min_price_cents"),
        highest_cents=query.get("max_price_cents"),
        currency=query.get("currency"),
    )


@operation("GET", "/products/<product_id>", tag="Products", response=ProductPageSchema, refusals=(404, 410))
def get_product(product_id: str) -> Response:
    """One product. Offline: 404; permanently disabled: 410. Its seller, its owners and the marketplace still see it.

    With its listing, the packs it is in and its seller's closures. Its seller, its owners and the marketplace also see
    why it is offline.
    """
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        page = visible_product(session, product_id)
        content = flat(page)
        content.closures = shown_closures(session, page.card.seller_id, runtime.now(), runtime.settings)
    return json_response(_OWNERS if is_insider(page.card) else _PUBLIC, content)


@operation(
    "GET",
    "/products/<product_id>/listing",
    tag="Products",
    query=ListingQuerySchema,
    response=ListingSchema,
    refusals=(404, 410),
)
def get_listing(query: dict[str, Any], product_id: str) -> Response:
    """The listing as it was on a given day or at a given instant.

    Customers may rely on what was advertised when they bought. Give a day with `on` or an instant with `at`; without
    either, it is the current listing.
    """
    runtime = current_runtime()
    at = query.get("at") or runtime.now()
    if "on" in query:
        at = end_of(query["on"], runtime.settings.reference_zone) - timedelta(microseconds=1)
    with runtime.database.read_session() as session:
        visible_product(session, product_id)
        listing = listing_at(session, product_id, at)
    if listing is None:
        raise NotFound("nothing had been announced by then", code="no_listing")
    return json_response(_LISTING, listing)


def visible_product(session: Session, product_id: str) -> ProductPage:
    """The product, if whoever asks is shown its page. Raises `NotFound`, `Withdrawn` (`rules.md` 5)."""
    page = product_page(session, product_id, visibility=visibility())
    if page is None or not may_see(page.card):
        if page is not None and page.card.status is Status.OFFLINE_PERMANENT:
            raise Withdrawn(f"product {product_id} is no longer sold")
        raise NotFound(f"there is no product {product_id}")
    return page
