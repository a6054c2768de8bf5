"""Heads of public pages: what search engines and previews of links read of a page, beside its text.

A page without a head here is listed by no search engine: `finish_page` says `noindex` of every other one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, make_response, render_template

from ...models.products import ProductKind
from ...services.catalog.pages import PackPage, ProductPage
from ..assets import asset_url
from ..i18n.language import gettext, ngettext, wording
from ..labels.catalog import category_label, versions
from ..page_brand import PageBrand
from ..urls import published_url
from . import structured_data
from .excerpts import excerpt
from .page_addresses import alternates, page_address

LONGEST_DESCRIPTION = 300
NAMES_SHOWN = 4
LOCALES = {"fr": "fr_FR", "en": "en_GB"}


@dataclass(frozen=True, kw_only=True)
class PageHead:
    """The title of a page, its description, its address in each language, its picture, and its structured data."""

    title: str
    description: str
    canonical: str
    alternates: Sequence[tuple[str, str]]
    image: str
    kind: str = "website"
    price: tuple[str, str] | None = None
    data: dict[str, Any] | None = None

    @property
    def locale(self) -> str:
        """The language of the page, as previews of links write it."""
        return LOCALES[wording().language]

    @property
    def other_locales(self) -> list[str]:
        return [locale for locale in LOCALES.values() if locale != self.locale]


def public_page(name: str, page_head: PageHead | None, **context: Any) -> Response:
    """A page of the storefront by the name of its template; search engines may list it if it has a head."""
    template = f"marketplace_hooks/storefront/{name}.html"
    response = make_response(render_template(template, page_head=page_head, **context))
    if page_head is not None:
        response.headers["X-Robots-Tag"] = "all"
    return response


def product_head(page: ProductPage) -> PageHead:
    """The head of a product's page."""
    card = page.card
    name = wording().localized(card.title).plain
    if card.kind is ProductKind.THEME:
        title = gettext("%(name)s, theme for PrestaShop", name=name)
    else:
        title = gettext("%(name)s, module for PrestaShop", name=name)
    text = wording().localized(page.description)
    announced = versions(page.listing.compatible_from, page.listing.compatible_to) if page.listing else None
    facts = [excerpt(text).plain, announced, *_price_facts(card.price_cents, card.currency)]
    return _head(
        "mh_storefront.product",
        title,
        _joined(facts),
        {"product_id": card.product_id},
        image=PageBrand().product_image_url(card),
        kind="product",
        price=(structured_data.decimal_price(card.price_cents), card.currency),
        data=structured_data.product(page, _own("mh_storefront.product", product_id=card.product_id), text.plain),
    )


def pack_head(page: PackPage, apart_cents: int | None) -> PageHead:
    """The head of a pack's page."""
    card = page.card
    name = wording().localized(card.title).plain
    names = [wording().localized(one.title).plain for one in page.products[:NAMES_SHOWN]]
    count = ngettext("%(count)s product", "%(count)s products", card.size)
    saved = (apart_cents or 0) - card.price_cents
    facts = [gettext("You save %(amount)s", amount=wording().money(saved, card.currency))] if saved > 0 else []
    shown = f"{', '.join(names)}{'…' if card.size > len(names) else ''}"
    description = _joined([count, shown, *facts, *_price_facts(card.price_cents, card.currency)])
    return _head(
        "mh_storefront.pack",
        ngettext(
            "%(name)s: %(count)s product for PrestaShop",
            "%(name)s: %(count)s products for PrestaShop",
            card.size,
            name=name,
        ),
        description,
        {"pack_id": card.pack_id},
        kind="product",
        price=(structured_data.decimal_price(card.price_cents), card.currency),
        data=structured_data.pack(page, _own("mh_storefront.pack", pack_id=card.pack_id), description),
    )


def catalogue_head(category: str | None, **places: str | None) -> PageHead:
    """The head of a page of the catalogue, or of one category; `places` say which page of a list it is."""
    description = gettext(
        "Modules and themes for your PrestaShop shop, each with its compatible versions, its price and 12 months of "
        "support from its seller."
    )
    title = gettext("Modules and themes for PrestaShop")
    is_first = category is None and not any(places.values())
    if category is not None:
        title = gettext("%(category)s: modules and themes for PrestaShop", category=category_label(category))
        description = f"{category_label(category)}. {description}"
    data = structured_data.site(PageBrand().name, wording().language) if is_first else None
    return _head("mh_storefront.home", title, description, {"category": category, **places}, data=data)


def inspections_head() -> PageHead:
    """The head of the page about inspections, which is searched for by the name in a shop's log."""
    description = gettext("Who inspects your shop, what is requested, why and how often, and how to stop it.")
    return _head("mh_storefront.about_inspections", gettext("Our inspections of shops"), description, {})


def _head(
    endpoint: str, title: str, description: str, values: dict[str, Any], *, image: str | None = None, **more: Any
) -> PageHead:
    return PageHead(
        title=title,
        description=description,
        canonical=_own(endpoint, **values),
        alternates=alternates(endpoint, **values),
        image=image or published_url(asset_url("social-card.png")),
        **more,
    )


def _own(endpoint: str, **values: Any) -> str:
    """The address of a page in the language that this request is answered in."""
    return page_address(endpoint, wording().language, **values)


def _price_facts(cents: int, currency: str) -> list[str]:
    if not cents:
        return [gettext("Free")]
    return [wording().money(cents, currency), gettext("12 months of Business Care included")]


def _joined(facts: Sequence[str | None]) -> str:
    """Facts in one line; the longest line that somebody would read."""
    line = " · ".join(fact for fact in facts if fact)
    return line if len(line) <= LONGEST_DESCRIPTION else f"{line[: LONGEST_DESCRIPTION - 1].rstrip()}…"
