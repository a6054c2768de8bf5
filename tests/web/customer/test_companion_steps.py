"""The companion on the page of a check: its download, its hash, the code to paste, and who sees it and when."""

from __future__ import annotations

import hashlib
import html
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
import time_machine

from marketplace_hooks.demo.fake_shops.companion import report
from marketplace_hooks.demo.fake_shops.server import FakeShop, Module, Shop
from marketplace_hooks.remote.companion_format import SIGNATURE_HEADER, sign_report
from marketplace_hooks.services.inspections.requests import forget_expired

from ...support.api_callers import Caller
from ...support.customers import set_up_purchase
from ...support.html_reader import Reader
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import PURCHASE

CODE = re.compile(r'id="report_code"[^>]* value="([^"]*)"')
SHAPE = re.compile(r"(\S+)(/api/v1/inspections/(chk_[0-9a-f]{32})/report)#([0-9a-f]{32})\.([\w-]{43})\.(\w*)")


@pytest.fixture
def site() -> Iterator[FakeShop]:
    with FakeShop(Shop(version="8.1.7", modules=[Module(name="lumengallery")])).start() as shop:
        yield shop


@pytest.fixture
def marketplace(make_marketplace: Any, clock: time_machine.Traveller, site: FakeShop) -> Marketplace:
    """A product that was bought for the shop `site`."""
    opened: Marketplace = make_marketplace(
        ALLOWED_NETWORKS="127.0.0.0/8", INSPECTION_DEADLINE_S=5, PUBLIC_URL="https://addons.example/"
    )
    opened.publish_products("mod-1")
    clock.move_to("2026-03-02T10:00:00Z", tick=True)
    set_up_purchase(opened, PURCHASE, shop_url=site.url)
    return opened


@pytest.fixture
def customer(marketplace: Marketplace) -> Browser:
    """On the page of a check that is done."""
    browser = browser_of(marketplace, "customer", "customer-1")
    browser.get(f"/support/new?purchase={PURCHASE}")
    browser.post("/support/new", subject="The gallery is empty", body="Since the update.")
    path = browser.page.path
    marketplace.run_all_now()
    browser.get(path)
    return browser


def shown_code(browser: Browser) -> re.Match[str]:
    found = CODE.search(browser.page.text)
    assert found is not None
    code = SHAPE.fullmatch(html.unescape(found[1]))
    assert code is not None, found[1]
    return code


def test_the_page_of_a_check_gives_the_module_its_hash_and_three_sentences(customer: Browser) -> None:
    words = customer.page.visible_text
    for sentence in ("Download the companion module", "paste this report code", "Then reload this page"):
        assert sentence in words
    archive = Reader(customer.app).open("/companion.zip")
    with customer.app.test_client() as client:
        again = client.get("/companion.zip", headers={"If-None-Match": archive.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert archive.content_type == "application/zip"
    assert 'filename="marketplacecompanion.zip"' in archive.headers["Content-Disposition"]
    sha256 = hashlib.sha256(archive.data).hexdigest()
    assert sha256 in words
    assert Reader(customer.app).open("/companion.zip.sha256").text == f"{sha256}  marketplacecompanion.zip\n"
    with zipfile.ZipFile(BytesIO(archive.data)) as opened:
        assert "marketplacecompanion/marketplacecompanion.php" in opened.namelist()
    assert 'href="/companion.zip"' in customer.page.text


def test_what_only_a_key_or_the_companion_can_tell_is_one_optional_line(customer: Browser) -> None:
    names = "Other modules and developments, Source files of the product, Source files of PrestaShop"
    assert f"Optional, not checked: {names}" in customer.page.visible_text
    assert "Nothing stands against your request" in customer.page.visible_text


def post(marketplace: Marketplace, code: re.Match[str], content: dict[str, Any], *, key: str | None = None) -> int:
    """Post a report as a companion does that was given this code; return the status of the answer."""
    body = json.dumps(content).encode()
    headers = {SIGNATURE_HEADER: sign_report(body, key or code[5]), "Content-Type": "application/json"}
    path = code[2].removeprefix("/api/v1")
    return Caller(marketplace.app).call("POST", path, data=body, headers=headers).status_code


def test_the_code_leads_a_report_to_the_check_once(customer: Browser, marketplace: Marketplace, site: FakeShop) -> None:
    code = shown_code(customer)
    assert code[1] == "https://addons.example"
    assert code[3] in customer.page.path
    assert post(marketplace, code, report(site.shop, f"127.0.0.1:{site.port}", code[4], code[6])) == 202
    assert "report_code" not in customer.get(customer.page.path).text


def test_a_signed_report_that_is_refused_says_why_on_the_page_until_a_good_one_comes(
    customer: Browser, marketplace: Marketplace, site: FakeShop
) -> None:
    code = shown_code(customer)
    path = customer.page.path
    good = report(site.shop, f"127.0.0.1:{site.port}", code[4], code[6])
    foreign = {**good, "shop": {**good["shop"], "domain": "other.example"}}
    assert post(marketplace, code, foreign, key="a key of nobody") == 401
    assert "What stood out" not in customer.get(path).visible_text
    assert [post(marketplace, code, foreign) for _ in range(2)] == [400, 400]
    words = customer.get(path).visible_text
    assert words.count("speaks of another shop") == 1
    assert "Nothing stands against your request" in words
    assert post(marketplace, code, good) == 202
    assert "speaks of another shop" not in customer.get(path).visible_text


def test_nobody_else_sees_the_code(customer: Browser, marketplace: Marketplace) -> None:
    key = shown_code(customer)[5]
    path = customer.page.path
    for role, subject in (("customer", "customer-2"), ("seller", "seller-1"), ("operator", "operator-1")):
        assert key not in browser_of(marketplace, role, subject).get(path).text
    assert key not in Reader(marketplace.app).open(path).text


def test_once_the_key_is_deleted_no_code_is_shown(
    customer: Browser, marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    path = customer.page.path
    clock.move_to("2026-03-04T10:00:00Z", tick=True)
    assert marketplace.runtime.database.retrying(lambda session: forget_expired(session, datetime.now(UTC))) > 0
    page = browser_of(marketplace, "customer", "customer-1").get(path)
    assert "report_code" not in page.text
    assert "companion.zip" not in page.text
