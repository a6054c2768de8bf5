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

from ...support.api_callers import Caller, caller_of
from ...support.customers import set_up_purchase
from ...support.html_reader import Reader
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import PURCHASE
from .test_check_results import sends

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
    names = "Other modules and custom code, Source files of the product, Source files of PrestaShop"
    assert f"Optional, not checked: {names}" in customer.page.visible_text
    assert "Your request is ready to send" in customer.page.visible_text


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


LARGE = {"files": {"module": "lumengallery", "entries": {f"{n}.php": {"sha256": "0" * 64} for n in range(20_001)}}}
MARKUP = [{"name": "<script>alert(1)</script>", "installed": True, "enabled": True}]
OUTSIDE = {"files": {"module": "lumengallery", "entries": {"../config/settings.inc.php": {"sha256": "0" * 64}}}}
REFUSED: list[tuple[dict[str, Any], int, str, str]] = [
    ({"shop": {"domain": "other.example"}}, 400, "report_of_another_shop", "is about a different shop"),
    ({"nonce": "0" * 32}, 400, "report_not_fresh", "was not made for this check"),
    (OUTSIDE, 422, "report_malformed", "cannot be read"),
    ({"modules": MARKUP}, 422, "report_malformed", "cannot be read"),
    (LARGE, 413, "report_too_large", "is too large to be read"),
]


def test_a_report_that_is_refused_says_why_on_the_page_and_in_the_api_until_a_good_one_comes(
    customer: Browser, marketplace: Marketplace, site: FakeShop
) -> None:
    shown = shown_code(customer)
    path = customer.page.path
    good = report(site.shop, f"127.0.0.1:{site.port}", shown[4], shown[6])
    assert post(marketplace, shown, good, key="a key of nobody") == 401
    assert "What we noticed" not in customer.get(path).visible_text
    api = caller_of(marketplace, "customer", "customer-1")
    for changes, status, code, words in REFUSED:
        assert [post(marketplace, shown, {**good, **changes}) for _ in range(2)] == [status, status]
        text = customer.get(path).visible_text
        assert text.count(f"Companion module: The companion’s report {words}") == 1
        assert text.count(f"Companion module report refused · The companion’s report {words}") == 1
        assert "<script>alert" not in customer.page.text
        assert "PrestaShop 8.1.7, one of the advertised versions" in text
        assert "Your request is ready to send" in text
        answer = api.get(f"/eligibility/{shown[3]}").get_json()
        assert code in [one["code"] for one in answer["remarks"] if one["rung"] == "companion"]
        assert code in [one["note"] for one in answer["exchanges"] if one["took_ms"] is None]
    assert post(marketplace, shown, good) == 202
    text = customer.get(path).visible_text
    assert "Companion module report received" in text
    assert not any(words in text for _, _, _, words in REFUSED)


def test_a_report_signed_with_the_key_of_the_customers_other_check_says_so(
    customer: Browser, marketplace: Marketplace, site: FakeShop
) -> None:
    older = shown_code(customer)
    customer.post(f"{customer.page.path}/again")
    path = customer.page.path
    marketplace.run_all_now()
    customer.get(path)
    code = shown_code(customer)
    assert code[3] != older[3]
    good = report(site.shop, f"127.0.0.1:{site.port}", code[4], code[6])
    assert post(marketplace, code, good, key=older[5]) == 400
    assert "The companion’s report was not made for this check" in customer.get(path).visible_text


def test_a_late_report_says_so_on_the_page_of_its_request(
    customer: Browser, marketplace: Marketplace, site: FakeShop
) -> None:
    code = shown_code(customer)
    sent = sends(customer, marketplace)
    customer.post(f"/support/{sent.id}/withdraw")
    marketplace.run_all_now()
    good = report(site.shop, f"127.0.0.1:{site.port}", code[4], code[6])
    assert [post(marketplace, code, good) for _ in range(2)] == [404, 404]
    words = "Companion module report refused · A companion’s report arrived after this check had ended"
    assert customer.get(f"/support/{sent.id}").visible_text.count(words) == 1
    for role, subject in (("customer", "customer-1"), ("seller", "seller-1"), ("operator", None)):
        for path in (f"/support-requests/{sent.id}", f"/support-requests/{sent.id}/file"):
            exchanges = caller_of(marketplace, role, subject).get(path).get_json()["exchanges"]
            assert exchanges[-1]["note"] == "report_late"
            assert "GET " in exchanges[0]["request"]
    assert words in browser_of(marketplace, "customer", "customer-1").get(f"/support/{sent.id}/file").visible_text


def test_nobody_else_sees_the_code(customer: Browser, marketplace: Marketplace) -> None:
    key = shown_code(customer)[5]
    path = customer.page.path
    for role, subject in (("customer", "customer-2"), ("seller", "seller-1"), ("operator", "operator-1")):
        assert key not in browser_of(marketplace, role, subject).get(path).text
    assert key not in Reader(marketplace.app).open(path).text


def test_once_the_key_is_deleted_no_code_is_shown_and_a_report_is_late(
    customer: Browser, marketplace: Marketplace, site: FakeShop, clock: time_machine.Traveller
) -> None:
    code = shown_code(customer)
    path = customer.page.path
    clock.move_to("2026-03-04T10:00:00Z", tick=True)
    assert marketplace.runtime.database.retrying(lambda session: forget_expired(session, datetime.now(UTC))) > 0
    browser = browser_of(marketplace, "customer", "customer-1")
    assert "report_code" not in browser.get(path).text
    assert "companion.zip" not in browser.page.text
    assert post(marketplace, code, report(site.shop, f"127.0.0.1:{site.port}", code[4], code[6])) == 404
    assert "A companion’s report arrived after this check had ended" in browser.get(path).visible_text
