"""The catalogue is searched and narrowed by its address alone, and says what is asked for and how much was found."""

from __future__ import annotations

import re

import pytest

from ...support.html_reader import Reader, links
from ...support.marketplace import OFFLINE, Marketplace
from .test_catalog import describe

OLD = {"features": [], "compatible_from": "1.6", "compatible_to": "1.6.1.24", "published_at": "2026-03-02T09:00:00Z"}


@pytest.fixture
def shop(marketplace: Marketplace) -> Marketplace:
    """A gallery, and a cheap theme for old shops."""
    marketplace.publish_products("mod-1")
    theme = {"kind": "theme", "title": {"en": "Harbour", "fr": "Étiquettes"}, "technical_name": "harbour"}
    describe(marketplace, "mod-2", **theme, listing=OLD, price={"amount_cents": 1_990, "currency": "EUR"})
    return marketplace


def products(page: str) -> list[str]:
    return [link for link in links(page) if link.startswith("/products/")]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=tiquet", ["/products/mod-2"]),
        ("kind=theme", ["/products/mod-2"]),
        ("version=1.6", ["/products/mod-2"]),
        ("version=8.1.7", ["/products/mod-1"]),
        ("max_price=19,90", ["/products/mod-2"]),
        ("min_price=19.91", ["/products/mod-1"]),
        ("q=lumen&kind=module", ["/products/mod-1"]),
        ("kind=theme&version=8", []),
    ],
)
def test_products_are_narrowed_by_the_address(shop: Marketplace, query: str, found: list[str]) -> None:
    page = Reader(shop.app).open(f"/?{query}").text
    assert products(page) == found
    assert 'content="noindex"' in page


@pytest.mark.parametrize("query", ["kind=zoo", "version=x", "min_price=-1", "max_price=1e9", "max_price=9%C2%B2"])
def test_a_filter_that_is_not_valid_is_as_if_it_were_not_there(shop: Marketplace, query: str) -> None:
    assert products(Reader(shop.app).open(f"/?{query}").text) == ["/products/mod-1", "/products/mod-2"]


def test_the_page_says_how_many_were_found_and_each_filter_can_be_removed(shop: Marketplace) -> None:
    page = Reader(shop.app).open("/?q=lumen&kind=theme&version=1.6").text
    assert {"/?kind=theme&version=1.6#products", "/?q=lumen&version=1.6#products"} <= set(links(page))
    assert "1 product found." in Reader(shop.app).visible_text("/?kind=theme")
    assert "1 produit trouvé." in Reader(shop.app, "fr").visible_text("/?kind=theme")


def test_prices_are_those_of_one_currency_which_the_page_names(shop: Marketplace) -> None:
    page = Reader(shop.app).open("/?max_price=20").text
    assert "Maximum price (EUR)" in page
    assert 'name="currency"' not in page
    describe(shop, "mod-3", technical_name="m3", price={"amount_cents": 1_500, "currency": "USD"})
    page = Reader(shop.app).open("/?max_price=20").text
    assert products(page) == ["/products/mod-2"], "most products are sold in euros"
    assert re.findall(r'<option value="([A-Z]{3})"( selected)?>', page) == [("EUR", " selected"), ("USD", "")]
    assert "Price up to €20.00" in Reader(shop.app).visible_text("/?max_price=20")
    page = Reader(shop.app).open("/?max_price=20&currency=USD").text
    assert (products(page), "/?currency=USD&min_price" in page) == (["/products/mod-3"], False)
    assert "Price up to US$20.00" in Reader(shop.app).visible_text("/?max_price=20&currency=USD")
    assert products(Reader(shop.app).open("/?max_price=20&currency=JPY").text) == ["/products/mod-2"]
    every = ["/products/mod-1", "/products/mod-2", "/products/mod-3"]
    assert products(Reader(shop.app).open("/?currency=USD").text) == every, "a currency alone narrows nothing"
    for id_ in ("mod-1", "mod-2"):
        shop.change_status(id_, OFFLINE)
    shop.run_all_now()
    assert "Maximum price (USD)" in Reader(shop.app).open("/").text, "nothing is on sale in euros any more"


def test_a_typing_mistake_is_forgiven_and_said(shop: Marketplace) -> None:
    assert products(Reader(shop.app).open("/?q=etiqeuttes").text) == ["/products/mod-2"]
    assert "No exact match: these products contain similar words." in Reader(shop.app).visible_text("/?q=etiqeuttes")
    assert "No exact match" not in Reader(shop.app).visible_text("/?q=etiquettes")


def test_an_empty_result_says_what_to_try(shop: Marketplace) -> None:
    assert "Check the spelling" in Reader(shop.app).visible_text("/?q=xylophone")
    assert "Vérifiez l’orthographe" in Reader(shop.app, "fr").visible_text("/?q=xylophone")
    assert "Remove a filter above" in Reader(shop.app).visible_text("/?kind=theme&version=8")


def test_what_is_hidden_is_found_by_no_search_and_no_filter(shop: Marketplace) -> None:
    shop.change_status("mod-2", OFFLINE)
    shop.run_all_now()
    for query in ("q=tiquet", "q=etiqeuttes", "kind=theme", "version=1.6", "max_price=50"):
        page = Reader(shop.app).open(f"/?{query}")
        assert (page.status_code, products(page.text)) == (200, [])


@pytest.mark.parametrize(
    "words", ["a* OR b", '"', "NEAR(a b)", "-- ;", "(((", "a & !b", "\\' | x:*", "^lumen", "=is:pack"]
)
def test_operators_of_a_database_are_only_words(shop: Marketplace, words: str) -> None:
    answer = shop.app.test_client().get("/", query_string={"q": words})
    assert answer.status_code == 200
