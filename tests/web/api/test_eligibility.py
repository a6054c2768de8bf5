"""Credentials of an eligibility check, from the call that brings them to their deletion; remarks in both languages."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from marketplace_hooks.database.types import Base
from marketplace_hooks.demo.fake_shops.model import DEMO_KEY
from marketplace_hooks.demo.fake_shops.server import ApiClient, FakeShop, Shop
from marketplace_hooks.models.inspections import Inspection, SiteCredential

from ...support.api_callers import Caller, MakeCaller
from ...support.customers import publish_refund, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.support_desk import PURCHASE

SECRETS = {"webservice_key": DEMO_KEY, "client_secret": "s3cret-of-the-client", "companion_key": "k3y-of-the-companion"}
CREDENTIALS = {**SECRETS, "client_id": "inspector"}


@pytest.fixture
def site() -> Iterator[FakeShop]:
    client = ApiClient(client_id="inspector", secret=SECRETS["client_secret"])
    with FakeShop(Shop(version="9.1.4", api_clients=[client], companion_key=SECRETS["companion_key"])).start() as shop:
        yield shop


@pytest.fixture
def marketplace(make_marketplace: Any, site: FakeShop) -> Marketplace:
    """A customer whose purchase is bound to the fake shop."""
    opened: Marketplace = make_marketplace(ALLOWED_NETWORKS="127.0.0.0/8", INSPECTION_DEADLINE_S=5)
    opened.publish_products("mod-1")
    set_up_purchase(opened, PURCHASE, shop_url=site.url)
    return opened


@pytest.fixture
def customer(calls: MakeCaller) -> Caller:
    return calls("customer", "customer-1")


def checks(customer: Caller, site: FakeShop, *, key: str | None = None) -> dict[str, Any]:
    """Ask for a check with every credential there is."""
    asked = {"purchase_id": PURCHASE, "shop_url": site.url, "credentials": CREDENTIALS}
    answer = customer.post("/eligibility", asked, key=key)
    assert answer.status_code == 202, answer.text
    content: dict[str, Any] = answer.get_json()
    return content


def submits(customer: Caller, site: FakeShop, check_id: str, **more: Any) -> dict[str, Any]:
    asked = {"purchase_id": PURCHASE, "subject": "Broken", "body": "Empty", "shop_url": site.url, "check_id": check_id}
    answer = customer.post("/support-requests", {**asked, **more})
    assert answer.status_code == 201, answer.text
    content: dict[str, Any] = answer.get_json()
    return content


def with_credentials(marketplace: Marketplace) -> set[str]:
    """The checks for which credentials are still kept."""
    query = select(Inspection.id).join(SiteCredential, SiteCredential.inspection_number == Inspection.number)
    return set(marketplace.all(query))


def everything_stored(marketplace: Marketplace) -> str:
    with marketplace.runtime.database.read_session() as session:
        rows = [row for table in Base.metadata.sorted_tables for row in session.execute(select(table)).all()]
    return repr([[bytes(value) if isinstance(value, memoryview) else value for value in row] for row in rows])


def test_what_a_customer_gives_by_a_call_stands_nowhere_in_the_clear(
    marketplace: Marketplace, customer: Caller, site: FakeShop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        started = checks(customer, site, key="once")
        again = checks(customer, site, key="once")
        marketplace.run_all_now()
        seen = customer.get(f"/eligibility/{started['check_id']}")
    assert again == started, "the answer, with the key shown only once, is given again to the same call"
    assert seen.get_json()["state"] == "done"
    assert [one for one in site.requests if "authorization" in one.headers], "the credentials were used"
    stored = everything_stored(marketplace)
    for secret in (*SECRETS.values(), started["report_key"]):
        assert secret not in stored
        assert secret not in caplog.text
        assert secret not in seen.text
        assert all(secret not in one.target for one in site.requests)


def test_they_are_kept_while_the_request_is_open_and_deleted_when_it_closes(
    marketplace: Marketplace, customer: Caller, site: FakeShop
) -> None:
    check_id = checks(customer, site)["check_id"]
    marketplace.run_all_now()
    request_id = submits(customer, site, check_id)["request_id"]
    assert with_credentials(marketplace) == {check_id}
    assert marketplace.all(select(SiteCredential.expires_at).distinct()) == [None]
    assert customer.post(f"/support-requests/{request_id}/withdrawal", {}).status_code == 200
    assert with_credentials(marketplace) == set()


def test_a_request_that_nobody_is_entitled_to_keeps_none(
    marketplace: Marketplace, customer: Caller, site: FakeShop
) -> None:
    check_id = checks(customer, site)["check_id"]
    publish_refund(marketplace, PURCHASE)
    marketplace.run_all_now()
    assert submits(customer, site, check_id)["handling"] == "not_entitled"
    assert with_credentials(marketplace) == set()


def test_a_request_attached_to_another_keeps_none_of_its_own(
    marketplace: Marketplace, customer: Caller, site: FakeShop
) -> None:
    first, second = (checks(customer, site)["check_id"] for _ in range(2))
    submits(customer, site, first, as_it_is=True)
    assert submits(customer, site, second)["handling"] == "closed"
    assert with_credentials(marketplace) == {first}


def test_a_better_check_takes_the_place_of_the_first_and_its_credentials(
    marketplace: Marketplace, customer: Caller, site: FakeShop
) -> None:
    first, second = (checks(customer, site)["check_id"] for _ in range(2))
    request_id = submits(customer, site, first)["request_id"]
    answer = customer.post(f"/support-requests/{request_id}/information", {"check_id": second})
    assert answer.status_code == 200, answer.text
    assert with_credentials(marketplace) == {second}
    assert marketplace.all(select(SiteCredential.expires_at).distinct()) == [None]


def test_a_second_look_after_mending_is_asked_for_by_a_call(
    marketplace: Marketplace, customer: Caller, site: FakeShop
) -> None:
    asked: dict[str, Any] = {"purchase_id": PURCHASE, "shop_url": site.url}

    def remarks(**more: bool) -> set[str]:
        started = customer.post("/eligibility", {**asked, **more}).get_json()
        marketplace.run_all_now()
        found = customer.get(f"/eligibility/{started['check_id']}").get_json()
        return {one["code"] for one in found["remarks"]}

    site.shop = Shop(version="9.1.4", maintenance=True)
    assert "in_maintenance" in remarks()
    site.shop = Shop(version="9.1.4")
    requests_before = len(site.requests)
    assert "in_maintenance" in remarks()
    assert len(site.requests) == requests_before
    assert "in_maintenance" not in remarks(fresh=True)
    assert len(site.requests) > requests_before


def test_why_something_stayed_unknown_is_told_in_both_languages(
    marketplace: Marketplace, customer: Caller, site: FakeShop
) -> None:
    asked = {"purchase_id": PURCHASE, "shop_url": site.url, "credentials": {"webservice_key": "Z" * 32}}
    check_id = customer.post("/eligibility", asked).get_json()["check_id"]
    assert customer.get(f"/eligibility/{check_id}").get_json()["remarks"] == []
    marketplace.run_all_now()
    remarks = customer.get(f"/eligibility/{check_id}").get_json()["remarks"]
    [refused] = [one for one in remarks if one["rung"] == "webservice"]
    assert (refused["code"], refused["about"]) == ("key_unknown", "platform_version")
    assert refused["request"] == f"GET {site.url}api/shop_urls?display=full"
    assert "does not recognize this webservice key" in refused["text"]["en"]
    assert "ne reconnaît pas cette clé" in refused["text"]["fr"]


def test_an_address_that_was_missing_is_checked_as_soon_as_it_is_given(
    marketplace: Marketplace, customer: Caller, site: FakeShop
) -> None:
    asked = {"purchase_id": PURCHASE, "subject": "Broken", "body": "Empty"}
    missing = customer.post("/support-requests", asked).get_json()
    assert missing["missing"] == ["shop_url", "platform_version"]
    path = f"/support-requests/{missing['request_id']}"
    given = customer.post(f"{path}/information", {"shop_url": site.url}).get_json()
    assert given["check_id"] is not None
    marketplace.run_all_now()
    known = customer.get(path).get_json()
    assert (known["handling"], known["missing"], known["clocks"]["fix"]["state"]) == ("accepted", [], "running")


def test_a_check_of_another_address_is_no_evidence_of_this_one(
    marketplace: Marketplace, customer: Caller, site: FakeShop
) -> None:
    """Both are the purchase's: its shop, and a test copy of it."""
    publish_binding(marketplace, "https://www.shop.example/")
    asked = {"purchase_id": PURCHASE, "declared": {"platform_version": "8.1.7"}}
    started = customer.post("/eligibility", {**asked, "shop_url": "https://staging.shop.example/"})
    check_id = started.get_json()["check_id"]
    marketplace.run_all_now()
    asked = {"purchase_id": PURCHASE, "check_id": check_id, "subject": "Broken"}
    found = []
    for host in ("www.shop.example", "staging.shop.example"):
        body = {**asked, "body": host, "shop_url": f"https://{host}/"}
        found.append(customer.post("/support-requests", body).get_json()["handling"])
    assert found == ["needs_information", "accepted"]


def publish_binding(marketplace: Marketplace, shop_url: str) -> None:
    marketplace.publish(
        "purchase.shop_bound", purchase_id=PURCHASE, shop_url=shop_url, bound_at=datetime.now(UTC).isoformat()
    )
    marketplace.run_all_now()
