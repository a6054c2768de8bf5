"""What a check finds out on each line of PrestaShop, with and without a credential: as the table of the docs says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.server import FakeShop, Module, Shop, ShopUrl

from ...support.api_callers import Caller, caller_of
from ...support.customers import set_up_purchase
from ...support.marketplace import Marketplace, open_marketplace, sample
from ...support.page_client import browser_of
from ...support.source_tree import ROOT
from ...support.support_desk import PURCHASE

PRODUCT = "lumengallery"
FILES = {"lumengallery.php": b"<?php // main\n"}
LINES = {"1.6": "1.6.1.24", "1.7": "1.7.8.11", "8": "8.2.1", "9": "9.1.4"}
GIVEN: dict[str, dict[str, str]] = {
    "without anything": {},
    "webservice key": {"webservice_key": DEMO_KEY},
    "Admin API client": {"client_id": "inspector", "client_secret": "demo-secret"},
    "companion module": {"companion_key": "k"},
}
WORDS = {
    "platform_version": "version",
    "product_installed": "product",
    "conflicting_development": "other modules and overrides",
    "sources": "product’s files",
    "platform_sources": "PrestaShop’s files",
}


@pytest.fixture
def site() -> Iterator[FakeShop]:
    with FakeShop(Shop()).start() as shop:
        yield shop


@pytest.fixture
def opened(sqlite_url: str, tmp_path: Path, site: FakeShop) -> Iterator[Marketplace]:
    """A product for every line, whose release has a manifest, bought for the shop `site`."""
    settings = {"ALLOWED_NETWORKS": "127.0.0.0/8", "INSPECTION_DEADLINE_S": 5, "CHECK_RATE_PER_MINUTE": 500}
    with open_marketplace(sqlite_url, tmp_path / "instance", **settings) as marketplace:
        listing = {
            **sample("product.upserted")["data"]["listing"],
            "technical_name": PRODUCT,
            "compatible_from": "1.6",
            "compatible_to": "9.9",
            "incompatible_modules": [],
            "conflicting_overrides": [],
            "published_at": "2024-01-01T00:00:00+01:00",
        }
        marketplace.publish("seller.upserted", seller_id="seller-1")
        marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-1", listing=listing)
        manifest = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
        release = {"release_id": "rel-1", "product_id": "mod-1", "number": "2.1.0", "kind": "free", "fixes": []}
        marketplace.publish("release.published", **release, manifest=manifest)
        marketplace.run_all_now()
        set_up_purchase(marketplace, PURCHASE, shop_url=site.url)
        yield marketplace


@pytest.fixture
def customer(opened: Marketplace) -> Caller:
    return caller_of(opened, "customer", "customer-1")


def check(customer: Caller, site: FakeShop, given: dict[str, str], *, purchase: str = PURCHASE) -> dict[str, Any]:
    """The check of the shop as it stands, once it is done."""
    asked = {"purchase_id": purchase, "shop_url": site.url, "fresh": True, "credentials": given}
    started = customer.post("/eligibility", asked)
    assert started.status_code == 202, started.text
    Marketplace(customer.app).run_all_now()
    found: dict[str, Any] = customer.get(f"/eligibility/{started.get_json()['check_id']}").get_json()
    assert found["state"] == "done"
    return found


def stated() -> dict[str, dict[str, str]]:
    """The table of `docs/inspection.md`: line of PrestaShop → what was given → what is known."""
    lines = (ROOT / "docs" / "inspection.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in one.strip("|").split("|")] for one in lines if one.startswith("| PrestaShop ")]
    return {name.removeprefix("PrestaShop "): dict(zip(GIVEN, cells, strict=True)) for name, *cells in rows}


def known(found: dict[str, Any]) -> str:
    """What a check knows, in the words of the table; a healthy shop fails none of its checks."""
    results = {WORDS[one["name"]]: one["result"] for one in found["checks"] if one["name"] in WORDS}
    assert set(results) == set(WORDS.values())
    assert "fail" not in results.values()
    passed = [name for name in WORDS.values() if results[name] == "pass"]
    return "everything" if len(passed) == len(WORDS) else ", ".join(passed)


def test_each_line_answers_what_the_table_says_and_a_healthy_shop_passes_all_with_the_companion(
    customer: Caller, site: FakeShop
) -> None:
    table = stated()
    assert set(table) == set(LINES)
    for line, version in LINES.items():
        module = Module(name=PRODUCT, version="2.1.0", files=FILES, on_front=False)
        site.shop = Shop(version=version, modules=[module], companion_key="k")
        for name, given in GIVEN.items():
            if table[line][name] == "there is none":
                assert not site.shop.is_since("9")
                continue
            found = check(customer, site, given)
            assert (known(found), found["outcome"]) == (table[line][name], "accepted"), (line, name)


def test_a_fork_is_named_and_its_companion_tells_everything_but_a_version_and_files_of_prestashop(
    customer: Caller, site: FakeShop
) -> None:
    module = Module(name=PRODUCT, version="2.1.0", files=FILES, on_front=False)
    site.shop = Shop(version="1.6.1.23", cookie_prefix="QloApps-", modules=[module], companion_key="k")
    for given in (GIVEN["without anything"], GIVEN["companion module"]):
        found = check(customer, site, given)
        assert (found["outcome"], found["missing"], found["grounds"]) == ("needs_information", ["platform_version"], [])
        assert any("QloApps" in one["text"]["en"] for one in found["remarks"])
    assert known(found) == "product, other modules and overrides, product’s files"


def test_a_webservice_key_shows_that_the_address_asked_for_is_another_shop_than_the_bound_one(
    opened: Marketplace, customer: Caller, site: FakeShop
) -> None:
    set_up_purchase(opened, "purchase-2", shop_url=f"{site.url}b2b/")
    site.shop = Shop(further_urls=[ShopUrl(shop_id=2, domain=f"127.0.0.1:{site.port}", virtual_uri="b2b/")])
    found = check(customer, site, GIVEN["webservice key"], purchase="purchase-2")
    assert (found["outcome"], found["grounds"]) == ("refusable", ["other_merchant_site"])
    [evidence] = [one["evidence"] for one in found["checks"] if one["name"] == "merchant_site"]
    assert (evidence["asked_shop"], evidence["bound_shop"], evidence["rung"]) == (1, 2, "webservice")
    asked = {"purchase_id": "purchase-2", "shop_url": site.url, "subject": "Export", "body": "It fails."}
    sent = customer.post("/support-requests", {**asked, "check_id": found["check_id"]}).get_json()
    page = browser_of(opened, "seller", "seller-1").get(f"/seller/requests/{sent['request_id']}").visible_text
    assert "Another shop in the same installation, according to the shop." in page


def test_a_product_that_lists_no_incompatibility_is_said_to_list_none(customer: Caller, site: FakeShop) -> None:
    found = check(customer, site, {})
    asked = {"purchase_id": PURCHASE, "shop_url": site.url, "subject": "Export", "body": "It fails."}
    sent = customer.post("/support-requests", {**asked, "check_id": found["check_id"]}).get_json()
    page = browser_of(Marketplace(customer.app), "customer", "customer-1").get(f"/support/{sent['request_id']}")
    assert "lists no known incompatibility" in page.visible_text
    assert "Some modules and overrides are" not in page.visible_text
