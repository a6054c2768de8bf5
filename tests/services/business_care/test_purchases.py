"""A purchase begins a Business Care, a refund or a termination ends it, in whatever order their events come."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.domain.business_care.prices import share_of
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.products import Listing
from marketplace_hooks.models.purchases import Refund
from marketplace_hooks.models.subscriptions import PeriodKind, Subscription
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter

from ...support.api_callers import caller_of
from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    HOUR,
    MINUTE,
    PURCHASE,
    code_of,
    instant,
    outgoing,
    payments,
    periods,
    publish_charge,
    publish_renewal_cancelled,
    published_types,
    purchase,
    run_until,
    subscription,
)
from ...support.customers import money, publish_customer, publish_purchase, publish_refund, set_up_purchase
from ...support.marketplace import ONLINE, WITHDRAWN, Marketplace
from ...support.page_client import browser_of

BOUGHT = instant("2026-03-02T10:30:00+01:00")
RENEWAL = instant("2027-03-03T00:00:00+01:00")


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")


def now() -> str:
    return datetime.now(UTC).isoformat()


def refunds(marketplace: Marketplace, amount_cents: int, at: datetime | None = None, **more: Any) -> str:
    data = {"refunded_at": (at or datetime.now(UTC)).isoformat(), "amount": money(amount_cents), "request_id": None}
    return marketplace.publish("purchase.refunded", purchase_id=PURCHASE, **{**data, **more})


def binds(marketplace: Marketplace, shop_url: str, at: datetime) -> str:
    return marketplace.publish("purchase.shop_bound", purchase_id=PURCHASE, shop_url=shop_url, bound_at=at.isoformat())


# --- what begins


def test_a_purchase_opens_twelve_months_and_publishes_them(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    [first] = periods(marketplace)
    assert (first.index, first.kind, first.payment) == (1, PeriodKind.PURCHASE, "paid")
    assert (first.first_day, first.last_day) == (date(2026, 3, 2), date(2027, 3, 2))
    [started] = outgoing(marketplace, "started")
    assert started.data == {
        "purchase_id": PURCHASE,
        "customer_id": "customer-1",
        "product_id": "mod-1",
        "first_day": "2026-03-02",
        "last_day": "2027-03-02",
    }
    assert subscription(marketplace).renewal_at == RENEWAL
    assert code_of(marketplace) == "VALID"


@pytest.mark.parametrize(
    ("purchased_at", "first_day"),
    [
        ("2026-02-28T22:59:59Z", date(2026, 2, 28)),
        ("2026-02-28T23:00:00Z", date(2026, 3, 1)),
        ("2026-03-01T05:00:00+09:00", date(2026, 2, 28)),
    ],
)
def test_the_day_of_purchase_is_the_reference_zone_s(
    marketplace: Marketplace, purchased_at: str, first_day: date
) -> None:
    set_up_purchase(marketplace, purchased_at=purchased_at)
    assert subscription(marketplace).anchor_on == first_day


def test_a_free_product_has_no_business_care(marketplace: Marketplace) -> None:
    marketplace.publish("product.upserted", product_id="mod-free", price=money(0))
    set_up_purchase(marketplace, product_id="mod-free", amount_cents=0)
    assert marketplace.all(select(Subscription)) == []
    assert published_types(marketplace) == []
    assert code_of(marketplace) == "NOT_FOUND"
    refused = publish_renewal_cancelled(marketplace, datetime.now(UTC))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(refused) == ("rejected", None)


@pytest.mark.parametrize(("published_at", "is_free"), [(BOUGHT - MINUTE, True), (BOUGHT + MINUTE, False)])
def test_free_or_not_is_what_the_listing_said_on_the_day_of_purchase(
    marketplace: Marketplace, clock: time_machine.Traveller, published_at: datetime, is_free: bool
) -> None:
    listing = {"features": [], "compatible_from": None, "compatible_to": None, "published_at": published_at.isoformat()}
    clock.shift(HOUR)
    marketplace.publish("product.upserted", price=money(0), listing=listing)
    set_up_purchase(marketplace, purchased_at=BOUGHT.isoformat(), amount_cents=0)
    assert (marketplace.all(select(Subscription)) == []) is is_free


def test_a_paid_product_that_was_given_away_has_its_business_care(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace, amount_cents=0)
    assert code_of(marketplace) == "VALID"


# --- what is frozen


def test_the_listing_of_the_day_of_purchase_is_frozen(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    clock.shift(HOUR)
    listing = {"features": ["New"], "compatible_from": "9.0.0", "compatible_to": "9.1.0", "published_at": now()}
    marketplace.publish("product.upserted", price=money(4900), listing=listing)
    publish_purchase(marketplace, "purchase-2")
    publish_purchase(marketplace, "purchase-3", purchased_at=BOUGHT.isoformat())
    marketplace.run_all_now()
    announced = {one.id: one.compatible_to for one in marketplace.all(select(Listing))}
    frozen = [announced[purchase(marketplace, id_).listing_id or 0] for id_ in (PURCHASE, "purchase-2", "purchase-3")]
    assert frozen == ["8.2.99", "9.1.0", "8.2.99"]


def test_a_purchase_in_the_batch_of_its_product_freezes_its_listing(marketplace: Marketplace) -> None:
    marketplace.publish("product.upserted", product_id="mod-new")
    publish_customer(marketplace)
    publish_purchase(marketplace, product_id="mod-new")
    marketplace.run_all_now()
    assert purchase(marketplace).listing_id is not None


@pytest.mark.parametrize("repeats_the_whole_price", [True, False])
def test_of_a_pack_each_product_s_share_is_frozen(marketplace: Marketplace, repeats_the_whole_price: bool) -> None:
    prices = {"mod-1": 9900, "mod-2": 4900, "mod-3": 1901}
    for product_id, cents in prices.items():
        marketplace.publish("product.upserted", product_id=product_id, price=money(cents))
    marketplace.run_all_now()
    marketplace.publish("pack.upserted", pack_id="pack-1", product_ids=list(prices), price=money(10_000))
    publish_customer(marketplace)
    shares = {product_id: share_of(10_000, prices, product_id) for product_id in prices}
    for product_id, share in shares.items():
        paid = 10_000 if repeats_the_whole_price else share
        publish_purchase(marketplace, f"of-{product_id}", product_id=product_id, pack_id="pack-1", amount_cents=paid)
    marketplace.run_all_now()
    frozen = [purchase(marketplace, f"of-{product_id}").price_cents for product_id in prices]
    assert frozen == list(shares.values())
    assert sum(frozen) == 10_000


# --- early, twice, contradicting


@pytest.mark.parametrize("order", list(permutations(("customer", "product", "purchase"))), ids="-".join)
def test_a_purchase_waits_for_its_customer_and_its_product(marketplace: Marketplace, order: tuple[str, ...]) -> None:
    publish_by_name: dict[str, Callable[[], str]] = {
        "customer": lambda: publish_customer(marketplace),
        "product": lambda: marketplace.publish("product.upserted", product_id="mod-late"),
        "purchase": lambda: publish_purchase(marketplace, product_id="mod-late"),
    }
    events = {}
    for what in order:
        events[what] = publish_by_name[what]()
        marketplace.run_all_now()
    assert marketplace.state_and_outcome(events["purchase"]) == ("applied", "changed")
    assert code_of(marketplace) == "VALID"


def test_what_follows_a_purchase_waits_for_it(marketplace: Marketplace) -> None:
    refunded = refunds(marketplace, 9900)
    cancelled = publish_renewal_cancelled(marketplace, datetime.now(UTC))
    marketplace.run_all_now()
    assert [marketplace.state_and_outcome(one)[0] for one in (refunded, cancelled)] == ["parked", "parked"]
    set_up_purchase(marketplace)
    marketplace.run_all_now()
    assert [marketplace.state_and_outcome(one)[0] for one in (refunded, cancelled)] == ["applied", "applied"]
    assert code_of(marketplace) == "REFUNDED"


def test_a_purchase_received_twice_is_one(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    again = publish_purchase(marketplace, purchased_at=BOUGHT.isoformat())
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(again) == ("applied", "no_effect")
    assert published_types(marketplace) == ["started"]
    assert len(periods(marketplace)) == 1


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("customer_id", "customer-2"),
        ("product_id", "mod-2"),
        ("pack_id", "pack-1"),
        ("purchased_at", "2026-03-02T10:30:01+01:00"),
        ("amount_cents", 9899),
        ("price_paid", money(9900, "USD")),
    ],
)
def test_a_purchase_received_again_with_other_facts_is_rejected(
    marketplace: Marketplace, fact: str, value: Any
) -> None:
    marketplace.publish_products("mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    publish_customer(marketplace, "customer-2")
    set_up_purchase(marketplace)
    again = {"purchased_at": BOUGHT.isoformat(), fact: value}
    if fact == "price_paid":
        publish_customer(marketplace)
        data = {"customer_id": "customer-1", "product_id": "mod-1", "pack_id": None, "shop_url": None}
        event = marketplace.publish("purchase.completed", purchase_id=PURCHASE, **{**data, **again})
    else:
        event = publish_purchase(marketplace, **again)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    known = purchase(marketplace)
    assert (known.customer_id, known.product_id, known.price_cents, known.currency) == (
        "customer-1",
        "mod-1",
        9900,
        "EUR",
    )


def test_a_purchase_received_before_its_pack_waits_for_it_and_costs_its_share(marketplace: Marketplace) -> None:
    """Events about different things come in any order: workers apply them side by side."""
    publish_customer(marketplace)
    marketplace.publish_products("mod-1")
    early = publish_purchase(marketplace, pack_id="pack-1", amount_cents=7_500)
    marketplace.publish("pack.upserted", pack_id="pack-1", product_ids=["mod-1", "mod-2"], price=money(7_500))
    marketplace.run_all_now()
    assert [marketplace.event(early).state.value, marketplace.event(early).parked_on] == ["parked", "pack:pack-1"]
    marketplace.publish("product.upserted", product_id="mod-2", price=money(2 * 9_900))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(early)[0] == "applied"
    assert purchase(marketplace).price_cents == 2_500


def test_a_purchase_of_a_pack_received_twice_is_one_although_a_price_has_changed(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    [pack] = [marketplace.pack("pack-1")]
    publish_customer(marketplace)
    publish_purchase(marketplace, pack_id="pack-1", amount_cents=pack.price_cents // 2)
    marketplace.run_all_now()
    marketplace.publish("product.upserted", product_id="mod-2", price=money(100))
    again = publish_purchase(
        marketplace, pack_id="pack-1", amount_cents=pack.price_cents // 2, purchased_at=BOUGHT.isoformat()
    )
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(again) == ("applied", "no_effect")


# --- its merchant site


def test_a_purchase_is_bound_to_a_site_later_and_moved_by_the_marketplace(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace, shop_url=None)
    assert code_of(marketplace, site="https://a.example") == "SHOP_NOT_BOUND"
    clock.shift(DAY)
    binds(marketplace, "https://a.example", datetime.now(UTC))
    clock.shift(DAY)
    binds(marketplace, "https://b.example", datetime.now(UTC))
    marketplace.run_all_now()
    assert code_of(marketplace, site="https://a.example") == "SHOP_SCOPE_MISMATCH"
    assert code_of(marketplace, site="https://b.example") == "VALID"
    past = [code_of(marketplace, BOUGHT + days * DAY, site="https://a.example") for days in (0, 1, 2)]
    assert past == ["SHOP_NOT_BOUND", "VALID", "SHOP_SCOPE_MISMATCH"]


def test_an_older_binding_that_comes_late_is_recorded_and_changes_nothing(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace, shop_url=None)
    clock.shift(DAY)
    binds(marketplace, "https://b.example", BOUGHT + 2 * HOUR)
    late = binds(marketplace, "https://a.example", BOUGHT + HOUR)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(late) == ("applied", "superseded")
    assert purchase(marketplace).shop_url == "https://b.example"
    assert code_of(marketplace, BOUGHT + HOUR, site="https://a.example") == "VALID"


def test_an_address_that_cannot_be_read_binds_nothing(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace, shop_url="my shop")
    assert code_of(marketplace) == "SHOP_NOT_BOUND"


# --- refunds


def test_the_whole_price_given_back_ends_everything_at_once(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    event = refunds(marketplace, 9900)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert code_of(marketplace) == "REFUNDED"
    [ended] = outgoing(marketplace, "renewal_cancelled")
    assert (ended.data["by"], ended.data["ended_at"]) == ("refund", "2026-03-02T09:30:00Z")


def test_a_refunded_purchase_is_never_renewed(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    publish_refund(marketplace, PURCHASE)
    run_until(marketplace, clock, RENEWAL + DAY)
    assert payments(marketplace) == {1: "paid"}
    assert published_types(marketplace) == ["started", "renewal_cancelled"]


@pytest.mark.parametrize(("cents", "expected"), [(9899, "VALID"), (9900, "REFUNDED"), (9901, "REFUNDED")])
def test_a_partial_refund_ends_nothing(marketplace: Marketplace, cents: int, expected: str) -> None:
    set_up_purchase(marketplace)
    publish_refund(marketplace, PURCHASE, cents)
    assert code_of(marketplace) == expected


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_partial_refunds_add_up_whatever_order_they_come_in(
    marketplace: Marketplace, clock: time_machine.Traveller, order: tuple[int, ...]
) -> None:
    set_up_purchase(marketplace)
    clock.shift(DAY)
    made = [(4000, BOUGHT + HOUR), (5900, BOUGHT + 2 * HOUR), (100, BOUGHT + 3 * HOUR)]
    for number in order:
        refunds(marketplace, *made[number])
        marketplace.run_all_now()
    known = purchase(marketplace)
    assert (known.refunded_cents, known.refunded_at) == (10_000, BOUGHT + 2 * HOUR)
    assert code_of(marketplace, BOUGHT + 2 * HOUR - MINUTE) == "VALID"
    assert code_of(marketplace, BOUGHT + 2 * HOUR) == "REFUNDED"
    assert published_types(marketplace) == ["started", "renewal_cancelled", "purchase.over_refunded"]


def test_a_refund_received_twice_counts_once(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    first = refunds(marketplace, 5000)
    again = refunds(marketplace, 5000)
    marketplace.run_all_now()
    assert [marketplace.state_and_outcome(one)[1] for one in (first, again)] == ["changed", "no_effect"]
    assert len(marketplace.all(select(Refund))) == 1
    assert code_of(marketplace) == "VALID"


@pytest.mark.parametrize("amount", [money(9900, "USD"), money(0)])
def test_a_refund_in_another_currency_or_of_nothing_is_rejected(
    marketplace: Marketplace, amount: dict[str, Any]
) -> None:
    set_up_purchase(marketplace)
    event = refunds(marketplace, 0, amount=amount)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert (purchase(marketplace).refunded_cents, code_of(marketplace)) == (0, "VALID")


@pytest.mark.parametrize(
    ("hours", "reversals"),
    [(-1, 1), (0, 1), (1, 1), (24, 0)],
    ids=["before the instant", "at it", "before the charge", "at the charge"],
)
def test_a_refund_before_the_charge_that_is_received_after_it_reverses_it(
    marketplace: Marketplace, clock: time_machine.Traveller, hours: int, reversals: int
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL + DAY)
    publish_charge(marketplace, "renewed")
    refunds(marketplace, 9900, RENEWAL + hours * HOUR)
    marketplace.run_all_now()
    assert len(outgoing(marketplace, "reversal_due")) == reversals
    assert payments(marketplace)[2] == ("failed" if reversals else "paid")
    assert subscription(marketplace).state == "ended"


# --- termination


def test_until_a_termination_that_lies_ahead_it_goes_on_and_nothing_says_that_it_renews(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    clock.shift(DAY)
    at = instant("2026-06-01T00:00:00+02:00")
    marketplace.publish("subscription.terminated", purchase_id=PURCHASE, terminated_at=at.isoformat(), reason="Fraud")
    marketplace.run_all_now()
    customer = caller_of(marketplace, "customer", "customer-1")
    [listed] = customer.get("/purchases").get_json()["items"]
    assert (listed["renews"], listed["business_care"]["last_day"]) == (False, "2026-05-31")
    shown = customer.get(f"/subscriptions/{PURCHASE}").get_json()
    assert (shown["renews"], shown["code"], shown["business_care"]["last_day"]) == (False, "VALID", "2026-05-31")
    browser = browser_of(marketplace, "customer", "customer-1")
    for page in ("/account", f"/account/purchases/{PURCHASE}"):
        assert "enews" not in browser.get(page).visible_text
        assert "31 May 2026" in browser.page.visible_text
    run_until(marketplace, clock, at)
    assert code_of(marketplace) == "TERMINATED"


def test_a_termination_ends_before_term_and_for_good(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    clock.shift(DAY)
    ended_at = BOUGHT + HOUR
    data = {"terminated_at": ended_at.isoformat(), "reason": "Fraud"}
    first = marketplace.publish("subscription.terminated", purchase_id=PURCHASE, **data)
    again = marketplace.publish("subscription.terminated", purchase_id=PURCHASE, **data)
    run_until(marketplace, clock, RENEWAL + DAY)
    assert [marketplace.state_and_outcome(one)[1] for one in (first, again)] == ["changed", "no_effect"]
    assert code_of(marketplace) == "TERMINATED"
    assert code_of(marketplace, ended_at - MINUTE) == "VALID"
    assert payments(marketplace) == {1: "paid"}
    assert published_types(marketplace) == ["started", "renewal_cancelled"]


def test_a_cancellation_after_the_end_does_not_bring_it_back(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL + DAY)
    publish_charge(marketplace, "renewed")
    refunds(marketplace, 9900)
    publish_renewal_cancelled(marketplace, RENEWAL - HOUR)
    marketplace.run_all_now()
    assert subscription(marketplace).state == "ended"
    assert len(outgoing(marketplace, "reversal_due")) == 1


# --- of a product that is withdrawn


def test_a_purchase_recorded_after_the_withdrawal_will_not_renew_which_is_published(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    set_up_purchase(marketplace, purchased_at=(BOUGHT - MINUTE).isoformat())
    assert code_of(marketplace) == "VALID_RENEWAL_CANCELLED"
    assert published_types(marketplace) == ["started", "renewal_cancelled"]
    run_until(marketplace, clock, RENEWAL + DAY)
    assert payments(marketplace) == {1: "paid"}


@pytest.mark.parametrize(("minutes", "expected"), [(-90, "VALID_RENEWAL_CANCELLED"), (0, "VALID")])
def test_a_reinstated_product_is_bought_anew_without_the_old_withdrawal(
    marketplace: Marketplace, clock: time_machine.Traveller, minutes: int, expected: str
) -> None:
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    clock.shift(HOUR)
    marketplace.publish("product.reinstated")
    marketplace.change_status("mod-1", ONLINE, "marketplace")
    marketplace.run_all_now()
    set_up_purchase(marketplace, purchased_at=(datetime.now(UTC) + minutes * MINUTE).isoformat())
    assert code_of(marketplace) == expected


def test_purchases_recorded_while_the_product_is_withdrawn_all_end_up_cancelled(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    count = 60
    publish_customer(marketplace)
    marketplace.run_all_now()
    for number in range(count):
        if number == count // 2:
            marketplace.change_status("mod-1", WITHDRAWN)
        publish_purchase(marketplace, f"purchase-{number}")
    started = threading.Barrier(3)

    def uow(owner: str) -> None:
        started.wait()
        process_pending(marketplace.runtime, owner)

    workers = [threading.Thread(target=uow, args=(f"worker-{number}",)) for number in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    marketplace.run_all_now()
    codes = {code_of(marketplace, about=PurchaseFilter(purchase_id=f"purchase-{number}")) for number in range(count)}
    assert codes == {"VALID_RENEWAL_CANCELLED"}
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert {one.state for one in marketplace.all(select(Subscription))} == {"expired"}
