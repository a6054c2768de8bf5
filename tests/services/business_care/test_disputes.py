"""A payment that the bank reverses takes entitlement until the dispute is won, and for good when it is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from ...support.business_care import (
    DAY,
    HOUR,
    MINUTE,
    PURCHASE,
    code_of,
    instant,
    outgoing,
    payments,
    run_until,
)
from ...support.customers import money, set_up_purchase
from ...support.marketplace import Marketplace

BOUGHT = instant("2026-03-02T10:30:00+01:00")
RENEWAL = instant("2027-03-03T00:00:00+01:00")


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")


def now() -> str:
    return datetime.now(UTC).isoformat()


def disputes(marketplace: Marketplace, at: datetime | None = None, **more: Any) -> str:
    data = {"disputed_at": (at or datetime.now(UTC)).isoformat(), "amount": money(9900)}
    return marketplace.publish("purchase.disputed", purchase_id=PURCHASE, **{**data, **more})


def closes(marketplace: Marketplace, outcome: str, at: datetime | None = None) -> str:
    closed_at = (at or datetime.now(UTC)).isoformat()
    return marketplace.publish("purchase.dispute_closed", purchase_id=PURCHASE, outcome=outcome, closed_at=closed_at)


def test_a_dispute_rests_entitlement_until_it_is_won(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    clock.shift(DAY)
    disputes(marketplace)
    marketplace.run_all_now()
    assert code_of(marketplace) == "PAYMENT_DISPUTED"
    clock.shift(DAY)
    closes(marketplace, "won")
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID"
    past = [code_of(marketplace, BOUGHT + hours * HOUR) for hours in (23, 24, 47, 48)]
    assert past == ["VALID", "PAYMENT_DISPUTED", "PAYMENT_DISPUTED", "VALID"]


def test_a_dispute_that_is_lost_ends_the_renewals_too(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    disputes(marketplace)
    clock.shift(DAY)
    closes(marketplace, "lost")
    run_until(marketplace, clock, RENEWAL + DAY)
    assert code_of(marketplace) == "PAYMENT_DISPUTED"
    assert payments(marketplace) == {1: "paid"}
    assert [one.data["by"] for one in outgoing(marketplace, "renewal_cancelled")] == ["dispute"]


def test_an_open_dispute_stops_no_renewal(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    disputes(marketplace)
    run_until(marketplace, clock, RENEWAL + DAY)
    assert payments(marketplace) == {1: "paid", 2: "pending"}


def test_a_dispute_may_be_closed_before_its_beginning_is_received(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    clock.shift(DAY)
    closed = closes(marketplace, "won", BOUGHT + HOUR)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(closed)[0] == "parked"
    disputes(marketplace, BOUGHT + MINUTE)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(closed) == ("applied", "changed")
    assert code_of(marketplace) == "VALID"


def test_each_of_two_disputes_is_remembered(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    clock.shift(DAY)
    for hour in (1, 3):
        disputes(marketplace, BOUGHT + hour * HOUR)
        closes(marketplace, "won", BOUGHT + (hour + 1) * HOUR)
    marketplace.run_all_now()
    past = [code_of(marketplace, BOUGHT + half * HOUR / 2) for half in (1, 3, 5, 7, 9)]
    assert past == ["VALID", "PAYMENT_DISPUTED", "VALID", "PAYMENT_DISPUTED", "VALID"]
    assert code_of(marketplace) == "VALID"


def test_a_second_dispute_that_is_open_is_not_closed_by_the_closing_of_the_first(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    clock.shift(DAY)
    disputes(marketplace, BOUGHT + HOUR)
    disputes(marketplace, BOUGHT + 3 * HOUR)
    closes(marketplace, "won", BOUGHT + 2 * HOUR)
    marketplace.run_all_now()
    assert code_of(marketplace) == "PAYMENT_DISPUTED"
    assert code_of(marketplace, BOUGHT + 2 * HOUR) == "VALID"


def test_a_dispute_and_its_closing_received_twice_are_one(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    first = disputes(marketplace)
    again = disputes(marketplace)
    closed = closes(marketplace, "won")
    closed_again = closes(marketplace, "won")
    marketplace.run_all_now()
    fates = [marketplace.state_and_outcome(one)[1] for one in (first, again, closed, closed_again)]
    assert fates == ["changed", "no_effect", "changed", "no_effect"]


def test_a_dispute_in_another_currency_is_rejected(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    event = disputes(marketplace, amount=money(9900, "USD"))
    marketplace.run_all_now()
    assert (marketplace.state_and_outcome(event)[0], code_of(marketplace)) == ("rejected", "VALID")
