"""Sitemap: what the public sees is in it, what is hidden leaves at once, and a host's own files stay the host's."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from xml.etree import ElementTree

import pytest
from flask import Flask

from marketplace_hooks import MarketplaceHooks
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.domain.instants import parse_instant
from marketplace_hooks.services.catalog import sitemap

from ...support.apps import close_app
from ...support.html_reader import Reader
from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ...support.page_head_reader import read_head

SITE = "http://localhost"
NAMESPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
Opens = Callable[..., Marketplace]


def locations(xml: str) -> list[str]:
    """The addresses of a sitemap, or of its index."""
    return [one.text or "" for one in ElementTree.fromstring(xml).iterfind(".//s:loc", NAMESPACE)]


def listed(marketplace: Marketplace, site: str = SITE) -> list[str]:
    """Every address of the sitemap, by way of its index."""
    reader = Reader(marketplace.app)
    parts = [reader.open(url.removeprefix(site)) for url in locations(reader.open("/sitemap.xml").text)]
    assert {part.status_code for part in parts} == {200}
    return [url for part in parts for url in locations(part.text)]


def subjects(marketplace: Marketplace) -> set[str]:
    """The products and packs of the sitemap."""
    return set(re.findall(r"/(?:products|packs)/([^?]+)\?", " ".join(listed(marketplace))))


def change(marketplace: Marketplace, id_: str, status: str, **more: str) -> None:
    marketplace.change_status(id_, status, **more)
    marketplace.run_all_now()


def test_a_hidden_product_and_its_packs_leave_at_once_and_come_back(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2", "mod-3")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    everything = {"mod-1", "mod-2", "mod-3", "pack-1"}
    assert subjects(marketplace) == everything
    reader = Reader(marketplace.app)
    cached = {part: reader.open(f"/sitemap-{part}-1.xml").headers["ETag"] for part in ("products", "packs")}
    change(marketplace, "mod-1", OFFLINE)
    assert subjects(marketplace) == {"mod-2", "mod-3"}
    again = reader.open("/sitemap-products-1.xml", If_None_Match=cached["products"])
    assert (again.status_code, again.headers["Cache-Control"]) == (200, "no-cache")
    assert reader.status("/sitemap-packs-1.xml") == 404
    change(marketplace, "mod-1", ONLINE)
    assert subjects(marketplace) == everything
    change(marketplace, "mod-1", WITHDRAWN)
    assert (subjects(marketplace), reader.status("/products/mod-1")) == ({"mod-2", "mod-3"}, 410)


def test_a_suspended_sellers_products_leave(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    marketplace.publish("seller.suspended", seller_id="seller-1", reason="unpaid")
    marketplace.run_all_now()
    assert subjects(marketplace) == set()


def test_a_withdrawn_pack_leaves_and_its_products_stay(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    change(marketplace, "pack-1", WITHDRAWN, kind="pack")
    assert subjects(marketplace) == {"mod-1", "mod-2"}


def test_every_address_is_the_canonical_one_of_a_page_that_is_there(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2", "a b&c<é>'%")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    found = listed(marketplace)
    assert len(found) == len(set(found))
    for url in found:
        answer = Reader(marketplace.app, "de").open(url.removeprefix(SITE))
        assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "all")
        head = read_head(answer.text)
        assert head.canonical == url
        assert set(head.alternates.values()) <= set(found)


def test_the_date_of_a_page_is_that_of_its_last_change(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")

    def dates() -> dict[str, datetime | None]:
        found = ElementTree.fromstring(Reader(marketplace.app).open("/sitemap-products-1.xml").text)
        pages = [[one.text or "" for one in page] for page in found]
        return {url.removeprefix(f"{SITE}/products/"): parse_instant(changed_at) for url, changed_at in pages}

    first = dates()
    assert list(first) == ["mod-1?lang=fr", "mod-1?lang=en", "mod-2?lang=fr", "mod-2?lang=en"]
    marketplace.publish("product.upserted", product_id="mod-1", title={"fr": "Galerie"})
    marketplace.run_all_now()
    changed_at = marketplace.product("mod-1").changed_at
    assert dates() == {**first, "mod-1?lang=fr": changed_at, "mod-1?lang=en": changed_at}
    assert changed_at > (first["mod-1?lang=fr"] or changed_at)


def test_many_products_are_in_parts_and_none_is_missing(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "PART", 2)
    marketplace.publish_products(*(f"mod-{number}" for number in range(5)))
    for number in range(3):
        marketplace.publish_pack(f"pack-{number}", "mod-0", f"mod-{number + 1}")
    reader = Reader(marketplace.app)
    parts = [re.sub(r".*/sitemap-|\.xml", "", url) for url in locations(reader.open("/sitemap.xml").text)]
    assert parts == ["pages-1", "products-1", "products-2", "products-3", "packs-1", "packs-2"]
    assert subjects(marketplace) == {*(f"mod-{number}" for number in range(5)), *(f"pack-{n}" for n in range(3))}
    assert [len(locations(reader.open(f"/sitemap-{part}.xml").text)) for part in parts[1:]] == [4, 4, 2, 4, 2]


@pytest.mark.parametrize(
    "part", ["pages-2", "products-2", "products-0", "products--1", "products-99999", "products-²", "x-1", "products-"]
)
def test_a_part_that_there_is_not_is_404(marketplace: Marketplace, part: str) -> None:
    marketplace.publish_products("mod-1")
    assert Reader(marketplace.app).status(f"/sitemap-{part}.xml") == 404
    assert Reader(marketplace.app).status(f"/sitemap-products-{'9' * 5000}.xml") == 404


def test_an_empty_catalogue_has_a_sitemap(marketplace: Marketplace) -> None:
    assert [url.removeprefix(SITE) for url in listed(marketplace)] == [
        *("/?lang=fr", "/?lang=en", "/about-inspections?lang=fr", "/about-inspections?lang=en")
    ]


# --- where it is


def test_robots_are_led_to_the_sitemap_behind_a_prefix_too(make_marketplace: Opens) -> None:
    site = "https://addons.example/shop"
    marketplace = make_marketplace(PUBLIC_URL=site)
    marketplace.publish_products("mod-1")
    answer = Reader(marketplace.app).open("/robots.txt")
    assert answer.content_type == "text/plain; charset=utf-8"
    lines = answer.text.splitlines()
    assert {"User-agent: *", "Disallow: /shop/language/", f"Sitemap: {site}/sitemap.xml"} <= set(lines)
    found = listed(marketplace, site)
    assert f"{site}/products/mod-1?lang=fr" in found
    assert all(url.startswith(f"{site}/") for url in found)


def test_a_host_keeps_its_own_robots_txt_and_sitemap(marketplace: Marketplace) -> None:
    host = Flask("host")
    host.config.update({name: text for name, text in marketplace.app.config.items() if name.startswith(PREFIX)})
    host.config[f"{PREFIX}URL_PREFIX"] = "/addons"
    MarketplaceHooks(host)
    client = host.test_client()
    assert [client.get(path).status_code for path in ("/robots.txt", "/sitemap.xml")] == [404, 404]
    assert client.get("/addons/robots.txt").status_code == 404
    parts = locations(client.get("/addons/sitemap.xml", base_url="https://host.example").text)
    assert parts == ["https://host.example/addons/sitemap-pages-1.xml"]
    close_app(host)


def test_at_its_root_a_host_has_the_sitemap_that_it_registers_first(marketplace: Marketplace) -> None:
    host = Flask("host")
    host.config.update({name: text for name, text in marketplace.app.config.items() if name.startswith(PREFIX)})
    host.add_url_rule("/sitemap.xml", "own", lambda: "the host's own")
    MarketplaceHooks(host)
    assert host.test_client().get("/sitemap.xml").text == "the host's own"
    assert host.test_client().get("/robots.txt").status_code == 404
    close_app(host)
