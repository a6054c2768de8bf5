"""What the platform charges without being asked, too early, too much or for nothing: kept, shown and asked back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from marketplace_hooks.models.subscriptions import SubscriptionState

from ...support.api_callers import Caller, caller_of, problem_of
from ...support.business_care import (
    BOUGHT,
    CLAIM_DELAY,
    DAY,
    FIRST_DAYS,
    HOUR,
    MINUTE,
    PURCHASE,
    RENEWAL,
    SECOND_RENEWAL,
    code_of,
    outgoing,
    payments,
    publish_charge,
    publish_renewal_cancelled,
    publish_renewal_enabled,
    published_types,
    run_until,
    subscription,
)
from ...support.customers import money, publish_dispute, publish_refund, publish_termination
from ...support.marketplace import WITHDRAWN, Marketplace
from ...support.page_client import browser_of

pytestmark = pytest.mark.usefixtures("bought")

PAGE = f"/account/purchases/{PURCHASE}"


@pytest.fixture
def customer(marketplace: Marketplace) -> Caller:
    return caller_of(marketplace, "customer", "customer-1")


@pytest.fixture
def operator(marketplace: Marketplace) -> Caller:
    return caller_of(marketplace, "operator")


def charges(marketplace: Marketplace, type_: str = "renewed", *args: Any, **data: Any) -> tuple[str, str | None]:
    """The state and outcome of the event of a charge."""
    event = publish_charge(marketplace, type_, *args, **data)
    marketplace.run_all_now()
    return marketplace.state_and_outcome(event)


def asked_back(marketplace: Marketplace) -> list[tuple[str | None, int, str]]:
    """The charges, amounts and reasons of the reversals that the platform was asked for."""
    found = [one.data for one in outgoing(marketplace, "reversal_due")]
    return [(one["charge_id"], one["amount"]["amount_cents"], one["reason"]) for one in found]


def listed(caller: Caller) -> list[tuple[str, int, int, str]]:
    """The charges, amounts, amounts to be refunded and reasons that an operator is shown."""
    items = caller.get("/reversals").get_json()["items"]
    return [
        (
            one["charge_id"],
            one["amount"]["amount_cents"],
            one["reversal_amount"]["amount_cents"],
            one["reversal_reason"],
        )
        for one in items
    ]


def shown(customer: Caller) -> dict[str, Any]:
    content: dict[str, Any] = customer.get(f"/subscriptions/{PURCHASE}").get_json()
    return content


def reader(marketplace: Marketplace, language: str = "en") -> str:
    """What the customer's page of the purchase says."""
    return browser_of(marketplace, "customer", "customer-1", language=language).get(PAGE).visible_text


# --- charged before its instant, and then stopped


@pytest.fixture
def _charged_early(bought: None, marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    """The renewal was charged the day before its instant, and cancelled that afternoon."""
    run_until(marketplace, clock, RENEWAL - 36 * HOUR)
    assert charges(marketplace, charge_id="early") == ("applied", "changed")
    run_until(marketplace, clock, RENEWAL - 12 * HOUR)


def cancels(marketplace: Marketplace, how: str, customer: Caller) -> None:
    if how == "api":
        assert customer.post(f"/subscriptions/{PURCHASE}/renewal", {"enabled": False}).status_code == 200
    elif how == "event":
        publish_renewal_cancelled(marketplace, datetime.now(UTC))
    else:
        marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()


@pytest.mark.usefixtures("_charged_early")
@pytest.mark.parametrize("how", ["api", "event", "withdrawal"])
def test_an_early_renewal_that_is_cancelled_leaves_the_running_period_as_it_was(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller, how: str
) -> None:
    cancels(marketplace, how, customer)
    assert asked_back(marketplace) == [("early", 3960, "renewal_stopped")]
    assert "expired" not in published_types(marketplace)
    content = shown(customer)
    assert (content["state"], content["code"]) == ("active", "VALID_RENEWAL_CANCELLED")
    assert (content["business_care"]["last_day"], content["reactivation"]) == (FIRST_DAYS.isoformat(), None)
    assert payments(marketplace) == {1: "paid"}
    run_until(marketplace, clock, RENEWAL - MINUTE)
    assert "expired" not in published_types(marketplace)
    run_until(marketplace, clock, RENEWAL + HOUR)
    [expired] = outgoing(marketplace, "expired")
    assert expired.data["last_day"] == FIRST_DAYS.isoformat()
    assert (code_of(marketplace), subscription(marketplace).state) == ("EXPIRED", SubscriptionState.EXPIRED)
    assert published_types(marketplace).count("reversal_due") == 1


@pytest.mark.usefixtures("_charged_early")
@pytest.mark.parametrize("how", ["page", "api", "event"])
def test_it_is_restored_until_its_instant_and_claimed_at_it(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller, how: str
) -> None:
    cancels(marketplace, "api", customer)
    run_until(marketplace, clock, RENEWAL - HOUR)
    if how == "page":
        browser = browser_of(marketplace, "customer", "customer-1")
        browser.get(PAGE)
        assert "Business Care will renew" in browser.post(f"{PAGE}/renewal", enabled="yes").visible_text
    elif how == "api":
        assert customer.post(f"/subscriptions/{PURCHASE}/renewal", {"enabled": True}).get_json()["renews"] is True
    else:
        publish_renewal_enabled(marketplace, RENEWAL - HOUR)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    [due] = outgoing(marketplace, "renewal_due")
    assert (due.data["period_index"], due.data["amount"]) == (2, money(3960))
    # Whoever charges each key once must not take the reversal of the early charge for this one's.
    assert due.data["idempotency_key"] != outgoing(marketplace, "reversal_due")[0].data["idempotency_key"]
    assert charges(marketplace, charge_id="asked") == ("applied", "changed")
    assert (code_of(marketplace), len(asked_back(marketplace))) == ("VALID", 1)
    run_until(marketplace, clock, SECOND_RENEWAL + CLAIM_DELAY)
    assert payments(marketplace) == {1: "paid", 2: "paid", 3: "pending"}


@pytest.mark.usefixtures("_charged_early")
def test_nothing_is_reactivated_while_it_runs(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller
) -> None:
    cancels(marketplace, "api", customer)
    answer = customer.post(f"/subscriptions/{PURCHASE}/reactivation")
    assert problem_of(answer) == (409, "not_expired")
    assert "Reactivate" not in reader(marketplace)
    assert charges(marketplace, "reactivated", amount_cents=13_365, charge_id="again") == ("applied", "changed")
    assert asked_back(marketplace)[1:] == [("again", 13_365, "not_reactivable")]
    assert subscription(marketplace).last_day == FIRST_DAYS
    run_until(marketplace, clock, RENEWAL + HOUR)
    assert shown(customer)["reactivation"]["amount"] == money(13_365)
    assert customer.post(f"/subscriptions/{PURCHASE}/reactivation").status_code == 202


def test_a_renewal_charged_months_before_although_it_was_cancelled_is_reversed_and_nothing_ends(
    marketplace: Marketplace, clock: time_machine.Traveller, operator: Caller
) -> None:
    clock.shift(DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + HOUR)
    run_until(marketplace, clock, BOUGHT + 30 * DAY)
    assert charges(marketplace, charge_id="early") == ("applied", "changed")
    assert charges(marketplace, charge_id="early") == ("applied", "no_effect")
    assert listed(operator) == [("early", 3960, 3960, "renewal_stopped")]
    assert (code_of(marketplace), payments(marketplace)) == ("VALID_RENEWAL_CANCELLED", {1: "paid"})
    assert "expired" not in published_types(marketplace)
    page = reader(marketplace)
    assert "€39.60 charged on 1 April 2026: a refund was requested for you on 1 April 2026." in page
    assert "Restore the renewal" in page


def test_of_two_years_charged_ahead_both_are_given_back(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller
) -> None:
    run_until(marketplace, clock, BOUGHT + DAY)
    for index in (2, 3):
        charges(marketplace, "renewed", index)
    cancels(marketplace, "api", customer)
    assert [cents for _, cents, _ in asked_back(marketplace)] == [3960, 3960]
    assert (payments(marketplace), shown(customer)["state"]) == ({1: "paid"}, "active")


def test_a_cancellation_in_time_that_is_recorded_when_a_further_year_was_charged_ends_it(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    for index in (2, 3):
        charges(marketplace, "renewed", index)
    publish_renewal_cancelled(marketplace, RENEWAL - HOUR)
    marketplace.run_all_now()
    assert [cents for _, cents, _ in asked_back(marketplace)] == [3960, 3960]
    assert (code_of(marketplace), payments(marketplace)) == ("EXPIRED", {1: "paid", 2: "failed"})
    [expired] = outgoing(marketplace, "expired")
    assert expired.data["last_day"] == FIRST_DAYS.isoformat()
    charges(marketplace, "reactivated", 3, amount_cents=13_365, charge_id="again")
    assert code_of(marketplace) == "VALID"


# --- ended for good while a renewal is unpaid


def ends(marketplace: Marketplace, why: str) -> None:
    if why == "refund":
        publish_refund(marketplace, PURCHASE)
    elif why == "termination":
        publish_termination(marketplace, PURCHASE)
    else:
        publish_dispute(marketplace, PURCHASE)
        at = datetime.now(UTC).isoformat()
        marketplace.publish("purchase.dispute_closed", purchase_id=PURCHASE, outcome="lost", closed_at=at)
        marketplace.run_all_now()


@pytest.mark.parametrize("why", ["refund", "termination", "dispute"])
def test_the_end_of_a_purchase_stops_the_charge_that_is_under_way(
    marketplace: Marketplace, clock: time_machine.Traveller, operator: Caller, why: str
) -> None:
    run_until(marketplace, clock, RENEWAL + 2 * DAY)
    ends(marketplace, why)
    assert asked_back(marketplace) == [(None, 3960, "business_care_ended")]
    assert outgoing(marketplace, "reversal_due")[0].data["idempotency_key"] == f"{PURCHASE}:2"
    clock.shift(2 * DAY)
    assert charges(marketplace, charge_id="crossing") == ("applied", "no_effect")
    assert listed(operator) == [("crossing", 3960, 3960, "business_care_ended")]
    assert "expired" not in published_types(marketplace)
    assert "Business Care ended before the renewal was paid." in reader(marketplace)


def test_a_charge_made_after_the_end_is_reversed_although_it_was_recorded_before_it(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL + 2 * DAY)
    refunded_at = datetime.now(UTC)
    clock.shift(HOUR)
    charges(marketplace, charge_id="later")
    data = {"refunded_at": refunded_at.isoformat(), "amount": money(9900), "request_id": None}
    marketplace.publish("purchase.refunded", purchase_id=PURCHASE, **data)
    marketplace.run_all_now()
    assert asked_back(marketplace) == [("later", 3960, "business_care_ended")]


def test_a_renewal_that_was_paid_before_the_end_stays_so(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    charges(marketplace)
    clock.shift(DAY)
    ends(marketplace, "refund")
    assert (asked_back(marketplace), payments(marketplace)[2]) == ([], "paid")


def test_a_termination_that_lies_ahead_leaves_the_renewal_to_be_paid_until_then(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL + DAY)
    at = datetime.now(UTC) + 2 * DAY
    marketplace.publish("subscription.terminated", purchase_id=PURCHASE, terminated_at=at.isoformat(), reason="fraud")
    marketplace.run_all_now()
    assert asked_back(marketplace) == []
    clock.shift(3 * DAY)
    charges(marketplace, charge_id="later")
    assert asked_back(marketplace) == [("later", 3960, "business_care_ended")]


# --- more than it costs


@pytest.mark.parametrize("since_instant", [-2 * DAY, 5 * MINUTE, CLAIM_DELAY], ids=["before", "at", "after the claim"])
def test_what_is_charged_above_the_last_notice_is_asked_back_whenever_it_is_charged(
    marketplace: Marketplace,
    clock: time_machine.Traveller,
    customer: Caller,
    operator: Caller,
    since_instant: Any,
) -> None:
    run_until(marketplace, clock, RENEWAL - 25 * DAY)
    assert outgoing(marketplace, "renewal_notice_due")[0].data["amount"] == money(3960)
    marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-1", price=money(99_000))
    run_until(marketplace, clock, RENEWAL + since_instant)
    assert charges(marketplace, amount_cents=39_600, charge_id="tenfold") == ("applied", "changed")
    assert asked_back(marketplace) == [("tenfold", 35_640, "above_price")]
    assert outgoing(marketplace, "reversal_due")[0].data["idempotency_key"] == f"{PURCHASE}:2:tenfold:above_price"
    assert listed(operator) == [("tenfold", 39_600, 35_640, "above_price")]
    [_, renewed] = shown(customer)["periods"]
    assert (renewed["payment"], renewed["amount"], renewed["charged"]) == ("paid", money(3960), money(39_600))
    assert subscription(marketplace).current_index == 2
    assert charges(marketplace, amount_cents=39_600, charge_id="tenfold") == ("applied", "no_effect")
    assert "a refund of €356.40 was requested for you" in reader(marketplace)
    page = browser_of(marketplace, "operator").get("/operator/reversals").visible_text
    assert "€356.40 of €396.00 charged" in page
    assert "More was charged than the renewal costs." in page


def test_what_was_asked_back_already_is_not_asked_back_again_with_the_rest(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller, operator: Caller
) -> None:
    run_until(marketplace, clock, RENEWAL - 2 * DAY)
    charges(marketplace, amount_cents=5000, charge_id="dear")
    cancels(marketplace, "api", customer)
    assert asked_back(marketplace) == [("dear", 1040, "above_price"), ("dear", 3960, "renewal_stopped")]
    keys = {one.data["idempotency_key"] for one in outgoing(marketplace, "reversal_due")}
    assert keys == {f"{PURCHASE}:2:dear:above_price", f"{PURCHASE}:2:dear"}
    assert listed(operator) == [("dear", 5000, 5000, "renewal_stopped")]


def test_a_charge_in_another_currency_pays_nothing(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    run_until(marketplace, clock, RENEWAL - 2 * DAY)
    charges(marketplace, amount=money(3960, "USD"), charge_id="dollars")
    assert asked_back(marketplace) == [("dollars", 3960, "wrong_amount")]
    assert payments(marketplace) == {1: "paid"}
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert len(outgoing(marketplace, "renewal_due")) == 1


# --- money that pays nothing


@pytest.mark.parametrize("amount", [money(3959), money(39_600, "USD")], ids=str)
def test_a_charge_of_less_than_was_asked_for_is_asked_back_and_the_right_one_may_follow(
    marketplace: Marketplace, clock: time_machine.Traveller, operator: Caller, amount: dict[str, Any]
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert charges(marketplace, amount=amount, charge_id="wrong") == ("applied", "changed")
    cents = amount["amount_cents"]
    assert listed(operator) == [("wrong", cents, cents, "wrong_amount")]
    assert asked_back(marketplace) == [("wrong", cents, "wrong_amount")]
    assert (code_of(marketplace), payments(marketplace)[2]) == ("PAYMENT_PENDING", "pending")
    assert charges(marketplace, charge_id="right") == ("applied", "changed")
    assert (code_of(marketplace), len(asked_back(marketplace))) == ("VALID", 1)


def test_a_reactivation_charged_after_the_withdrawal_is_asked_back_once(
    marketplace: Marketplace, clock: time_machine.Traveller, customer: Caller, operator: Caller
) -> None:
    clock.shift(DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + HOUR)
    run_until(marketplace, clock, RENEWAL + DAY)
    assert customer.post(f"/subscriptions/{PURCHASE}/reactivation").status_code == 202
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    clock.shift(5 * MINUTE)
    for outcome in ("changed", "no_effect"):
        assert charges(marketplace, "reactivated", amount_cents=13_365, charge_id="late") == ("applied", outcome)
    assert asked_back(marketplace) == [("late", 13_365, "not_reactivable")]
    assert listed(operator) == [("late", 13_365, 13_365, "not_reactivable")]
    assert code_of(marketplace) == "EXPIRED"
    page = reader(marketplace)
    assert "€133.65 charged on 4 March 2027: a refund was requested for you on 4 March 2027." in page
    assert "Business Care could not be reactivated." in page


def test_a_second_reactivation_told_twice_is_asked_back_once(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.shift(DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + HOUR)
    run_until(marketplace, clock, RENEWAL + DAY)
    for charge_id in ("first", "second", "second"):
        charges(marketplace, "reactivated", amount_cents=13_365, charge_id=charge_id)
    assert asked_back(marketplace) == [("second", 13_365, "second_charge")]
    assert subscription(marketplace).last_day == date(2028, 3, 4)


# --- a reversal is not taken back


@pytest.mark.parametrize("enabled_first", [True, False])
def test_a_renewal_enabled_in_time_is_paid_unless_its_reversal_was_asked_for_before_that_was_known(
    marketplace: Marketplace, clock: time_machine.Traveller, enabled_first: bool
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    charges(marketplace)
    clock.shift(DAY)
    choices = [(publish_renewal_enabled, RENEWAL - HOUR), (publish_renewal_cancelled, RENEWAL - 2 * HOUR)]
    for publish, received_at in choices if enabled_first else reversed(choices):
        publish(marketplace, received_at)
        marketplace.run_all_now()
    assert len(asked_back(marketplace)) == (0 if enabled_first else 1)
    assert code_of(marketplace) == ("VALID" if enabled_first else "EXPIRED")
