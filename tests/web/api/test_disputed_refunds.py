"""A refund while the bank has reversed the payment: not requested before the bank has decided. `rules.md` 17."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.customers import money
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import FIX, PURCHASE, REQUEST, due, now, published_types, set_up_request, set_up_support

PATH = f"/support-requests/{REQUEST}"
DAY = timedelta(days=1)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """Bought for 99.00; the fix is due by the end of 13 April 2026, and it is an hour before that."""
    set_up_support(marketplace)
    clock.shift(timedelta(hours=1))
    set_up_request(marketplace)
    clock.move_to(due(marketplace, FIX) - timedelta(hours=1))
    return marketplace


def dispute(desk: Marketplace, cents: int = 9900) -> None:
    desk.publish("purchase.disputed", purchase_id=PURCHASE, disputed_at=now(), amount=money(cents))
    desk.run_all_now()


def decide(desk: Marketplace, outcome: str) -> None:
    desk.publish("purchase.dispute_closed", purchase_id=PURCHASE, outcome=outcome, closed_at=now())
    desk.run_all_now()


def pass_days(desk: Marketplace, clock: time_machine.Traveller, days: int) -> None:
    clock.shift(days * DAY)
    desk.run_all_now()


def refund(operator: Caller) -> Mapping[str, Any]:
    found: Mapping[str, Any] = operator.get(PATH).get_json()["refund"]
    return found


def state_and_owed(operator: Caller) -> tuple[str, int]:
    found = refund(operator)
    return found["state"], found["owed"]["amount_cents"]


def test_the_refund_waits_for_the_bank_and_is_requested_when_the_dispute_is_won(
    desk: Marketplace, operator: Caller, clock: time_machine.Traveller
) -> None:
    dispute(desk)
    pass_days(desk, clock, 1)
    pass_days(desk, clock, 9)
    assert (state_and_owed(operator), refund(operator)["payment_disputed"]) == (("due", 9900), True)
    decide(desk, "won")
    assert (state_and_owed(operator), refund(operator)["payment_disputed"]) == (("requested", 9900), False)
    assert published_types(desk).count("refund_requested") == 1


def test_a_dispute_that_opens_before_the_refund_is_requested_and_is_lost_settles_it(
    desk: Marketplace, operator: Caller, clock: time_machine.Traveller
) -> None:
    pass_days(desk, clock, 1)
    dispute(desk)
    pass_days(desk, clock, 9)
    decide(desk, "lost")
    assert state_and_owed(operator) == ("refunded", 0)
    assert "refund_requested" not in published_types(desk)
    assert "purchase.over_refunded" not in desk.published_types(PURCHASE, "purchase")


def test_what_a_lost_dispute_has_not_given_back_is_requested(
    desk: Marketplace, operator: Caller, clock: time_machine.Traveller
) -> None:
    dispute(desk, 6000)
    pass_days(desk, clock, 1)
    pass_days(desk, clock, 9)
    decide(desk, "lost")
    assert state_and_owed(operator) == ("requested", 3900)


def test_an_operator_cannot_request_it_meanwhile(
    desk: Marketplace, operator: Caller, clock: time_machine.Traveller
) -> None:
    dispute(desk)
    ask = {"action": "request", "text": "At once."}
    assert problem_of(operator.post(f"{PATH}/refund", ask)) == (409, "payment_disputed")
    assert refund(operator) == {"state": "none"}
    pass_days(desk, clock, 1)
    assert problem_of(operator.post(f"{PATH}/refund", ask)) == (409, "payment_disputed")
    page = browser_of(desk, "operator", "odette").get(f"/operator/requests/{REQUEST}").visible_text
    assert "Request the refund now" not in page


def test_a_customer_who_asks_again_meanwhile_is_served_when_the_bank_has_decided(
    desk: Marketplace, operator: Caller, calls: MakeCaller, clock: time_machine.Traveller
) -> None:
    pass_days(desk, clock, 1)
    customer = calls("customer", "customer-1")
    customer.post(f"{PATH}/refund", {"action": "defer"})
    dispute(desk)
    assert customer.post(f"{PATH}/refund", {"action": "request"}).get_json()["refund"]["state"] == "due"
    decide(desk, "won")
    assert state_and_owed(operator) == ("requested", 9900)


def test_every_side_reads_that_the_bank_is_awaited(desk: Marketplace, clock: time_machine.Traveller) -> None:
    dispute(desk)
    pass_days(desk, clock, 1)
    for role, subject, page in (
        ("customer", "customer-1", f"/support/{REQUEST}"),
        ("seller", "seller-1", f"/seller/requests/{REQUEST}"),
        ("operator", "odette", f"/operator/requests/{REQUEST}"),
    ):
        text = browser_of(desk, role, subject).get(page).visible_text
        assert "The bank has reversed the payment and has not decided yet." in text, role
        assert "equested automatically" not in text, role
    for role, subject, page in (
        ("seller", "seller-1", "/seller/refunds"),
        ("operator", "odette", "/operator/refunds?state=due"),
    ):
        assert "Awaiting the bank’s decision" in browser_of(desk, role, subject).get(page).visible_text
    [event] = [one.data for one in desk.outgoing(REQUEST, "support_request") if one.type.endswith(".refund_due")]
    assert event["payment_disputed"] is True
