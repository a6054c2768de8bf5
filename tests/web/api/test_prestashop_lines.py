"""What a check finds out on each line of PrestaShop, with and without a credential: as the table of the docs says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.server import FakeShop, Module, Shop

from ...support.api_callers import Caller, caller_of
from ...support.customers import set_up_purchase
from ...support.marketplace import Marketplace, open_marketplace, sample
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
def customer(sqlite_url: str, tmp_path: Path, site: FakeShop) -> Iterator[Caller]:
    """The customer of a product for every line, whose release has a manifest."""
    settings = {"ALLOWED_NETWORKS": "127.0.0.0/8", "INSPECTION_DEADLINE_S": 5, "CHECK_RATE_PER_MINUTE": 500}
    with open_marketplace(sqlite_url, tmp_path / "instance", **settings) as marketplace:
        listing = {
            **sample("product.upserted")["data"]["listing"],
            "technical_name": PRODUCT,
            "compatible_from": "1.6",
            "compatible_to": "9.9",
            "published_at": "2024-01-01T00:00:00+01:00",
        }
        marketplace.publish("seller.upserted", seller_id="seller-1")
        marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-1", listing=listing)
        manifest = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
        release = {"release_id": "rel-1", "product_id": "mod-1", "number": "2.1.0", "kind": "free", "fixes": []}
        marketplace.publish("release.published", **release, manifest=manifest)
        marketplace.run_all_now()
        set_up_purchase(marketplace, PURCHASE, shop_url=site.url)
        yield caller_of(marketplace, "customer", "customer-1")


def check(customer: Caller, site: FakeShop, given: dict[str, str]) -> dict[str, Any]:
    """The check of the shop as it stands, once it is done."""
    asked = {"purchase_id": PURCHASE, "shop_url": site.url, "fresh": True, "credentials": given}
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
