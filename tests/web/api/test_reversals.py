"""One charge pays one period of one purchase: from the platform's event to the API, the pages and the reversal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.services.inbox import leasing

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    HOUR,
    code_of,
    instant,
    outgoing,
    payments,
    publish_charge,
    publish_renewal_cancelled,
    run_until,
    subscription,
)
from ...support.customers import money, publish_purchase, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of

RENEWAL = instant("2027-03-03T00:00:00+01:00")
PAGE = "/account/purchases/purchase-1"


@pytest.fixture(autouse=True)
def _paid(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    """The second period was claimed, and paid by the charge `first`."""
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace)
    publish_purchase(marketplace, "purchase-2")
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    publish_charge(marketplace, "renewed", charge_id="first")
    marketplace.run_all_now()


@pytest.fixture
def customer(calls: MakeCaller) -> Caller:
    return calls("customer", "customer-1")


def reversals(marketplace: Marketplace, purchase_id: str = "purchase-1") -> list[dict[str, Any]]:
    return [one.data for one in outgoing(marketplace, "reversal_due", purchase_id)]


def applied(marketplace: Marketplace, type_: str, *args: Any, **data: Any) -> tuple[str, str | None]:
    """The state and outcome of the event of a charge."""
    event = publish_charge(marketplace, type_, *args, **data)
    marketplace.run_all_now()
    return marketplace.state_and_outcome(event)


@pytest.mark.parametrize("amount", [money(3960), money(1), money(99_000), money(3960, "USD")], ids=str)
@pytest.mark.parametrize("type_", ["renewed", "reactivated"])
def test_a_second_charge_of_a_paid_period_is_asked_back_whatever_its_amount(
    marketplace: Marketplace, type_: str, amount: dict[str, Any]
) -> None:
    assert applied(marketplace, type_, charge_id="second", amount=amount) == ("applied", "changed")
    [asked] = reversals(marketplace)
    assert (asked["charge_id"], asked["amount"], asked["reason"]) == ("second", amount, "second_charge")
    assert (asked["period_index"], asked["idempotency_key"]) == (2, "purchase-1:2:second")
    assert (code_of(marketplace), payments(marketplace)) == ("VALID", {1: "paid", 2: "paid"})


def test_it_stands_on_the_pages_and_in_the_api(marketplace: Marketplace, customer: Caller, operator: Caller) -> None:
    applied(marketplace, "renewed", charge_id="second", amount=money(4000))
    content = customer.get("/subscriptions/purchase-1").get_json()
    [_, second_period] = content["periods"]
    assert (second_period["charged"], second_period["charge_id"]) == (money(3960), "first")
    charges = {one["charge_id"]: one["reversal_reason"] for one in content["charges"]}
    assert charges == {"first": None, "second": "second_charge"}
    [listed] = operator.get("/reversals").get_json()["items"]
    assert (listed["charge_id"], listed["purchase_id"], listed["amount"]) == ("second", "purchase-1", money(4000))
    assert operator.get("/subscriptions/purchase-1").get_json()["charges"] == content["charges"]
    page = browser_of(marketplace, "operator").get("/operator/reversals").visible_text
    assert "second This period was already paid by another charge." in page
    assert "€40.00" in page
    page = browser_of(marketplace, "customer", "customer-1").get(PAGE).visible_text
    assert "€39.60 charged on 3 March 2027." in page
    assert "€40.00 charged on 3 March 2027: a refund was requested for you on 3 March 2027." in page
    page = browser_of(marketplace, "customer", "customer-1", language="fr").get(PAGE).visible_text
    assert "Cette période était déjà payée par un autre prélèvement." in page


def test_only_operators_and_the_platform_list_what_is_asked_back(customer: Caller, calls: MakeCaller) -> None:
    assert problem_of(customer.get("/reversals"))[0] == 403
    assert calls("platform").get("/reversals").get_json() == {"items": [], "next_cursor": None}


def test_the_list_goes_on_from_page_to_page(marketplace: Marketplace, operator: Caller) -> None:
    for number in range(3):
        applied(marketplace, "renewed", charge_id=f"more-{number}")
    first = operator.get("/reversals?limit=2").get_json()
    rest = operator.get(f"/reversals?limit=2&cursor={first['next_cursor']}").get_json()
    ids = [one["charge_id"] for one in (*first["items"], *rest["items"])]
    assert (ids, rest["next_cursor"]) == (["more-2", "more-1", "more-0"], None)


@pytest.mark.parametrize("charge_id", ["first", "second"])
def test_a_charge_that_comes_twice_is_one(marketplace: Marketplace, charge_id: str) -> None:
    applied(marketplace, "renewed", charge_id="second")
    assert applied(marketplace, "renewed", charge_id=charge_id) == ("applied", "no_effect")
    assert [one["charge_id"] for one in reversals(marketplace)] == ["second"]


@pytest.mark.parametrize("charge_id", ["first", "second"])
@pytest.mark.parametrize(("purchase_id", "index"), [("purchase-1", 3), ("purchase-2", 2)])
def test_a_charge_pays_nothing_else(marketplace: Marketplace, charge_id: str, purchase_id: str, index: int) -> None:
    applied(marketplace, "renewed", charge_id="second")
    before = payments(marketplace, purchase_id)
    for type_ in ("renewed", "payment_failed", "reactivated"):
        event = publish_charge(marketplace, type_, index, purchase_id=purchase_id, charge_id=charge_id, final=True)
        marketplace.run_all_now()
        assert marketplace.state_and_outcome(event) == ("rejected", None)
        errors = marketplace.event(event).errors
        assert errors == [{"path": "data.charge_id", "message": "this charge was for period 2 of purchase purchase-1"}]
    assert payments(marketplace, purchase_id) == before


def test_a_charge_of_two_purchases_pays_the_one_whose_event_was_received_first(
    marketplace: Marketplace, calls: MakeCaller, clock: time_machine.Traveller
) -> None:
    publish_purchase(marketplace, "purchase-3")
    marketplace.run_all_now()
    first = publish_charge(marketplace, "renewed", purchase_id="purchase-2", charge_id="twice")
    busy = leasing.claim_shards(marketplace.runtime, "busy worker")
    second = publish_charge(marketplace, "renewed", purchase_id="purchase-3", charge_id="twice")
    later = publish_charge(marketplace, "renewed", 3, purchase_id="purchase-3", charge_id="next")
    # The second event and those after it wait for the first, which a slower worker holds.
    process_pending(marketplace.runtime, "quick worker")
    assert [marketplace.event(id_).state for id_ in (first, second, later)] == ["received"] * 3
    leasing.release_shards(marketplace.runtime, "busy worker", busy)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(first) == ("applied", "changed")
    assert marketplace.event(second).attempts == 0
    clock.shift(timedelta(seconds=2))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(second) == ("rejected", None)
    assert marketplace.event(later).parked_on == "period:purchase-3#2"
    assert payments(marketplace, "purchase-2")[2] == "paid"
    assert 2 not in payments(marketplace, "purchase-3")
    shown = calls("customer", "customer-1").get("/subscriptions/purchase-3").get_json()
    assert shown["next_renewal"]["period_index"] == 2


def test_a_charge_does_not_wait_for_an_event_that_was_not_applied(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_charge(marketplace, "renewed", purchase_id="unknown-1", charge_id="once")
    marketplace.run_all_now()
    assert applied(marketplace, "renewed", purchase_id="purchase-2", charge_id="once") == ("applied", "changed")


def test_a_known_charge_with_another_amount_is_rejected(marketplace: Marketplace) -> None:
    assert applied(marketplace, "renewed", charge_id="first", amount=money(3961)) == ("rejected", None)


def test_a_charge_of_the_period_that_came_with_the_purchase_is_asked_back(marketplace: Marketplace) -> None:
    assert applied(marketplace, "renewed", 1, charge_id="early") == ("applied", "changed")
    assert [one["charge_id"] for one in reversals(marketplace)] == ["early"]


def test_a_failed_charge_has_paid_nothing_and_may_succeed_later(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    assert applied(marketplace, "payment_failed", purchase_id="purchase-2", charge_id="x", final=True)[0] == "applied"
    clock.shift(DAY)
    assert applied(marketplace, "renewed", purchase_id="purchase-2", charge_id="x") == ("applied", "changed")
    assert (payments(marketplace, "purchase-2")[2], reversals(marketplace, "purchase-2")) == ("paid", [])


def test_what_comes_for_a_period_that_was_reversed_is_asked_back_too(
    marketplace: Marketplace, calls: MakeCaller
) -> None:
    publish_renewal_cancelled(marketplace, RENEWAL - HOUR)
    marketplace.run_all_now()
    assert applied(marketplace, "renewed", charge_id="second", amount=money(5000)) == ("applied", "changed")
    assert [(one["charge_id"], one["reason"]) for one in reversals(marketplace)] == [
        ("first", "renewal_stopped"),
        ("second", "second_charge"),
    ]
    listed = calls("operator").get("/reversals").get_json()["items"]
    assert {one["charge_id"] for one in listed} == {"first", "second"}
    assert code_of(marketplace) == "EXPIRED"


def test_a_reactivation_that_is_charged_twice_gives_one_back(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_renewal_cancelled(marketplace, RENEWAL - HOUR)
    marketplace.run_all_now()
    clock.shift(DAY)
    applied(marketplace, "reactivated", charge_id="again", amount_cents=13_365)
    applied(marketplace, "reactivated", charge_id="twice", amount_cents=13_365)
    assert [one["charge_id"] for one in reversals(marketplace)] == ["first", "twice"]
    assert applied(marketplace, "renewed", charge_id="first") == ("applied", "no_effect")
    assert (code_of(marketplace), subscription(marketplace).current_index) == ("VALID", 2)
