"""A renewal costs no more than its last notice said: from the product's event to the charge, the API and the page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from ...support.api_callers import Caller, MakeCaller
from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    HOUR,
    SECOND,
    instant,
    notices,
    outgoing,
    publish_charge,
    publish_renewal_cancelled,
    publish_renewal_enabled,
    run_until,
    subscription,
)
from ...support.customers import money, publish_refund, set_up_purchase
from ...support.marketplace import Marketplace, sample
from ...support.page_client import browser_of
from ...support.renewal_price_reference import ListingChange, price_renewal

NOTICE = instant("2027-01-02T00:00:00+01:00")
WINDOW_END = instant("2027-02-03T00:00:00+01:00")
RENEWAL = instant("2027-03-03T00:00:00+01:00")
PAGE = "/account/purchases/purchase-1"


@pytest.fixture(autouse=True)
def _bought(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace)


@pytest.fixture
def customer(calls: MakeCaller) -> Caller:
    return calls("customer", "customer-1")


def reprice(marketplace: Marketplace, cents: int, *, currency: str = "EUR") -> None:
    """The product's page says another price from now on, and everything that follows is done."""
    listing = sample("product.upserted")["data"]["listing"]
    at = datetime.now(UTC)
    price = {"price": money(cents, currency), "listing": {**listing, "published_at": at.isoformat()}}
    marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-1", **price)
    marketplace.run_all_now()


def read(customer: Caller) -> dict[str, Any]:
    content: dict[str, Any] = customer.get("/subscriptions/purchase-1").get_json()
    return content


def charged_at_renewal(marketplace: Marketplace, clock: time_machine.Traveller) -> dict[str, Any]:
    """What the platform is asked to charge for the next period."""
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    [due] = outgoing(marketplace, "renewal_due")
    amount: dict[str, Any] = due.data["amount"]
    return amount


def noticed(marketplace: Marketplace) -> list[int]:
    """The prices that the notices named, in order."""
    return [one.data["amount"]["amount_cents"] for one in outgoing(marketplace, "renewal_notice_due")]


def test_a_rise_too_late_for_another_notice_does_not_apply_to_this_renewal(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller
) -> None:
    run_until(marketplace, clock, WINDOW_END)
    reprice(marketplace, 99_000)
    content = read(customer)
    assert (content["next_renewal"]["amount"], content["next_renewal"]["listed_amount"]) == (money(3960), money(39_600))
    page = browser_of(marketplace, "customer", "customer-1").get(PAGE).visible_text
    assert "€39.60 as announced in the notice of" in page
    assert "the price increase since then does not apply to this renewal" in page
    assert (noticed(marketplace), outgoing(marketplace, "price_changed")) == ([3960], [])
    assert charged_at_renewal(marketplace, clock) == money(3960)


def test_the_page_of_a_restored_renewal_names_the_price_of_its_notice(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, WINDOW_END)
    reprice(marketplace, 99_000)
    browser = browser_of(marketplace, "customer", "customer-1")
    browser.get(PAGE)
    browser.post(f"{PAGE}/renewal", enabled="no")
    clock.shift(SECOND)
    page = browser.post(f"{PAGE}/renewal", enabled="yes").visible_text
    assert "at the price of €39.60 announced in the notice of" in page
    assert "today’s price" not in page
    reprice(marketplace, 5000)
    assert "for 12 months, at today’s price of €20.00" in browser.get(f"{PAGE}/renewal").visible_text


def test_the_notice_and_what_was_charged_stand_on_the_page_when_it_is_over(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, NOTICE)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    publish_charge(marketplace, "payment_failed", final=True)
    marketplace.run_all_now()
    customer = browser_of(marketplace, "customer", "customer-1")
    assert "We sent you the renewal notice on 2 January 2027" in customer.get(PAGE).visible_text
    publish_refund(marketplace, "purchase-1")
    assert ", at €39.60. Sent on time." in customer.get(PAGE).visible_text


@pytest.mark.parametrize(("late", "charged"), [(-SECOND, 1960), (SECOND, 3960)])
def test_a_price_sent_after_the_renewals_instant_is_not_that_of_the_renewal(
    marketplace: Marketplace, clock: time_machine.Traveller, late: timedelta, charged: int
) -> None:
    run_until(marketplace, clock, RENEWAL + late)
    marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-1", price=money(4900))
    marketplace.run_all_now()
    assert charged_at_renewal(marketplace, clock) == money(charged)


def test_the_risen_price_is_that_of_the_renewal_after(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    run_until(marketplace, clock, WINDOW_END)
    reprice(marketplace, 19_900)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    publish_charge(marketplace, "renewed")
    run_until(marketplace, clock, instant("2028-01-02T00:00:00+01:00"))
    assert noticed(marketplace) == [3960, 7960]


def test_a_rise_within_the_window_is_announced_anew_and_applies(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller
) -> None:
    run_until(marketplace, clock, WINDOW_END - SECOND)
    reprice(marketplace, 19_900)
    [changed] = outgoing(marketplace, "price_changed")
    assert (changed.data["amount"], changed.data["amount_before"]) == (money(7960), money(3960))
    assert noticed(marketplace) == [3960, 7960]
    content = read(customer)
    assert [(one["amount"], one["timeliness"]) for one in content["notices"]] == [
        (money(3960), "in_time"),
        (money(7960), "in_time"),
    ]
    assert (content["notice"], content["next_renewal"]["amount"]) == (content["notices"][-1], money(7960))
    page = browser_of(marketplace, "customer", "customer-1").get(PAGE).visible_text
    assert page.count("We sent you the renewal notice on") == 2
    assert "at €79.60. Sent on time. It had to be sent between 2 December 2026 and 2 February 2027." in page
    assert charged_at_renewal(marketplace, clock) == money(7960)


def test_a_fall_applies_at_once_and_is_published_once(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller
) -> None:
    run_until(marketplace, clock, WINDOW_END)
    reprice(marketplace, 5000)
    reprice(marketplace, 5000)
    [changed] = outgoing(marketplace, "price_changed")
    assert (changed.data["amount"], changed.data["period_index"]) == (money(2000), 1)
    assert read(customer)["next_renewal"]["amount"] == money(2000)
    assert (noticed(marketplace), charged_at_renewal(marketplace, clock)) == ([3960], money(2000))


def test_a_price_that_comes_back_costs_what_the_notice_said(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, WINDOW_END)
    for cents in (5000, 19_900):
        reprice(marketplace, cents)
    amounts = [one.data["amount"]["amount_cents"] for one in outgoing(marketplace, "price_changed")]
    assert (amounts, noticed(marketplace)) == ([2000, 3960], [3960])
    assert charged_at_renewal(marketplace, clock) == money(3960)


def test_a_notice_sent_after_its_window_binds_all_the_same(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller
) -> None:
    run_until(marketplace, clock, NOTICE - HOUR)
    clock.move_to(RENEWAL - 10 * DAY)
    marketplace.run_all_now()
    assert [one.timeliness for one in notices(marketplace)] == ["too_late"]
    reprice(marketplace, 99_000)
    assert read(customer)["next_renewal"]["amount"] == money(3960)
    page = browser_of(marketplace, "customer", "customer-1", language="fr").get(PAGE).visible_text
    assert "Envoyé après la période prévue ; son prix reste garanti." in page


def test_a_price_of_another_currency_needs_another_notice(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, WINDOW_END)
    reprice(marketplace, 100, currency="USD")
    assert charged_at_renewal(marketplace, clock) == money(3960)


def test_a_rise_before_the_notice_stands_in_it_and_is_charged(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    reprice(marketplace, 12_900)
    run_until(marketplace, clock, NOTICE)
    assert (noticed(marketplace), charged_at_renewal(marketplace, clock)) == ([5160], money(5160))


def test_a_renewal_enabled_again_in_time_is_announced_at_the_risen_price(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, NOTICE)
    publish_renewal_cancelled(marketplace, NOTICE)
    reprice(marketplace, 19_900)
    assert noticed(marketplace) == [3960]
    clock.shift(DAY)
    publish_renewal_enabled(marketplace, NOTICE + DAY)
    marketplace.run_all_now()
    assert (noticed(marketplace), charged_at_renewal(marketplace, clock)) == ([3960, 7960], money(7960))


def test_a_reactivation_costs_todays_price_whatever_a_notice_had_said(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller
) -> None:
    run_until(marketplace, clock, NOTICE)
    publish_renewal_cancelled(marketplace, NOTICE)
    run_until(marketplace, clock, RENEWAL + DAY)
    reprice(marketplace, 19_900)
    assert read(customer)["reactivation"]["amount"] == money(7960 + 18_905)
    publish_charge(marketplace, "reactivated", amount_cents=26_865)
    marketplace.run_all_now()
    run_until(marketplace, clock, subscription(marketplace).renewal_at - 40 * DAY)
    assert noticed(marketplace) == [3960, 7960]


DAYS = {"before": -30, "in the window": 10, "later in the window": 25, "after it": 40, "shortly before": 58}


@pytest.mark.parametrize(
    "changes",
    [
        [("before", 12_901), ("after it", 9900)],
        [("in the window", 10_001), ("later in the window", 20_001), ("after it", 30_001)],
        [("in the window", 5001), ("after it", 9900)],
        [("in the window", 20_000), ("after it", 5999), ("shortly before", 60_000)],
    ],
    ids=str,
)
def test_whatever_the_listing_does_the_charge_is_the_references(
    marketplace: Marketplace, clock: time_machine.Traveller, changes: list[tuple[str, int]]
) -> None:
    listed = []
    for when, cents in changes:
        at = NOTICE + timedelta(days=DAYS[when])
        listed.append(ListingChange(day=at.date() + timedelta(days=1), cents=cents))
        run_until(marketplace, clock, at + 12 * HOUR + 11 * HOUR)
        reprice(marketplace, cents)
    expected = price_renewal(9900, listed, notice_day=date(2027, 1, 2), window_last_day=date(2027, 2, 2))
    charged = charged_at_renewal(marketplace, clock)
    assert (charged["amount_cents"], noticed(marketplace)) == (expected.charged, list(expected.noticed))
