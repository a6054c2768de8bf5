"""A cancellation or a renewal enabled again counts from its receipt, in whatever order it is recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations

import pytest
import time_machine

from marketplace_hooks.services.business_care.renewal_run import run_renewals

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
from ...support.customers import money
from ...support.marketplace import Marketplace

pytestmark = pytest.mark.usefixtures("bought")


@pytest.mark.parametrize("comes_after_the_claim", [False, True])
@pytest.mark.parametrize(
    ("received_at", "renews"),
    [
        (RENEWAL - 30 * SECOND, False),
        (RENEWAL - SECOND / 1000, False),
        (RENEWAL, True),
        (RENEWAL + 30 * SECOND, True),
    ],
    ids=["the minute before", "just before", "at the instant", "the minute after"],
)
def test_a_cancellation_in_the_minute_of_the_renewal_ends_alike_whichever_comes_first(
    marketplace: Marketplace,
    clock: time_machine.Traveller,
    received_at: datetime,
    renews: bool,
    comes_after_the_claim: bool,
) -> None:
    run_until(marketplace, clock, RENEWAL + MINUTE)
    if not comes_after_the_claim:
        publish_renewal_cancelled(marketplace, received_at)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    if comes_after_the_claim:
        publish_renewal_cancelled(marketplace, received_at)
    run_until(marketplace, clock, RENEWAL + HOUR)
    if renews:
        publish_charge(marketplace, "renewed")
        marketplace.run_all_now()
    assert code_of(marketplace) == ("VALID_RENEWAL_CANCELLED" if renews else "EXPIRED")
    reversals = outgoing(marketplace, "reversal_due")
    assert len(reversals) == (1 if comes_after_the_claim and not renews else 0)
    [confirmed] = outgoing(marketplace, "renewal_cancelled")
    assert confirmed.data["last_day"] == (SECOND_DAYS if renews else FIRST_DAYS).isoformat()
    run_until(marketplace, clock, SECOND_RENEWAL + HOUR)
    assert max(payments(marketplace)) == (2 if renews or comes_after_the_claim else 1)
    assert code_of(marketplace) == "EXPIRED"


def test_a_cancellation_that_is_not_applied_yet_is_waited_for(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL - HOUR)
    publish_renewal_cancelled(marketplace, RENEWAL - HOUR)
    clock.move_to(RENEWAL + HOUR)
    assert run_renewals(marketplace.runtime) == 0
    marketplace.run_all_now()
    assert published_types(marketplace)[-2:] == ["renewal_cancelled", "expired"]
    assert payments(marketplace) == {1: "paid"}


@pytest.mark.parametrize("is_paid", [False, True])
def test_a_cancellation_in_time_that_is_recorded_after_the_claim_is_reversed_once(
    marketplace: Marketplace, clock: time_machine.Traveller, is_paid: bool
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    if is_paid:
        publish_charge(marketplace, "renewed")
        marketplace.run_all_now()
    for hours in (1, 2, 1):
        publish_renewal_cancelled(marketplace, RENEWAL - hours * HOUR)
        marketplace.run_all_now()
    [reversal] = outgoing(marketplace, "reversal_due")
    assert reversal.data["period_index"] == 2
    assert reversal.data["amount"] == money(3960)
    assert reversal.data["idempotency_key"] == outgoing(marketplace, "renewal_due")[0].data["idempotency_key"]
    assert reversal.data["charge_id"] == (f"ch-{PURCHASE}-2" if is_paid else None)
    assert (subscription(marketplace).state, subscription(marketplace).last_day) == ("expired", FIRST_DAYS)
    assert published_types(marketplace)[-3:] == ["renewal_cancelled", "reversal_due", "expired"]


def test_a_success_that_crosses_the_reversal_gives_no_entitlement(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    publish_renewal_cancelled(marketplace, RENEWAL - HOUR)
    marketplace.run_all_now()
    crossing = publish_charge(marketplace, "renewed")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(crossing) == ("applied", "no_effect")
    assert (code_of(marketplace), periods(marketplace)[1].charge_id) == ("EXPIRED", f"ch-{PURCHASE}-2")


def test_a_success_after_a_failure_that_was_final_is_reversed_if_the_renewal_had_been_stopped(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    publish_charge(marketplace, "payment_failed", final=True)
    publish_renewal_cancelled(marketplace, RENEWAL - HOUR)
    publish_charge(marketplace, "renewed")
    marketplace.run_all_now()
    assert len(outgoing(marketplace, "reversal_due")) == 1
    assert code_of(marketplace) == "EXPIRED"


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_words_count_by_their_receipt_whatever_order_they_come_in(
    marketplace: Marketplace, clock: time_machine.Traveller, order: tuple[int, ...]
) -> None:
    clock.shift(10 * DAY)
    words: list[tuple[Callable[..., str], int]] = [
        (publish_renewal_cancelled, 1),
        (publish_renewal_enabled, 2),
        (publish_renewal_cancelled, 3),
    ]
    for number in order:
        say, days = words[number]
        say(marketplace, BOUGHT + days * DAY)
        marketplace.run_all_now()
    known = subscription(marketplace)
    assert (known.customer_stopped_at, known.customer_lifted_at) == (BOUGHT + 3 * DAY, None)
    past = [code_of(marketplace, BOUGHT + half * DAY / 2) for half in (1, 3, 5, 7)]
    assert past == ["VALID", "VALID_RENEWAL_CANCELLED", "VALID", "VALID_RENEWAL_CANCELLED"]


@pytest.mark.parametrize("cancelled_first", [True, False])
def test_of_two_choices_of_one_instant_the_cancellation_counts_whichever_comes_first(
    marketplace: Marketplace, clock: time_machine.Traveller, cancelled_first: bool
) -> None:
    run_until(marketplace, clock, RENEWAL - HOUR)
    choices = [publish_renewal_cancelled, publish_renewal_enabled]
    for publish in choices if cancelled_first else reversed(choices):
        publish(marketplace, RENEWAL - HOUR)
        marketplace.run_all_now()
    run_until(marketplace, clock, RENEWAL + HOUR)
    assert code_of(marketplace) == "EXPIRED"
    assert max(payments(marketplace)) == 1


def test_a_cancellation_taken_back_in_time_and_recorded_late_reverses_nothing(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL - HOUR)
    publish_renewal_enabled(marketplace, RENEWAL - HOUR)
    is_charged(marketplace, clock)
    publish_renewal_cancelled(marketplace, RENEWAL - 2 * HOUR)
    marketplace.run_all_now()
    assert outgoing(marketplace, "reversal_due") == []
    assert code_of(marketplace) == "VALID"


def test_a_renewal_stopped_at_its_instant_is_not_claimed_for_words_that_came_after(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL + 9 * MINUTE)
    publish_renewal_cancelled(marketplace, RENEWAL - HOUR)
    publish_renewal_enabled(marketplace, RENEWAL + MINUTE)
    publish_renewal_cancelled(marketplace, RENEWAL + 5 * MINUTE)
    run_until(marketplace, clock, RENEWAL + HOUR)
    assert payments(marketplace) == {1: "paid"}


@pytest.mark.parametrize(("seconds", "claimed"), [(-1, True), (0, False), (1, False)])
def test_a_renewal_enabled_in_time_is_claimed_although_it_was_recorded_late(
    marketplace: Marketplace, clock: time_machine.Traveller, seconds: int, claimed: bool
) -> None:
    clock.shift(DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + DAY)
    run_until(marketplace, clock, RENEWAL + HOUR)
    assert code_of(marketplace) == "EXPIRED"
    publish_renewal_enabled(marketplace, RENEWAL + seconds * SECOND)
    run_until(marketplace, clock, RENEWAL + 2 * HOUR)
    assert payments(marketplace) == ({1: "paid", 2: "pending"} if claimed else {1: "paid"})
    assert code_of(marketplace) == ("PAYMENT_PENDING" if claimed else "EXPIRED")


def test_a_cancellation_is_confirmed_once_with_the_end_date(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.shift(DAY)
    event = publish_renewal_cancelled(marketplace, BOUGHT + HOUR)
    publish_renewal_cancelled(marketplace, BOUGHT + 2 * HOUR)
    publish_renewal_cancelled(marketplace, BOUGHT + 30 * MINUTE)
    marketplace.run_all_now()
    [confirmed] = outgoing(marketplace, "renewal_cancelled")
    assert (confirmed.data["by"], confirmed.data["last_day"]) == ("customer", FIRST_DAYS.isoformat())
    assert confirmed.cause["event_id"] == event
    assert subscription(marketplace).customer_stopped_at == BOUGHT + 30 * MINUTE
    assert code_of(marketplace) == "VALID_RENEWAL_CANCELLED"


def test_the_same_preference_received_twice_is_one(marketplace: Marketplace) -> None:
    first = publish_renewal_cancelled(marketplace, BOUGHT)
    again = publish_renewal_cancelled(marketplace, BOUGHT)
    marketplace.run_all_now()
    assert [marketplace.state_and_outcome(one)[1] for one in (first, again)] == ["changed", "no_effect"]


def test_enabling_what_renews_anyway_changes_nothing(marketplace: Marketplace) -> None:
    event = publish_renewal_enabled(marketplace, BOUGHT)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "no_effect")
    assert published_types(marketplace) == ["started"]


def test_an_enabled_renewal_happens(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    clock.shift(DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + HOUR)
    publish_renewal_enabled(marketplace, BOUGHT + 2 * HOUR)
    run_until(marketplace, clock, RENEWAL + HOUR)
    assert payments(marketplace) == {1: "paid", 2: "pending"}


def test_a_preference_of_a_clock_that_runs_fast_counts_from_our_receipt(marketplace: Marketplace) -> None:
    event = publish_renewal_cancelled(marketplace, BOUGHT + 4 * MINUTE)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert subscription(marketplace).customer_stopped_at == BOUGHT
    assert code_of(marketplace) == "VALID_RENEWAL_CANCELLED"


def test_a_preference_dated_in_the_future_is_rejected_and_the_next_one_counts(marketplace: Marketplace) -> None:
    mistaken = publish_renewal_cancelled(marketplace, BOUGHT + 100 * DAY)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(mistaken) == ("rejected", None)
    assert code_of(marketplace) == "VALID"
    true_one = publish_renewal_cancelled(marketplace, BOUGHT)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(true_one) == ("applied", "changed")
    assert code_of(marketplace) == "VALID_RENEWAL_CANCELLED"


def test_while_a_renewal_is_unpaid_a_cancellation_names_the_day_it_would_last_to(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    run_until(marketplace, clock, RENEWAL + HOUR)
    publish_renewal_cancelled(marketplace, datetime.now(UTC))
    marketplace.run_all_now()
    assert outgoing(marketplace, "renewal_cancelled")[0].data["last_day"] == SECOND_DAYS.isoformat()
