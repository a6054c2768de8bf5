"""Structured data of public pages: what a product or pack is and costs, in the vocabulary of schema.org, as JSON-LD.

It says what the page says and nothing else: there are no ratings, because nobody has rated. A product is a `Product`
and no `SoftwareApplication`, which search engines refuse without ratings; its versions of PrestaShop are a property.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...services.catalog.cards import PackCard, ProductCard
from ...services.catalog.pages import PackPage, ProductPage
from ..i18n.language import gettext, wording
from ..labels.catalog import KINDS, category_label, version_range
from ..page_brand import PageBrand
from .page_addresses import page_address

LONGEST_DESCRIPTION = 5_000
"""What search engines read of a description."""


def site(name: str, language: str) -> dict[str, Any]:
    """The storefront, and the address at which it is searched."""
    home = page_address("mh_storefront.home", language)
    target = {"@type": "EntryPoint", "urlTemplate": f"{home}&q={{words}}"}
    return _graph(
        {
            "@type": "WebSite",
            "name": name,
            "url": home,
            "inLanguage": language,
            "potentialAction": {"@type": "SearchAction", "target": target, "query-input": "required name=words"},
        }
    )


def product(page: ProductPage, url: str, description: str) -> dict[str, Any]:
    """A product that the public sees, and the way to it."""
    card = page.card
    found: dict[str, Any] = {
        **_sold(card, _product_id(card.product_id), card.product_id, url),
        "alternateName": card.technical_name,
        "category": [str(KINDS[card.kind]), *map(category_label, card.categories)],
    }
    if text := description.strip():
        found["description"] = text[:LONGEST_DESCRIPTION]
    if picture := PageBrand().product_image_url(card):
        found["image"] = picture
    listing = page.listing
    if listing and (versions := version_range({"from": listing.compatible_from, "to": listing.compatible_to})):
        found["additionalProperty"] = {"@type": "PropertyValue", "name": "PrestaShop", "value": versions}
    steps = [(category_label(code), {"category": code}) for code in card.categories[:1]]
    return _graph(found, _trail(steps, found["name"], url))


def pack(page: PackPage, url: str, description: str) -> dict[str, Any]:
    """A pack that the public sees: one offer that includes its products."""
    card = page.card
    found = _sold(card, page_address("mh_storefront.pack", None, pack_id=card.pack_id), card.pack_id, url)
    found["description"] = description[:LONGEST_DESCRIPTION]
    found["offers"]["includesObject"] = [
        {"@type": "TypeAndQuantityNode", "amountOfThisGood": 1, "typeOfGood": {"@id": _product_id(one.product_id)}}
        for one in page.products
    ]
    return _graph(found, _trail([], found["name"], url))


def decimal_price(cents: int) -> str:
    """A price as machines read it."""
    return f"{cents // 100}.{cents % 100:02}"


def _sold(card: ProductCard | PackCard, id_: str, sku: str, url: str) -> dict[str, Any]:
    """What products and packs have in common. Only what is on sale has a public page, so it can be had at once."""
    return {
        "@type": "Product",
        "@id": id_,
        "name": wording().localized(card.title).plain,
        "sku": sku,
        "url": url,
        "brand": {"@type": "Brand", "name": card.seller_name},
        "offers": {
            "@type": "Offer",
            "url": url,
            "price": decimal_price(card.price_cents),
            "priceCurrency": card.currency,
            "availability": "https://schema.org/InStock",
            "seller": {"@type": "Organization", "name": card.seller_name},
        },
    }


def _product_id(product_id: str) -> str:
    """What names a product whatever the language of its page."""
    return page_address("mh_storefront.product", None, product_id=product_id)


def _trail(steps: Sequence[tuple[str, dict[str, str]]], name: str, url: str) -> dict[str, Any]:
    """The way from the catalogue to a page, as the page shows it."""
    language = wording().language
    home = [(gettext("Catalogue"), page_address("mh_storefront.home", language))]
    between = [(label, page_address("mh_storefront.home", language, **query)) for label, query in steps]
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": label, "item": address}
            for number, (label, address) in enumerate([*home, *between, (name, url)], start=1)
        ],
    }


def _graph(*things: dict[str, Any]) -> dict[str, Any]:
    return {"@context": "https://schema.org", "@graph": list(things)}
