"""What a request waits for from the marketplace: a payment or a site, and the event that brings it. `rules.md` 20."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from ...support.api_callers import Caller, MakeCaller
from ...support.customers import SHOP, publish_renewal, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import ACKNOWLEDGEMENT, PURCHASE, clock_of, clocks, now, published_types, request

DAY = timedelta(days=1)
DECLARED = {"platform_version": "8.1.7"}
RUNNING = {"acknowledgement": "running", "fix": "running"}


@pytest.fixture
def customer(calls: MakeCaller) -> Caller:
    return calls("customer", "customer-1")


@pytest.fixture
def pending(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A purchase whose renewal of Friday 6 March 2026 was claimed and is not paid yet."""
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace, PURCHASE, purchased_at="2025-03-05T09:00:00Z")
    clock.shift(4 * DAY)
    marketplace.run_all_now()
    clock.shift(DAY / 24)
    return marketplace


@pytest.fixture
def unbound(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A purchase that is linked to no shop."""
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace, PURCHASE, shop_url=None)
    clock.shift(DAY / 24)
    return marketplace


def submit(customer: Caller, **more: Any) -> str:
    asked = {"purchase_id": PURCHASE, "subject": "Broken", "body": "Empty", "shop_url": SHOP}
    answer = customer.post("/support-requests", {**asked, **more})
    assert (answer.status_code, answer.get_json()["handling"]) == (201, "needs_information"), answer.text
    request_id: str = answer.get_json()["request_id"]
    return request_id


def bind(marketplace: Marketplace) -> None:
    marketplace.publish("purchase.shop_bound", purchase_id=PURCHASE, shop_url=SHOP, bound_at=now())
    marketplace.run_all_now()


def test_the_payment_that_a_request_waits_for_starts_its_clocks(
    pending: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    request_id = submit(customer, declared=DECLARED)
    assert request(pending, request_id).missing == ["payment"]
    clock.shift(DAY)
    publish_renewal(pending, PURCHASE, 2)
    found = request(pending, request_id)
    assert (found.handling, found.missing, clocks(pending, request_id)) == ("accepted", [], RUNNING)
    assert (found.entitlement["code"], found.checks[0]["result"]) == ("VALID", "pass")
    assert clock_of(pending, ACKNOWLEDGEMENT, request_id).started_at == found.submitted_at + DAY
    assert published_types(pending, request_id)[:2] == ["needs_information", "accepted"]


def test_what_the_customer_adds_after_the_payment_completes_the_request(
    pending: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    request_id = submit(customer)
    assert request(pending, request_id).missing == ["payment", "platform_version"]
    clock.shift(DAY)
    publish_renewal(pending, PURCHASE, 2)
    assert (request(pending, request_id).handling, request(pending, request_id).missing) == (
        "needs_information",
        ["platform_version"],
    )
    page = browser_of(pending, "customer", "customer-1")
    page.get(f"/support/{request_id}")
    page.post(f"/support/{request_id}/information", platform_version="8.1.7")
    assert (request(pending, request_id).handling, clocks(pending, request_id)) == ("accepted", RUNNING)


def test_a_payment_that_failed_for_good_leaves_the_request_as_it_is(pending: Marketplace, customer: Caller) -> None:
    request_id = submit(customer, declared=DECLARED)
    failed = {"purchase_id": PURCHASE, "period_index": 2, "charge_id": "ch-1", "occurred_at": now(), "final": True}
    pending.publish("subscription.payment_failed", amount={"amount_cents": 3960, "currency": "EUR"}, **failed)
    pending.run_all_now()
    answer = customer.post(
        f"/support-requests/{request_id}/information", {"check_id": request(pending, request_id).check_id}
    )
    assert (answer.get_json()["handling"], answer.get_json()["missing"]) == ("needs_information", ["payment"])


def test_the_shop_that_a_purchase_is_bound_to_starts_the_clocks_and_is_inspected(
    unbound: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    request_id = submit(customer, declared=DECLARED)
    assert request(unbound, request_id).missing == ["shop_binding"]
    first_check = request(unbound, request_id).check_id
    clock.shift(DAY)
    bind(unbound)
    found = request(unbound, request_id)
    assert (found.handling, found.entitlement["code"], clocks(unbound, request_id)) == ("accepted", "VALID", RUNNING)
    assert found.check_id != first_check
    assert customer.get(f"/eligibility/{found.check_id}").get_json()["state"] == "done"
    [version] = [one["evidence"] for one in found.checks if one["name"] == "platform_version"]
    assert (version["version"], version["strength"]) == ("8.1.7", "declared")


def test_another_shop_that_the_purchase_is_bound_to_is_a_reason_and_is_not_inspected(
    unbound: Marketplace, customer: Caller
) -> None:
    request_id = submit(customer, shop_url="https://another.example/", declared=DECLARED)
    first_check = request(unbound, request_id).check_id
    bind(unbound)
    found = request(unbound, request_id)
    assert (found.handling, found.grounds, found.check_id) == ("accepted", ["other_merchant_site"], first_check)


def test_the_page_asks_for_nothing_that_only_the_marketplace_can_bring(pending: Marketplace, customer: Caller) -> None:
    request_id = submit(customer, declared=DECLARED)
    page = browser_of(pending, "customer", "customer-1")
    shown = page.get(f"/support/{request_id}")
    assert "You do not have to do anything here: as soon as this is done, your request is sent" in shown.visible_text
    assert "Add this to my request" not in shown.visible_text
    page.post(f"/support/{request_id}/send-as-is")
    assert request(pending, request_id).handling == "accepted"


def test_a_request_that_arrives_late_is_judged_by_the_shop_of_its_time(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace, PURCHASE)
    clock.shift(DAY / 24)
    submitted_at = now()
    clock.shift(60)
    moved = {"purchase_id": PURCHASE, "shop_url": "https://moved.example/", "bound_at": now()}
    marketplace.publish("purchase.shop_bound", **moved)
    marketplace.run_all_now()
    asked = {"purchase_id": PURCHASE, "customer_id": "customer-1", "product_id": "mod-1", "shop_url": SHOP}
    asked |= {"subject": "Late", "body": "It no longer works.", "submitted_at": submitted_at}
    marketplace.publish("support.request_submitted", request_id="late", presale=False, kind="anomaly", **asked)
    marketplace.run_all_now()
    found = request(marketplace, "late")
    assert (found.entitlement["code"], found.grounds) == ("VALID", [])
    assert found.check_id is not None
