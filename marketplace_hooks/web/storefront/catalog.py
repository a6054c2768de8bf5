"""Storefront pages: the catalogue, a product, a pack.

What is hidden answers 404, and 410 once it is withdrawn for good (`rules.md` 5, 6), but for those who may see it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response

from ...database.text_search import folded
from ...domain.catalog.statuses import Status
from ...services.catalog import card_details, lists, pages
from ...services.catalog.cards import PackCard, ProductCard
from ...services.catalog.lists import Page
from ...services.catalog.pages import PackPage, ProductPage
from ...services.support.closures import shown_closures
from ..error_pages import refuse
from ..i18n.language import address_language
from ..identity.authorization import audience, may_see, visibility
from ..labels.business_care import banner_context
from ..labels.catalog import KINDS, category_label, version_range, versions
from ..labels.statuses import HELD_BY, SCHEDULED_TO, WITHDRAWN_BY
from ..list_pages import is_id, query_text
from ..state import current_runtime
from .artwork import artwork
from .blueprint import blueprint
from .catalog_filters import LONGEST_ID, read_filters
from .excerpts import excerpt, paragraphs
from .ownership import may_ask_before_buying, owned_by_reader
from .page_heads import catalogue_head, pack_head, product_head, public_page

PRODUCTS_SHOWN = 24
PACKS_SHOWN = 8
CLOSURES_SHOWN = 5


@blueprint.context_processor
def template_context() -> dict[str, Any]:
    return {
        **banner_context(),
        "address_language": address_language(),
        "artwork": artwork,
        "category_label": category_label,
        "excerpt": excerpt,
        "held_by": HELD_BY,
        "kinds": KINDS,
        "paragraphs": paragraphs,
        "version_range": version_range,
        "scheduled": SCHEDULED_TO,
        "versions": versions,
        "withdrawn_by": WITHDRAWN_BY,
    }


@blueprint.get("/")
@audience()
def home() -> Response:
    """The catalogue: what is searched for, or everything, by pages; and the packs."""
    after = query_text("after", LONGEST_ID)
    packs_after = query_text("packs_after", LONGEST_ID)
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        filters = read_filters(lists.find_currencies(session))
        products = lists.find_products(
            session,
            search=filters.q,
            category=filters.category,
            properties=filters.properties,
            best_first=True,
            after=after,
            limit=PRODUCTS_SHOWN,
        )
        packs = Page[PackCard]()
        if not (filters.category or filters.is_narrowed):
            packs = lists.find_packs(session, search=filters.q, best_first=True, after=packs_after, limit=PACKS_SHOWN)
        categories = lists.find_categories(session)
        announced = card_details.read_announcements(
            session, [card.product_id for card in products.items], runtime.now()
        )
        contents = card_details.read_pack_contents(session, [card.pack_id for card in packs.items])
    is_listed = not (filters.q or filters.is_narrowed) and bool(products.items or not (filters.category or after))
    return public_page(
        "home",
        catalogue_head(filters.category, after=after, packs_after=packs_after) if is_listed else None,
        filters=filters,
        search=filters.q,
        category=filters.category,
        categories=sorted(((category_label(code), code) for code in categories), key=lambda one: folded(one[0])),
        products=products,
        announced=announced,
        packs=packs,
        contents=contents,
        is_first=after is None,
    )


@blueprint.get("/products/<product_id>")
@audience()
def product(product_id: str) -> Response:
    """What a product's listing announces, and the packs that contain it."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        page = pages.product_page(session, product_id, visibility=visibility()) if is_id(product_id) else None
        if page is None or not may_see(page.card):
            return _refuse("product", page)
        contents = card_details.read_pack_contents(session, [card.pack_id for card in page.packs])
        releases = card_details.latest_releases(session, product_id, runtime.now())
        closures = shown_closures(session, page.card.seller_id, runtime.now(), runtime.settings)
        return public_page(
            "product",
            product_head(page) if page.card.visible else None,
            page=page,
            card=page.card,
            contents=contents,
            releases=releases,
            closures=closures[:CLOSURES_SHOWN],
            is_insider=_is_insider(page.card),
            owned=owned_by_reader(session, product_id),
            may_ask=page.card.visible and may_ask_before_buying(),
        )


@blueprint.get("/packs/<pack_id>")
@audience()
def pack(pack_id: str) -> Response:
    """What is in a pack, and what it saves."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        page = pages.pack_page(session, pack_id) if is_id(pack_id) else None
        if page is None or not may_see(page.card):
            return _refuse("pack", page)
        announced = card_details.read_announcements(session, [card.product_id for card in page.products], runtime.now())
    apart_cents = _apart(page)
    return public_page(
        "pack",
        pack_head(page, apart_cents) if page.card.visible else None,
        page=page,
        card=page.card,
        announced=announced,
        apart_cents=apart_cents,
        is_insider=_is_insider(page.card),
    )


def _is_insider(card: ProductCard | PackCard) -> bool:
    """Whether the reader is told who holds it and what is scheduled: whoever would see the page if it were hidden."""
    return may_see(replace(card, visible=False))


def _refuse(what: str, page: ProductPage | PackPage | None) -> Response:
    """404 for what is not there now, whether it ever was or not; 410 for what will never come back."""
    withdrawn = page is not None and page.card.status is Status.OFFLINE_PERMANENT
    return refuse(410 if withdrawn else 404, "marketplace_hooks/storefront/unavailable.html", what=what)


def _apart(page: PackPage) -> int | None:
    """What the products of a pack cost one by one, in its currency; None when they are not all sold in it."""
    if any(card.currency != page.card.currency for card in page.products):
        return None
    return sum(card.price_cents for card in page.products)
