"""Catalogue labels: kinds of products, categories, ranges of versions.

Categories are the marketplace's own. Those that it is known to use are translated and have a picture; any other is
shown as the marketplace writes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...models.products import ProductKind
from ..i18n.language import LazyText, gettext, lazy

CATEGORIES: dict[str, LazyText] = {
    "analytics": lazy("Analytics and reports"),
    "catalogue": lazy("Catalogue"),
    "checkout": lazy("Cart and checkout"),
    "customer-service": lazy("Customer service"),
    "email": lazy("Emails"),
    "invoicing": lazy("Invoices"),
    "marketing": lazy("Marketing"),
    "payment": lazy("Payment"),
    "performance": lazy("Performance"),
    "promotions": lazy("Promotions"),
    "reviews": lazy("Reviews"),
    "security": lazy("Security"),
    "seo": lazy("SEO"),
    "shipping": lazy("Shipping"),
    "stock": lazy("Stock"),
    "themes": lazy("Themes"),
    "translation": lazy("Languages"),
}

KINDS = {ProductKind.MODULE: lazy("Module"), ProductKind.THEME: lazy("Theme")}


def category_label(category: str) -> str:
    """The category in the reader's language."""
    known = CATEGORIES.get(category)
    return category if known is None else str(known)


def versions(first: str | None, last: str | None) -> str | None:
    """The announced versions of PrestaShop, both bounds included; None when the listing names none."""
    if first and last:
        return gettext("PrestaShop %(first)s to %(last)s", first=first, last=last) if first != last else _only(first)
    if first:
        return gettext("PrestaShop %(first)s and later", first=first)
    return gettext("PrestaShop up to %(last)s", last=last) if last else None


def version_range(bounds: Mapping[str, str | None] | None) -> str | None:
    """The versions between two bounds (`from`, `to`), both included; None where neither is named."""
    first = (bounds or {}).get("from")
    last = (bounds or {}).get("to")
    if first and last:
        return gettext("%(first)s to %(last)s", first=first, last=last)
    if first:
        return gettext("%(first)s and later", first=first)
    return gettext("up to %(last)s", last=last) if last else None


def _only(version: str) -> str:
    return gettext("PrestaShop %(version)s", version=version)
