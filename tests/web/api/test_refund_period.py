"""The current period of Business Care in a refund: an operator's choice, of what was paid and runs. `rules.md` 17."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from ...support.api_callers import Caller, MakeCaller
from ...support.business_care import publish_charge
from ...support.customers import publish_renewal, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import PURCHASE, REQUEST, clocks, publish_request

PATH = f"/support-requests/{REQUEST}"
ASK = {"action": "request", "text": "The fix never came.", "with_period": True}
PERIOD = {"what": "business_care_period", "amount_cents": 3960, "optional": True}
DAY = timedelta(days=1)
START = datetime(2026, 3, 2, 23, tzinfo=UTC)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """Bought on 2 March 2025; the fix was missed on 13 April 2026, when the second period was claimed but not paid."""
    return set_up_missed_fix(marketplace, clock, "2025-03-02T09:00:00Z")


def set_up_missed_fix(desk: Marketplace, clock: time_machine.Traveller, purchased_at: str) -> Marketplace:
    desk.publish_products("mod-1")
    set_up_purchase(desk, PURCHASE, purchased_at=purchased_at)
    clock.shift(timedelta(hours=1))
    publish_request(desk)
    for day in (1, 25, 42):  # a silence of more than thirty days would hold the renewals back.
        clock.move_to(START + day * DAY)
        desk.run_all_now()
    assert clocks(desk)["fix"] == "missed"
    return desk


def optional_lines(operator: Caller) -> list[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = operator.get(PATH).get_json()["refund"]["lines"]
    return [line for line in found if line["optional"]]


def requested_total(operator: Caller) -> int:
    """Request the refund with the current period; the whole claim in cents."""
    assert operator.post(f"{PATH}/refund", ASK).status_code == 200
    cents: int = operator.get(PATH).get_json()["refund"]["total"]["amount_cents"]
    return cents


def test_a_period_that_is_not_paid_is_not_given_back(desk: Marketplace, operator: Caller) -> None:
    assert optional_lines(operator) == []
    assert requested_total(operator) == 9900


def test_a_period_whose_payment_failed_is_not_given_back(desk: Marketplace, operator: Caller) -> None:
    event = publish_charge(desk, "payment_failed", final=True)
    desk.run_all_now()
    assert desk.state_and_outcome(event)[0] == "applied"
    assert optional_lines(operator) == []
    assert requested_total(operator) == 9900


def test_a_period_paid_since_the_refund_became_due_is_a_choice(desk: Marketplace, operator: Caller) -> None:
    publish_renewal(desk, PURCHASE, 2)
    assert optional_lines(operator) == [PERIOD]
    page = browser_of(desk, "operator", "odette").get(f"/operator/requests/{REQUEST}").visible_text
    assert "Current period of Business Care (not included)" in page
    assert requested_total(operator) == 13860
    [asked] = [one.data for one in desk.outgoing(REQUEST, "support_request") if one.type.endswith("refund_requested")]
    assert asked["lines"][1] == {**PERIOD, "optional": False}


def test_without_the_operators_choice_the_paid_period_is_left_out(desk: Marketplace, operator: Caller) -> None:
    publish_renewal(desk, PURCHASE, 2)
    assert operator.post(f"{PATH}/refund", {**ASK, "with_period": False}).status_code == 200
    assert operator.get(PATH).get_json()["refund"]["total"]["amount_cents"] == 9900
    assert optional_lines(operator) == [PERIOD]


def test_a_period_whose_charge_is_asked_back_is_not_given_back_twice(desk: Marketplace, operator: Caller) -> None:
    publish_renewal(desk, PURCHASE, 2)
    in_time = {"purchase_id": PURCHASE, "actor": "customer", "received_at": "2026-03-02T20:00:00+01:00"}
    desk.publish("subscription.renewal_cancelled", **in_time)
    desk.run_all_now()
    assert "subscription.reversal_due" in desk.published_types(PURCHASE, "purchase")
    assert optional_lines(operator) == []
    assert requested_total(operator) == 9900


def test_a_period_that_was_charged_early_and_has_not_begun_is_not_given_back(
    marketplace: Marketplace, operator: Caller, clock: time_machine.Traveller
) -> None:
    set_up_missed_fix(marketplace, clock, "2025-06-01T09:00:00Z")
    publish_renewal(marketplace, PURCHASE, 2)
    assert optional_lines(operator) == []
    assert requested_total(operator) == 9900


def test_a_period_that_ends_before_the_refund_is_requested_is_none_of_its_lines(
    desk: Marketplace, operator: Caller, calls: MakeCaller, clock: time_machine.Traveller
) -> None:
    publish_renewal(desk, PURCHASE, 2)
    assert calls("customer", "customer-1").post(f"{PATH}/refund", {"action": "defer"}).status_code == 200
    assert optional_lines(operator) == [PERIOD]
    clock.move_to(datetime.fromisoformat("2027-03-04T12:00:00Z"))
    assert optional_lines(operator) == []
