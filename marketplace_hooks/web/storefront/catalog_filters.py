"""Filters of the catalogue: what its address asks for, as the services read it, and as links that leave one out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from ...domain.search.version_spans import searched_span
from ...models.products import ProductKind
from ...services.catalog.search import Narrowing
from ..i18n.language import address_language, gettext, wording
from ..labels.catalog import KINDS, category_label
from ..list_pages import query_text

LONGEST_SEARCH = 100
LONGEST_ID = 100
LINES = ("1.6", "1.7", "8", "9")
"""Versions of PrestaShop to choose from; an address may name any other."""
_PRICE = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?\Z", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class CatalogFilters:
    """What is searched for, and the properties that it is narrowed by: texts of the address, each valid or None.

    Prices are those of `currency`, or, without it, of the first of `currencies`: that of most products.
    """

    q: str | None = None
    category: str | None = None
    kind: str | None = None
    version: str | None = None
    min_price: str | None = None
    max_price: str | None = None
    currency: str | None = None
    currencies: Sequence[str] = ()

    @property
    def properties(self) -> Narrowing:
        """What the services narrow by."""
        return Narrowing(
            kind=ProductKind(self.kind) if self.kind else None,
            versions=searched_span(self.version or ""),
            lowest_cents=_cents(self.min_price),
            highest_cents=_cents(self.max_price),
            currency=self.price_currency if self.is_by_price else None,
        )

    @property
    def is_by_price(self) -> bool:
        """Whether the price narrows the list."""
        return bool(self.min_price or self.max_price)

    @property
    def price_currency(self) -> str | None:
        """The currency of the prices that are asked for; None while nothing is on sale."""
        return self.currency or next(iter(self.currencies), None)

    @property
    def is_narrowed(self) -> bool:
        """Whether a form field narrows the list; a category is a link."""
        return bool(self.kind or self.version or self.is_by_price)

    @property
    def parameters(self) -> Mapping[str, str]:
        """All that is asked for, as parameters of an address."""
        asked = {name: value for name, value in vars(self).items() if value and name != "currencies"}
        if not self.is_by_price:
            asked.pop("currency", None)
        return asked

    @property
    def version_options(self) -> Sequence[tuple[str, str]]:
        """The versions to choose from, and the one that is asked for."""
        lines = LINES if self.version is None or self.version in LINES else (*LINES, self.version)
        return [("", gettext("Any version")), *((line, f"PrestaShop {line}") for line in lines)]

    @property
    def kind_options(self) -> Sequence[tuple[str, str]]:
        """The kinds to choose from."""
        return [("", gettext("Modules and themes")), *((kind.value, str(label)) for kind, label in KINDS.items())]

    @property
    def currency_options(self) -> Sequence[tuple[str, str]]:
        """The currencies to choose from."""
        return [(code, code) for code in self.currencies]

    def url(self, **changes: str | None) -> str:
        """The address of the catalogue with these filters, some of them changed or left out (None)."""
        wanted = {**self.parameters, "lang": address_language(), **changes}
        asked: dict[str, Any] = {name: value for name, value in wanted.items() if value}
        return url_for("mh_storefront.home", **asked)

    def active(self) -> list[tuple[str, str]]:
        """Each filter in words, with the address without it."""
        words: dict[str, str | None] = {
            "q": self.q and gettext("“%(words)s”", words=self.q),
            "category": self.category and category_label(self.category),
            "kind": self.kind and str(KINDS[ProductKind(self.kind)]),
            "version": self.version and f"PrestaShop {self.version}",
            "min_price": self.min_price and gettext("Price from %(amount)s", amount=self._money(self.min_price)),
            "max_price": self.max_price and gettext("Price up to %(amount)s", amount=self._money(self.max_price)),
        }
        return [(text, self.url(**{name: None})) for name, text in words.items() if text]

    def _money(self, price: str) -> str:
        return wording().money(_cents(price) or 0, self.price_currency) if self.price_currency else price


def read_filters(currencies: Sequence[str]) -> CatalogFilters:
    """The filters of the address; what is not valid is as if it were not there. `currencies` are those on sale."""
    currency = request.args.get("currency", "").strip()
    given: dict[str, Any] = {name: request.args.get(name, "").strip() for name in ("kind", "version")}
    prices = {name: request.args.get(name, "").strip() for name in ("min_price", "max_price")}
    return CatalogFilters(
        q=query_text("q", LONGEST_SEARCH),
        category=query_text("category", LONGEST_ID),
        kind=given["kind"] if given["kind"] in list(ProductKind) else None,
        version=given["version"] if searched_span(given["version"]) else None,
        currency=currency if currency in currencies else None,
        currencies=currencies,
        **{name: text if _PRICE.match(text) else None for name, text in prices.items()},
    )


def _cents(price: str | None) -> int | None:
    found = _PRICE.match(price or "")
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else None
