"""The platform's charges, failures and reactivations make the same of a Business Care in whatever order they come."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest
import time_machine

from marketplace_hooks.models.subscriptions import PeriodKind

from ...support.business_care import (
    BOUGHT,
    CLAIM_DELAY,
    DAY,
    FIRST_DAYS,
    HOUR,
    MINUTE,
    PURCHASE,
    RENEWAL,
    SECOND,
    SECOND_DAYS,
    SECOND_RENEWAL,
    code_of,
    instant,
    is_charged,
    outgoing,
    payments,
    periods,
    publish_charge,
    publish_renewal_cancelled,
    publish_renewal_enabled,
    published_types,
    run_until,
    subscription,
)
from ...support.customers import money, publish_refund, set_up_purchase
from ...support.marketplace import WITHDRAWN, Marketplace

pytestmark = pytest.mark.usefixtures("bought")


# --- payments


def test_from_the_instant_until_it_is_paid_the_payment_is_pending(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL - SECOND)
    assert code_of(marketplace) == "VALID"
    run_until(marketplace, clock, RENEWAL)
    assert (code_of(marketplace), payments(marketplace)) == ("PAYMENT_PENDING", {1: "paid"})
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert (code_of(marketplace), payments(marketplace)) == ("PAYMENT_PENDING", {1: "paid", 2: "pending"})
    publish_charge(marketplace, "renewed")
    marketplace.run_all_now()
    assert (code_of(marketplace), payments(marketplace)) == ("VALID", {1: "paid", 2: "paid"})
    assert code_of(marketplace, RENEWAL + MINUTE) == "PAYMENT_PENDING"
    assert subscription(marketplace).last_day == SECOND_DAYS


def test_only_a_final_failure_ends_anything(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    first = publish_charge(marketplace, "payment_failed")
    marketplace.run_all_now()
    assert (marketplace.state_and_outcome(first)[1], code_of(marketplace)) == ("no_effect", "PAYMENT_PENDING")
    clock.shift(DAY)
    publish_charge(marketplace, "payment_failed", final=True)
    marketplace.run_all_now()
    assert code_of(marketplace) == "EXPIRED"
    assert (subscription(marketplace).last_day, published_types(marketplace)[-1]) == (FIRST_DAYS, "expired")


def test_a_success_after_all_gives_the_period_back(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    publish_charge(marketplace, "payment_failed", final=True)
    clock.shift(DAY)
    publish_charge(marketplace, "renewed")
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID"
    run_until(marketplace, clock, SECOND_RENEWAL + CLAIM_DELAY)
    assert payments(marketplace) == {1: "paid", 2: "paid", 3: "pending"}


def test_a_failure_received_after_the_success_changes_nothing(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    is_charged(marketplace, clock)
    late = publish_charge(marketplace, "payment_failed", final=True)
    marketplace.run_all_now()
    assert (marketplace.state_and_outcome(late)[1], code_of(marketplace)) == ("no_effect", "VALID")


@pytest.mark.parametrize("amount", [money(3961), money(3959), money(3960, "USD")], ids=str)
def test_the_failure_of_an_amount_that_was_not_due_is_rejected(
    marketplace: Marketplace, clock: time_machine.Traveller, amount: dict[str, Any]
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    event = publish_charge(marketplace, "payment_failed", amount=amount, final=True)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert (code_of(marketplace), payments(marketplace)[2]) == ("PAYMENT_PENDING", "pending")


def test_a_charge_received_twice_is_one(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    is_charged(marketplace, clock)
    again = publish_charge(marketplace, "renewed")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(again) == ("applied", "no_effect")
    assert len(periods(marketplace)) == 2


def test_a_charge_that_was_not_due_after_a_cancellation_is_reversed(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.shift(DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + HOUR)
    run_until(marketplace, clock, RENEWAL + MINUTE)
    publish_charge(marketplace, "renewed")
    marketplace.run_all_now()
    assert len(outgoing(marketplace, "reversal_due")) == 1
    assert code_of(marketplace) == "EXPIRED"


# --- a history that is imported


def imports(marketplace: Marketplace, order: list[int], **more: Any) -> None:
    set_up_purchase(marketplace, "old", purchased_at="2022-05-31T12:00:00+02:00")
    for index in order:
        at = instant(f"{2021 + index}-06-01T00:05:00+02:00")
        publish_charge(marketplace, "renewed", index, amount_cents=1990, occurred_at=at, purchase_id="old", **more)
        marketplace.run_all_now()


@pytest.mark.parametrize("order", list(permutations((2, 3, 4))), ids=str)
def test_an_imported_history_is_taken_over_in_any_order_and_charged_never(
    marketplace: Marketplace, clock: time_machine.Traveller, order: tuple[int, ...]
) -> None:
    imports(marketplace, list(order))
    assert payments(marketplace, "old") == {1: "paid", 2: "paid", 3: "paid", 4: "paid"}
    known = subscription(marketplace, "old")
    assert (known.state, known.last_day) == ("active", date(2026, 5, 31))
    assert outgoing(marketplace, "renewal_due", "old") == []
    assert outgoing(marketplace, "expired", "old") == []
    run_until(marketplace, clock, instant("2026-06-01T00:15:00+02:00"))
    [due] = outgoing(marketplace, "renewal_due", "old")
    assert due.data["period_index"] == 5


def test_an_imported_history_that_had_ended_stays_so_and_publishes_nothing(marketplace: Marketplace) -> None:
    imports(marketplace, [2])
    assert subscription(marketplace, "old").state == "expired"
    assert published_types(marketplace, "old") == ["started"]


def test_old_words_of_an_imported_history_reverse_nothing(marketplace: Marketplace) -> None:
    imports(marketplace, [2, 3, 4])
    publish_renewal_cancelled(marketplace, instant("2022-08-01T12:00:00+02:00"), "old")
    marketplace.run_all_now()
    assert outgoing(marketplace, "reversal_due", "old") == []
    assert payments(marketplace, "old")[4] == "paid"


# --- taken up again


def has_expired(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    clock.shift(DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + DAY)
    run_until(marketplace, clock, instant("2027-10-15T12:00:00+02:00"))
    assert code_of(marketplace) == "EXPIRED"


def test_a_reactivation_opens_a_new_original_date_and_the_numbers_go_on(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    has_expired(marketplace, clock)
    publish_charge(marketplace, "reactivated", 2, amount_cents=13365)
    marketplace.run_all_now()
    known = subscription(marketplace)
    [_, opened] = periods(marketplace)
    assert (known.anchor_on, known.anchor_index, known.current_index) == (date(2027, 10, 15), 2, 2)
    assert (opened.kind, opened.first_day, opened.last_day) == (
        PeriodKind.REACTIVATION,
        date(2027, 10, 15),
        date(2028, 10, 15),
    )
    assert (code_of(marketplace), published_types(marketplace)[-1]) == ("VALID", "started")
    run_until(marketplace, clock, instant("2028-10-16T00:15:00+02:00"))
    assert outgoing(marketplace, "renewal_due")[-1].data["period_index"] == 3


def test_an_old_word_that_comes_late_does_not_stop_what_was_reactivated(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    has_expired(marketplace, clock)
    publish_charge(marketplace, "reactivated", 2)
    publish_renewal_enabled(marketplace, BOUGHT + HOUR)
    publish_renewal_cancelled(marketplace, BOUGHT + 2 * HOUR)
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID"


@pytest.mark.parametrize("index", [2, 3])
def test_after_a_failed_renewal_it_is_reactivated_under_either_number(
    marketplace: Marketplace, clock: time_machine.Traveller, index: int
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    publish_charge(marketplace, "payment_failed", final=True)
    clock.shift(DAY)
    publish_charge(marketplace, "reactivated", index)
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID"
    assert periods(marketplace)[-1].index == index
    assert subscription(marketplace).last_day == date(2028, 3, 4)


def test_a_reactivation_received_twice_is_one(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    has_expired(marketplace, clock)
    first = publish_charge(marketplace, "reactivated", 2)
    again = publish_charge(marketplace, "reactivated", 2)
    marketplace.run_all_now()
    assert [marketplace.state_and_outcome(one)[1] for one in (first, again)] == ["changed", "no_effect"]


@pytest.mark.parametrize("index", [2, 3])
def test_a_reactivation_that_is_received_before_the_failure_waits_for_it_under_either_number(
    marketplace: Marketplace, clock: time_machine.Traveller, index: int
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    early = publish_charge(marketplace, "reactivated", index)
    marketplace.run_all_now()
    assert (marketplace.state_and_outcome(early)[0], code_of(marketplace)) == ("parked", "PAYMENT_PENDING")
    publish_charge(marketplace, "payment_failed", final=True)
    marketplace.run_all_now()
    assert (marketplace.state_and_outcome(early)[0], code_of(marketplace)) == ("applied", "VALID")


def test_what_has_lapsed_may_be_reactivated_before_we_have_noticed(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.shift(DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + DAY)
    run_until(marketplace, clock, RENEWAL + MINUTE)
    publish_charge(marketplace, "reactivated", 2)
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID"


def test_nobody_reactivates_what_is_running(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    clock.shift(DAY)
    publish_charge(marketplace, "reactivated", 2)
    marketplace.run_all_now()
    assert [one.data["reason"] for one in outgoing(marketplace, "reversal_due")] == ["not_reactivable"]
    assert len(periods(marketplace)) == 1


def test_nobody_reactivates_what_was_refunded(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    has_expired(marketplace, clock)
    publish_refund(marketplace, PURCHASE)
    publish_charge(marketplace, "reactivated", 2)
    marketplace.run_all_now()
    assert [one.data["reason"] for one in outgoing(marketplace, "reversal_due")] == ["not_reactivable"]
    assert code_of(marketplace) == "REFUNDED"


@pytest.mark.parametrize(("hours", "asked_back", "expected"), [(-1, 0, "VALID_RENEWAL_CANCELLED"), (1, 1, "EXPIRED")])
def test_a_withdrawn_product_cannot_be_reactivated(
    marketplace: Marketplace, clock: time_machine.Traveller, hours: int, asked_back: int, expected: str
) -> None:
    has_expired(marketplace, clock)
    withdrawn_at = datetime.now(UTC)
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    clock.shift(DAY)
    publish_charge(marketplace, "reactivated", 2, occurred_at=withdrawn_at + hours * HOUR)
    marketplace.run_all_now()
    assert (len(outgoing(marketplace, "reversal_due")), code_of(marketplace)) == (asked_back, expected)


def test_a_reactivation_of_29_february_comes_back_to_it(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.shift(DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + DAY)
    run_until(marketplace, clock, instant("2028-02-29T12:00:00+01:00"))
    publish_charge(marketplace, "reactivated", 2)
    marketplace.run_all_now()
    ends = [subscription(marketplace).last_day]
    for index, day in ((3, "2029-03-01"), (4, "2030-03-01"), (5, "2031-03-01")):
        run_until(marketplace, clock, instant(f"{day}T00:15:00+01:00"))
        publish_charge(marketplace, "renewed", index)
        marketplace.run_all_now()
        ends.append(subscription(marketplace).last_day)
    assert ends == [date(2029, 2, 28), date(2030, 2, 28), date(2031, 2, 28), date(2032, 2, 29)]
