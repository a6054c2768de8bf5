"""From a report on the site, or a look at it, to the ground with its evidence: API, pages and outgoing event.

The table of grounds and rule 20 of `rules.md`, from the door to the page, on both databases.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import time_machine

from marketplace_hooks.demo.fake_shops.companion import report
from marketplace_hooks.demo.fake_shops.server import FakeShop, Fault, Module, Shop
from marketplace_hooks.remote.companion_format import SIGNATURE_HEADER, sign_report
from marketplace_hooks.services.inspections import worker

from ...support.api_callers import Caller, MakeCaller
from ...support.customers import set_up_purchase
from ...support.marketplace import Marketplace, sample
from ...support.page_client import Page, browser_of
from ...support.support_desk import PURCHASE, REQUEST, clocks, publish_request, published_types, request

PRODUCT = "lumengallery"
FILES = {"lumengallery.php": b"<?php // main\n", "classes/Row.php": b"<?php // row\n", "readme.md": b"Read me\n"}
MANIFEST = {path: hashlib.sha256(content).hexdigest() for path, content in FILES.items()}
MAIL = {"path": "override/classes/Mail.php", "sha256": None, "modules": ["other"], "unmarked": 0}
OWN_CLASS = {"path": f"override/modules/{PRODUCT}/{PRODUCT}.php", "sha256": None, "modules": [], "unmarked": 2}
CORE_CLASS = {"path": "override/classes/Cart.php", "sha256": None, "modules": [], "unmarked": 2}
BROUGHT = {"path": "override/classes/Tools.php", "sha256": None, "modules": [PRODUCT], "unmarked": 0}


@pytest.fixture
def site() -> Iterator[FakeShop]:
    with FakeShop(Shop(version="8.1.7")).start() as shop:
        yield shop


@pytest.fixture
def marketplace(make_marketplace: Callable[..., Marketplace], site: FakeShop) -> Marketplace:
    """A product with a release's manifest, bought for the shop `site`."""
    opened = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", INSPECTION_DEADLINE_S=5)
    describe(opened, compatible_to="8.1")
    release = {"release_id": "rel-1", "product_id": "mod-1", "number": "1.0.0", "kind": "free", "fixes": []}
    opened.publish("release.published", **release, manifest=MANIFEST)
    set_up_purchase(opened, PURCHASE, shop_url=site.url)
    return opened


def describe(marketplace: Marketplace, *, compatible_to: str) -> None:
    listing = {
        **sample("product.upserted")["data"]["listing"],
        "compatible_to": compatible_to,
        "incompatible_modules": [{"name": "badmod", "from": "1.0", "to": "2.0"}],
        "conflicting_overrides": ["override/classes/Mail.php"],
        "published_at": "2024-01-01T00:00:00+01:00",
    }
    marketplace.publish("seller.upserted", seller_id="seller-1")
    marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-1", listing=listing)
    marketplace.run_all_now()


def post_report(
    marketplace: Marketplace,
    site: FakeShop,
    started: dict[str, Any],
    *,
    shop_part: dict[str, Any] | None = None,
    **facts: Any,
) -> int:
    """Post what a companion says of a shop of which `facts` are true, and apply it; return the status of the answer."""
    files = {**FILES, **facts.pop("changed", {})}
    present = {path: content for path, content in files.items() if content is not None}
    module = Module(name=PRODUCT, version=facts.pop("number", "1.0.0"), files=present)
    shop = replace(site.shop, modules=[module, *facts.pop("others", [])], **facts)
    content = report(shop, f"127.0.0.1:{site.port}", started["nonce"], PRODUCT)
    body = json.dumps({**content, "shop": shop_part or content["shop"]}).encode()
    headers = {SIGNATURE_HEADER: sign_report(body, started["report_key"]), "Content-Type": "application/json"}
    answer = Caller(marketplace.app).call(
        "POST", f"/inspections/{started['check_id']}/report", data=body, headers=headers
    )
    assert shop_part is not None or answer.status_code == 202, answer.text
    marketplace.run_all_now()
    return answer.status_code


def start_check(calls: MakeCaller, site: FakeShop) -> dict[str, Any]:
    asked = {"purchase_id": PURCHASE, "shop_url": site.url}
    started: dict[str, Any] = calls("customer", "customer-1").post("/eligibility", asked).get_json()
    return started


def send(calls: MakeCaller, site: FakeShop, check_id: str) -> str:
    asked = {"purchase_id": PURCHASE, "shop_url": site.url, "subject": "Export", "body": "It fails."}
    answer = calls("customer", "customer-1").post("/support-requests", {**asked, "check_id": check_id})
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["request_id"])


GROUNDS: list[Any] = [
    ({"changed": {"classes/Row.php": b"<?php // changed\n"}}, "source_modified", ["classes/Row.php"], "of the product"),
    ({"changed": {"classes/Hack.php": b"<?php\n"}}, "source_modified", ["classes/Hack.php"], "of the product"),
    ({"changed_core_files": ["classes/Product.php"]}, "source_modified", ["classes/Product.php"], "of PrestaShop"),
    ({"overrides": [OWN_CLASS]}, "conflicting_development", [OWN_CLASS["path"]], "not added by any module"),
    ({"overrides": [MAIL]}, "conflicting_development", [MAIL["path"]], "conflict"),
    ({"others": [Module(name="badmod", version="1.5.0")]}, "conflicting_development", ["badmod", "1.5.0"], "badmod"),
]


@pytest.mark.parametrize(("facts", "ground", "shown", "which"), GROUNDS)
def test_what_a_companion_reports_is_a_ground_with_its_evidence_wherever_it_is_read(
    marketplace: Marketplace,
    calls: MakeCaller,
    site: FakeShop,
    facts: dict[str, Any],
    ground: str,
    shown: list[str],
    which: str,
) -> None:
    started = start_check(calls, site)
    post_report(marketplace, site, started, **dict(facts))
    check = calls("customer", "customer-1").get(f"/eligibility/{started['check_id']}").get_json()
    assert (check["state"], check["grounds"]) == ("done", [ground])
    request_id = send(calls, site, started["check_id"])
    for role, subject in (("customer", "customer-1"), ("seller", "seller-1"), ("operator", None)):
        read = calls(role, subject).get(f"/support-requests/{request_id}")
        assert read.get_json()["grounds"] == [ground]
        assert all(text in read.text for text in shown), role
    form = browser_of(marketplace, "seller", "seller-1").get(f"/seller/requests/{request_id}/refusal").visible_text
    page = browser_of(marketplace, "customer", "customer-1").get(f"/support/{request_id}").visible_text
    for text in (form, page):
        assert all(one in text for one in shown)
    assert which in form


def shop_two(site: FakeShop, *, host: str | None = None) -> dict[str, Any]:
    """A report's word on the second shop of a multistore, which lives on a host of its own or in a folder."""
    own = f"127.0.0.1:{site.port}"
    second = {"domain": host or own, "path": "/" if host else "/b2b/", "id_shop": 2}
    addresses = [{"domain": own, "path": "/", "id_shop": 1}, second]
    return {"domain": second["domain"], "physical_uri": second["path"], "id_shop": 2, "addresses": addresses}


@pytest.mark.parametrize("host", [None, "b2b.example"])
def test_a_report_by_another_shop_of_the_multistore_is_refused_and_evidence_for_the_other_site(
    marketplace: Marketplace, calls: MakeCaller, site: FakeShop, host: str | None
) -> None:
    started = start_check(calls, site)
    marketplace.run_all_now()
    request_id = send(calls, site, started["check_id"])
    assert post_report(marketplace, site, started, shop_part=shop_two(site, host=host)) == 400
    assert request(marketplace, request_id).grounds == ["other_merchant_site"]
    assert published_types(marketplace, request_id) == ["accepted", "checked"]
    words = "shop 2 instead of shop 1"
    page = browser_of(marketplace, "seller", "seller-1").get(f"/seller/requests/{request_id}").visible_text
    assert words in page
    assert "companion" in page
    check = calls("customer", "customer-1").get(f"/eligibility/{started['check_id']}").get_json()
    assert check["grounds"] == ["other_merchant_site"]
    [evidence] = [one["evidence"] for one in check["checks"] if one["name"] == "merchant_site"]
    assert (evidence["reported_shop"], evidence["rung"], evidence["strength"]) == (2, "companion", "declared_checked")
    assert post_report(marketplace, site, started) == 202
    assert request(marketplace, request_id).grounds == []


def test_a_companion_shows_that_the_address_asked_for_is_another_shop_than_the_bound_one(
    marketplace: Marketplace, calls: MakeCaller, site: FakeShop
) -> None:
    asked = {"purchase_id": PURCHASE, "shop_url": f"{site.url}b2b/"}
    started = calls("customer", "customer-1").post("/eligibility", asked).get_json()
    assert post_report(marketplace, site, started, shop_part=shop_two(site)) == 202
    check = calls("customer", "customer-1").get(f"/eligibility/{started['check_id']}").get_json()
    assert check["grounds"] == ["other_merchant_site"]
    [evidence] = [one["evidence"] for one in check["checks"] if one["name"] == "merchant_site"]
    assert (evidence["asked_shop"], evidence["bound_shop"], evidence["rung"]) == (2, 1, "companion")


REMARKS: list[Any] = [
    {},
    {"changed": {"readme.md": None}},
    {"changed": {"classes/Row.php": FILES["classes/Row.php"].replace(b"\n", b"\r\n")}},
    {"changed": {"config_fr.xml": b"<module/>", "logs/export.log": b"x", "mails/de/order.txt": b"x"}},
    {"changed": {"classes/Row.php": b"<?php // changed\n"}, "number": "0.9.9"},
    {"changed_core_files": ["modules/ps_banner/ps_banner.php", "img/logo.png"]},
    {"overrides": [CORE_CLASS, BROUGHT]},
    {"overrides": [OWN_CLASS], "version": "1.6.0.9"},
    {"others": [Module(name="badmod", version="1.5.0", enabled=False)]},
]


@pytest.mark.parametrize("facts", REMARKS)
def test_what_proves_nothing_is_no_ground(
    marketplace: Marketplace, calls: MakeCaller, site: FakeShop, facts: dict[str, Any]
) -> None:
    started = start_check(calls, site)
    post_report(marketplace, site, started, **dict(facts))
    check = calls("customer", "customer-1").get(f"/eligibility/{started['check_id']}").get_json()
    assert check["state"] == "done"
    assert set(check["grounds"]) <= {"platform_version_incompatible"}


def test_a_report_that_comes_after_the_request_adds_its_ground_and_both_sides_are_told(
    marketplace: Marketplace, calls: MakeCaller, site: FakeShop
) -> None:
    started = start_check(calls, site)
    marketplace.run_all_now()
    request_id = send(calls, site, started["check_id"])
    post_report(marketplace, site, started, changed_core_files=["classes/Cart.php"])
    assert request(marketplace, request_id).grounds == ["source_modified"]
    assert published_types(marketplace, request_id) == ["accepted", "checked"]


# --- requests that arrive as events


@pytest.mark.parametrize(("compatible_to", "grounds"), [("8.0", ["platform_version_incompatible"]), ("8.2", [])])
def test_a_request_by_event_is_accepted_at_once_and_its_site_inspected(
    marketplace: Marketplace, calls: MakeCaller, site: FakeShop, compatible_to: str, grounds: list[str]
) -> None:
    describe(marketplace, compatible_to=compatible_to)
    set_up_purchase(marketplace, "purchase-2", shop_url=site.url)
    publish_request(marketplace, purchase_id="purchase-2", shop_url=site.url)
    found = request(marketplace)
    assert (found.handling, found.grounds, found.missing) == ("accepted", grounds, [])
    assert clocks(marketplace) == {"acknowledgement": "running", "fix": "running"}
    assert published_types(marketplace) == ["accepted", "checked"]
    [checked] = [one for one in marketplace.outgoing(REQUEST, "support_request") if one.type.endswith(".checked")]
    assert (checked.data["grounds"], checked.data["check_id"]) == (grounds, found.check_id)
    assert checked.data["added_grounds"] == grounds
    for role, subject in (("customer", "customer-1"), ("seller", "seller-1"), ("operator", None)):
        assert "8.1.7" in calls(role, subject).get(f"/support-requests/{REQUEST}").text


def test_another_host_than_the_bound_one_is_left_alone(
    marketplace: Marketplace, site: FakeShop, calls: MakeCaller
) -> None:
    set_up_purchase(marketplace, "purchase-2", shop_url="https://bound.example")
    publish_request(marketplace, purchase_id="purchase-2", shop_url=site.url)
    assert request(marketplace).grounds == ["other_merchant_site"]
    assert published_types(marketplace) == ["accepted"]
    assert site.requests == []


def test_a_site_that_nobody_can_reach_refuses_nobody_and_what_stayed_unknown_is_on_record(
    marketplace: Marketplace, site: FakeShop
) -> None:
    site.stop()
    publish_request(marketplace, shop_url=site.url)
    found = request(marketplace)
    assert (found.handling, found.grounds, found.missing) == ("accepted", [], ["platform_version"])
    assert published_types(marketplace) == ["accepted", "checked"]


def test_a_second_request_about_the_same_site_uses_what_was_just_found(
    marketplace: Marketplace, site: FakeShop
) -> None:
    publish_request(marketplace, shop_url=site.url)
    asked = len(site.requests)
    publish_request(marketplace, "request-2", shop_url=site.url)
    assert len(site.requests) == asked
    assert published_types(marketplace, "request-2") == ["accepted", "checked"]


def test_a_second_look_asks_anew_and_what_was_found_serves_an_hour_at_most_and_the_same_purchase_alone(
    make_marketplace: Callable[..., Marketplace], site: FakeShop, clock: time_machine.Traveller
) -> None:
    opened = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", INSPECTION_REUSE_S=3600)
    opened.publish_products("mod-1")
    clock.move_to("2026-03-02T10:00:00Z", tick=True)
    set_up_purchase(opened, PURCHASE, shop_url=site.url)
    set_up_purchase(opened, "purchase-2", customer_id="customer-2", shop_url=site.url)

    def requests_of_a_form(customer: str = "customer-1", purchase: str = PURCHASE, *, after: str | None = None) -> int:
        before = len(site.requests)
        browser = browser_of(opened, "customer", customer)
        if after is None:
            browser.get(f"/support/new?purchase={purchase}")
            browser.post("/support/new", subject="The gallery is empty", body=f"Since the update. {before}")
        else:
            browser.get(after)
            browser.post(f"{after}/again")
        path = browser.page.path
        opened.run_all_now()
        shown.append(browser.get(path))
        return len(site.requests) - before

    shown: list[Page] = []
    site.shop = Shop(version="1.7.8.11", maintenance=True)
    assert requests_of_a_form() > 0
    assert "in maintenance" in shown[-1].visible_text
    site.shop = Shop(version="1.7.8.11")
    assert requests_of_a_form(after=shown[-1].path) > 0
    assert "in maintenance" not in shown[-1].visible_text
    assert requests_of_a_form() == 0
    assert "PrestaShop 1.7.8.11" in shown[-1].visible_text
    assert requests_of_a_form("customer-2", "purchase-2") > 0
    clock.move_to("2026-03-02T11:00:30Z", tick=True)
    assert requests_of_a_form() > 0


def test_what_was_asked_so_far_is_read_while_the_check_still_runs(
    marketplace: Marketplace, calls: MakeCaller, site: FakeShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "WRITE_EVERY_S", 0.0)
    site.shop = Shop(version="8.1.7", fault=Fault.SLOW, fault_under="/modules/", pause_s=0.005)
    browser = browser_of(marketplace, "customer", "customer-1")
    browser.get(f"/support/new?purchase={PURCHASE}")
    browser.post("/support/new", subject="The gallery is empty", body="Since the update.")
    path = browser.page.path
    check_id = path.rpartition("/")[2]
    seen: list[tuple[str, list[dict[str, Any]], str]] = []

    def read_meanwhile(findings: object) -> None:
        answer = calls("customer", "customer-1").get(f"/eligibility/{check_id}").get_json()
        seen.append((answer["state"], answer["exchanges"], browser.get(path).visible_text))

    assert worker.inspect_now(marketplace.runtime, check_id, "worker", on_findings=read_meanwhile)
    during = [(exchanges, text) for state, exchanges, text in seen if state == "running" and exchanges]
    assert during
    exchanges, text = during[-1]
    assert [(one["request"], one["status"]) for one in exchanges] == [(f"GET {site.url}", 200)]
    assert f"GET {site.url}" in text
    assert "Response 200 · text/html" in text


def test_a_ground_that_was_waived_is_not_proposed_again_by_a_later_report(
    marketplace: Marketplace, calls: MakeCaller, site: FakeShop
) -> None:
    started = start_check(calls, site)
    marketplace.run_all_now()
    request_id = send(calls, site, started["check_id"])
    waived = calls("seller", "seller-1").post(f"/support-requests/{request_id}/waiver", {"ground": "source_modified"})
    assert waived.status_code == 200, waived.text
    post_report(marketplace, site, started, changed_core_files=["classes/Cart.php"])
    assert request(marketplace, request_id).grounds == []
