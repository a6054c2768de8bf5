"""Fixes count once the customer can download them, from the receipt or the purchase. `rules.md` 22."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from ...support.customers import publish_release, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.support_desk import (
    REQUEST,
    buy_release,
    clocks,
    publish_request,
    request,
    set_up_support,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    set_up_support(marketplace)
    publish_request(marketplace)
    clock.shift(HOUR)
    return marketplace


def test_a_paid_release_that_names_a_request_has_no_effect_until_it_was_bought(desk: Marketplace) -> None:
    event = publish_release(desk, "paid-1", kind="paid", fixes=[REQUEST])
    desk.run_all_now()
    assert desk.event(event).outcome == "changed"
    assert f"{REQUEST} (not_bought)" in str(desk.event(event).errors)
    assert (request(desk).handling, clocks(desk)) == ("accepted", {"acknowledgement": "running", "fix": "running"})
    buy_release(desk, "paid-1")
    assert (request(desk).handling, clocks(desk)["fix"]) == ("resolved", "met")


def test_a_fix_counts_from_the_receipt_of_its_event(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_release(desk, fixes=[REQUEST])
    received_at = datetime.now(UTC)
    clock.shift(90 * 24 * HOUR)
    desk.run_all_now()
    assert clocks(desk) == {"acknowledgement": "met", "fix": "met"}
    assert abs(request(desk).resolved_at - received_at) < HOUR


def test_what_another_purchase_has_bought_fixes_nothing(desk: Marketplace) -> None:
    set_up_purchase(desk, "purchase-2", customer_id="customer-2")
    publish_release(desk, "paid-1", kind="paid", fixes=[REQUEST])
    desk.run_all_now()
    buy_release(desk, "paid-1", purchase_id="purchase-2")
    assert (request(desk).handling, clocks(desk)["fix"]) == ("accepted", "running")
