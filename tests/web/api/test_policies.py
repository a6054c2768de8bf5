"""Policies that the contract owner sets count at every door: test copies of merchant sites, rates of Business Care."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from marketplace_hooks import MarketplaceHooks

from ...support.api_callers import caller_of
from ...support.business_care import CLAIM_DELAY, DAY, RENEWAL, outgoing, publish_renewal_cancelled, run_until
from ...support.customers import money
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import PURCHASE, publish_request, request, set_up_support

DEMO = "https://demo.shop.example"
DEV = "https://dev.shop.example"


@pytest.fixture
def desk(make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller) -> Marketplace:
    """The host `demo.` is a test copy, and no other."""
    made = make_marketplace(TEST_PREFIXES="demo")
    set_up_support(made)
    return made


@pytest.mark.parametrize(("site", "code"), [(DEMO, "VALID_STAGING_SHOP"), (DEV, "SHOP_SCOPE_MISMATCH")])
def test_a_listed_prefix_makes_a_test_copy(desk: Marketplace, site: str, code: str) -> None:
    platform = caller_of(desk, "platform")
    query: dict[str, Any] = {"purchase_id": PURCHASE, "shop_url": site}
    assert platform.get("/entitlements", query_string=query).get_json()["code"] == code
    past = platform.get("/entitlements", query_string={**query, "at": desk.runtime.now().isoformat()})
    assert past.get_json()["code"] == code
    with desk.app.app_context():
        assert MarketplaceHooks().entitlements.check(purchase_id=PURCHASE, shop_url=site).code == code


@pytest.mark.parametrize(("site", "is_other"), [(DEMO, False), (DEV, True)])
def test_a_request_about_a_test_copy_is_about_the_same_site(desk: Marketplace, site: str, is_other: bool) -> None:
    publish_request(desk, shop_url=site)
    assert request(desk).grounds == (["other_merchant_site"] if is_other else [])
    shown = caller_of(desk, "platform").get("/support-requests/request-1").get_json()
    assert shown["business_care"]["code"] == ("SHOP_SCOPE_MISMATCH" if is_other else "VALID_STAGING_SHOP")


# --- rates by date

RATES = [
    {"renewal_percent": 50, "reactivation_percent": 20},
    {"since": "2027-03-03", "renewal_percent": 25, "reactivation_percent": 10},
    {"since": "2027-04-01", "renewal_percent": 30, "reactivation_percent": 12.5},
]
"""The renewal's own day is the first of its rates."""


@pytest.fixture
def rated(make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller) -> Marketplace:
    made = make_marketplace(BUSINESS_CARE_RATES=json.dumps(RATES))
    set_up_support(made)
    return made


def care(marketplace: Marketplace) -> dict[str, Any]:
    found: dict[str, Any] = (
        caller_of(marketplace, "customer", "customer-1").get(f"/subscriptions/{PURCHASE}").get_json()
    )
    return found


def test_a_renewal_costs_the_rate_of_its_own_day_everywhere(rated: Marketplace, clock: time_machine.Traveller) -> None:
    quarter = money(2475)
    assert care(rated)["next_renewal"]["amount"] == quarter
    customer = browser_of(rated, "customer", "customer-1")
    for page in ("/account", f"/account/purchases/{PURCHASE}"):
        assert "€24.75" in customer.get(page).visible_text
    run_until(rated, clock, RENEWAL - 10 * DAY)
    # Of a seller's product, what the renewals of the next 30 days would cost today; they were announced at less.
    seller = browser_of(rated, "seller", "seller-1")
    assert "€24.75" in seller.get("/seller/products/mod-1").visible_text
    run_until(rated, clock, RENEWAL + CLAIM_DELAY)
    assert [one.data["amount"] for one in outgoing(rated, "renewal_notice_due")] == [quarter]
    assert [one.data["amount"] for one in outgoing(rated, "renewal_due")] == [quarter]


def test_a_reactivation_costs_the_rates_of_the_day_it_is_asked_for(
    rated: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_renewal_cancelled(rated, datetime.now(UTC))
    rated.run_all_now()
    for day, total in ((RENEWAL, 2475 + 990), (RENEWAL + 30 * DAY, 2970 + 1238)):
        run_until(rated, clock, day + DAY)
        assert care(rated)["reactivation"]["amount"] == money(total)
    customer = caller_of(rated, "customer", "customer-1")
    asked = customer.post(f"/subscriptions/{PURCHASE}/reactivation")
    assert asked.status_code == 202
    [due] = outgoing(rated, "reactivation_due")
    assert due.data["amount"] == asked.get_json()["amount"] == money(2970 + 1238)
