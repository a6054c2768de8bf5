"""Heads of public pages: titles, languages, canonical addresses, structured data, previews, and what is not listed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.config.settings import PREFIX

from ...support.apps import close_app
from ...support.html_reader import Reader, links, signed_in
from ...support.marketplace import OFFLINE, SECRET_KEY, WITHDRAWN, Marketplace
from ...support.page_client import browser_of
from ...support.page_head_reader import Head, data_faults, read_head

SITE = "https://addons.example"
Opens = Callable[..., Marketplace]


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest) -> str:
    """One database: heads are made of what pages show, and those are tested on both."""
    return str(request.getfixturevalue("sqlite_url"))


@pytest.fixture
def shop(make_marketplace: Opens) -> Marketplace:
    marketplace = make_marketplace(PUBLIC_URL=SITE, SECRET_KEY=SECRET_KEY)
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.set_up_pack("pack-1", "mod-1", "mod-2")
    return marketplace


def head_of(marketplace: Marketplace, path: str, language: str = "en") -> Head:
    return read_head(Reader(marketplace.app, language).open(path).text)


# --- languages


@pytest.mark.parametrize("path", ["/", "/?category=Media", "/products/mod-1", "/packs/pack-1", "/about-inspections"])
def test_each_language_of_a_page_has_an_address_of_its_own(shop: Marketplace, path: str) -> None:
    seen = {}
    for language in ("fr", "en"):
        head = head_of(shop, path, language)
        assert head.canonical == head.alternates[language]
        assert head.alternates["x-default"] == head.alternates["fr"]
        assert set(head.alternates) == {"fr", "en", "x-default"}
        assert head.canonical.startswith(SITE + path.partition("?")[0])
        # A reader of the other language, who has even chosen it, is shown what the address says.
        other = Reader(shop.app, "fr" if language == "en" else "en")
        other.open("/language/fr" if language == "en" else "/language/en")
        answer = other.open(head.canonical.removeprefix(SITE))
        assert f'<html lang="{language}">' in answer.text
        assert answer.headers["Content-Language"] == language
        assert read_head(answer.text).canonical == head.canonical
        seen[language] = head.alternates
    assert seen["fr"] == seen["en"]


def test_links_between_public_pages_keep_the_language_of_the_address(shop: Marketplace) -> None:
    reader = Reader(shop.app, "fr")
    page = reader.open("/?lang=en").text
    [to_product] = [link for link in links(page) if link.startswith("/products/mod-1")]
    assert to_product == "/products/mod-1?lang=en"
    assert '<input type="hidden" name="lang" value="en">' in page
    assert '<html lang="en">' in reader.open(to_product).text
    [to_sign_in] = [link for link in links(page) if link.startswith("/sign-in")]
    assert "lang=en" not in to_sign_in.partition("?")[0]


def test_a_language_that_is_chosen_is_not_overruled_by_the_address_one_comes_from(shop: Marketplace) -> None:
    reader = Reader(shop.app, "fr")
    page = reader.open("/products/mod-1?lang=fr&from=a%26b").text
    [switch] = [link for link in links(page) if "/language/en" in link]
    answer = reader.open(switch)
    assert answer.headers["Location"] == "/products/mod-1?from=a%26b"
    assert '<html lang="en">' in reader.open(answer.headers["Location"]).text


@pytest.mark.parametrize("asked", ["xx", "", "EN-us", "%00", "fr&lang=en", "x" * 5000])
def test_any_language_in_the_address_is_a_page(shop: Marketplace, asked: str) -> None:
    answer = Reader(shop.app, "en").open(f"/products/mod-1?lang={asked}")
    assert answer.status_code == 200
    assert read_head(answer.text).canonical in (f"{SITE}/products/mod-1?lang={one}" for one in ("fr", "en"))


# --- titles and descriptions


def test_titles_and_descriptions_say_what_the_page_is(shop: Marketplace) -> None:
    shop.publish("product.upserted", product_id="mod-1", kind="theme", price={"amount_cents": 0, "currency": "EUR"})
    shop.run_all_now()
    heads = {path: head_of(shop, path) for path in ("/", "/?category=seo", "/products/mod-1", "/packs/pack-1")}
    product = head_of(shop, "/products/mod-2", "fr")
    assert product.title == "Galerie Lumen, module PrestaShop · Marketplace"
    assert heads["/products/mod-1"].title == "Lumen Gallery, theme for PrestaShop · Marketplace"
    assert heads["/packs/pack-1"].title == "Image pack: 2 products for PrestaShop · Marketplace"
    described = product.meta["description"].replace("\u202f", " ").replace("\xa0", " ")
    assert described.endswith("· PrestaShop 1.7.6.0 à 8.2.99 · 99,00 € · 12 mois de Business Care inclus")
    assert heads["/products/mod-1"].meta["description"].endswith("· Free")
    descriptions = [head.meta["description"] for head in (*heads.values(), product) if head.canonical]
    assert len(set(descriptions)) == len(descriptions)
    assert max(map(len, descriptions)) <= 300


def test_previews_have_a_title_a_text_an_address_and_a_picture_that_is_there(shop: Marketplace) -> None:
    head = head_of(shop, "/products/mod-1", "fr")
    assert head.meta["og:url"] == head.canonical
    assert head.meta["og:title"] == "Galerie Lumen, module PrestaShop"
    assert head.meta["og:description"] == head.meta["description"]
    assert (head.meta["og:locale"], head.meta["twitter:card"]) == ("fr_FR", "summary_large_image")
    assert (head.meta["product:price:amount"], head.meta["product:price:currency"]) == ("99.00", "EUR")
    picture = Reader(shop.app).open(head.meta["og:image"].removeprefix(SITE))
    assert (picture.status_code, picture.content_type) == (200, "image/png")


# --- structured data


def test_structured_data_says_what_a_product_is_and_costs(shop: Marketplace) -> None:
    head = head_of(shop, "/products/mod-1")
    assert [fault for document in head.data for fault in data_faults(document)] == []
    [product] = head.things("Product")
    assert product["name"] == "Lumen Gallery"
    assert product["url"] == head.canonical
    assert product["offers"] == {
        "@type": "Offer",
        "availability": "https://schema.org/InStock",
        "price": "99.00",
        "priceCurrency": "EUR",
        "seller": {"@type": "Organization", "name": "Atelier Lumen"},
        "url": head.canonical,
    }
    assert product["additionalProperty"]["value"] == "1.7.6.0 to 8.2.99"
    [trail] = head.things("BreadcrumbList")
    assert [step["name"] for step in trail["itemListElement"]] == ["Catalogue", "Front office", "Lumen Gallery"]


def test_structured_data_of_a_pack_includes_its_products(shop: Marketplace) -> None:
    head = head_of(shop, "/packs/pack-1", "fr")
    assert [fault for document in head.data for fault in data_faults(document)] == []
    [pack] = head.things("Product")
    inside = [one["typeOfGood"]["@id"] for one in pack["offers"]["includesObject"]]
    assert inside == [head_of(shop, f"/products/{one}").things("Product")[0]["@id"] for one in ("mod-1", "mod-2")]
    assert (pack["offers"]["price"], pack["offers"]["priceCurrency"]) == ("149.00", "EUR")


def test_the_first_page_says_how_the_site_is_searched(shop: Marketplace) -> None:
    head = head_of(shop, "/")
    assert [fault for document in head.data for fault in data_faults(document)] == []
    [site] = head.things("WebSite")
    search = site["potentialAction"]["target"]["urlTemplate"].replace("{words}", "lumen").removeprefix(SITE)
    assert "/products/mod-1?lang=en" in links(Reader(shop.app, "fr").open(search).text)


def test_the_rules_for_structured_data_find_faults() -> None:
    thing: dict[str, Any] = {"@type": "Product", "name": " ", "aggregateRating": {"@type": "Rating"}, "sku": "x"}
    faults = data_faults({"@context": "https://schema.org", "@graph": [thing]})
    assert faults == [
        "Product has no offers",
        "Product has no property aggregateRating",
        "'Rating' is no type that is used here",
        "Product: ' ' is no name",
    ]


def test_what_sellers_write_never_ends_the_script_element(shop: Marketplace) -> None:
    evil = "</script><script>alert(1)</script><!-- \u2028 ' \" & ]]>"
    texts = {"title": {"fr": evil}, "description": {"fr": evil}, "technical_name": evil, "categories": [evil]}
    shop.publish("seller.upserted", name=evil)
    shop.publish("product.upserted", product_id="mod-1", **texts)
    shop.publish("pack.upserted", pack_id="pack-1", product_ids=["mod-1", "mod-2"], title={"fr": evil})
    shop.run_all_now()
    for path in ("/products/mod-1", "/packs/pack-1"):
        page = Reader(shop.app, "fr").open(path).text
        scripts = re.findall(r"(?s)<script.*?</script>", page)
        assert len(scripts) == 1
        [product] = read_head(page).things("Product")
        assert product["name"].replace("\u202f", " ") == json.loads(json.dumps(evil))
        assert data_faults(read_head(page).data[0]) == []


# --- what is not listed


def test_only_what_the_public_finds_is_listed(shop: Marketplace) -> None:
    shop.publish_products("gone", "away")
    shop.change_status("gone", WITHDRAWN)
    shop.change_status("away", OFFLINE)
    shop.run_all_now()
    listed = ["/", "/?category=Media", "/products/mod-1", "/packs/pack-1", "/about-inspections"]
    unlisted = {
        "/?q=lumen": 200,
        "/?category=nothing-has-it": 200,
        "/?after=zzzz": 200,
        "/products/gone": 410,
        "/products/away": 404,
        "/products/unknown": 404,
        "/sign-in": 503,
        "/signed-out": 200,
        "/times": 200,
        "/seller": 303,
        "/account": 303,
        "/operator": 303,
    }
    reader = Reader(shop.app)
    for path in listed:
        answer = reader.open(path)
        assert answer.headers["X-Robots-Tag"] == "all"
        assert 'name="robots"' not in answer.text
    for path, status in unlisted.items():
        answer = reader.open(path)
        head = read_head(answer.text)
        assert (path, answer.status_code, answer.headers["X-Robots-Tag"]) == (path, status, "noindex")
        assert (head.canonical, head.data, head.alternates) == (None, [], {})
        assert "None" not in head.title
        if answer.status_code != 303:
            assert head.meta["robots"] == "noindex"


def test_private_areas_and_hidden_pages_are_not_listed_for_those_who_see_them_either(shop: Marketplace) -> None:
    for role, subject, path in (
        ("seller", "seller-1", "/seller"),
        ("customer", "customer-1", "/account"),
        ("operator", None, "/operator"),
    ):
        page = browser_of(shop, role, subject).get(path)
        assert (page.status, page.answer.headers["X-Robots-Tag"]) == (200, "noindex")
        assert read_head(page.text).meta["robots"] == "noindex"
    shop.change_status("mod-1", OFFLINE)
    shop.run_all_now()
    answer = signed_in(shop, "operator").open("/products/mod-1")
    assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "noindex")
    assert (read_head(answer.text).data, read_head(answer.text).canonical) == ([], None)


# --- behind a prefix, and in a host


def test_behind_a_stripped_prefix_every_address_is_the_published_one(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(PUBLIC_URL=f"{SITE}/shop")
    marketplace.publish_products("mod-1")
    head = head_of(marketplace, "/products/mod-1")
    [product] = head.things("Product")
    assert head.canonical == product["url"] == f"{SITE}/shop/products/mod-1?lang=en"
    assert head.meta["og:image"].startswith(f"{SITE}/shop/mh-static/")
    assert [url.startswith(f"{SITE}/shop/") for url in head.alternates.values()] == [True] * 3


@pytest.mark.parametrize(("public_url", "site"), [(None, "https://host.example"), (SITE, SITE)])
def test_in_a_host_addresses_are_those_of_its_site(shop: Marketplace, public_url: str | None, site: str) -> None:
    host = Flask("host")
    host.config.update({name: text for name, text in shop.app.config.items() if name.startswith(PREFIX)})
    host.config[f"{PREFIX}URL_PREFIX"] = "/addons"
    host.config.pop(f"{PREFIX}PUBLIC_URL")
    if public_url:
        host.config[f"{PREFIX}PUBLIC_URL"] = public_url
    MarketplaceHooks(host)
    page = host.test_client().get("/addons/products/mod-1?lang=en", base_url="https://host.example").text
    head = read_head(page)
    assert head.canonical == f"{site}/addons/products/mod-1?lang=en"
    assert {url.partition("/addons/")[0] for url in head.alternates.values()} == {site}
    close_app(host)
