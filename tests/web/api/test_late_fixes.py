"""A fix delivered in time and recorded after its deadline was noticed: what the miss had made due is taken back.

`rules.md` 17 and 22: a paid fix counts from its purchase, a published one from its receipt, a confirmed proposal too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.services.support.sla_run import run_sla

from ...support.api_callers import Caller, MakeCaller
from ...support.customers import money, publish_release, set_up_release
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import (
    FIX,
    PURCHASE,
    REQUEST,
    SECOND_FIX,
    due,
    now,
    publish_request,
    published_types,
    refund_state,
    request,
    set_up_request,
    set_up_support,
)

PATH = f"/support-requests/{REQUEST}"
PAGE = f"/seller/requests/{REQUEST}"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
EXPLANATION = {"how": "explanation", "text": "The separator is under Advanced."}
REFUSAL = {"ground": "source_modified", "text": "You changed a.php", "evidence": {"files": ["a.php"]}}
Deliver = Callable[[Marketplace], object]


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A problem whose fix is due by the end of 13 April 2026; ten minutes are left."""
    set_up_support(marketplace)
    set_up_release(marketplace, "paid-1", kind="paid", fixes=[REQUEST])
    clock.shift(timedelta(hours=1))
    set_up_request(marketplace)
    clock.move_to(due(marketplace, FIX) - 10 * MINUTE)
    return marketplace


def publish_free_fix(desk: Marketplace) -> object:
    return publish_release(desk, "free-1", fixes=[REQUEST])


def publish_purchase_of_the_paid_fix(desk: Marketplace) -> object:
    bought = {"release_id": "paid-1", "purchase_id": PURCHASE, "amount": money(2900), "purchased_at": now()}
    return desk.publish("release.purchased", **bought)


DELIVERIES = pytest.mark.parametrize("deliver", [publish_free_fix, publish_purchase_of_the_paid_fix])


def deliver_unnoticed(desk: Marketplace, clock: time_machine.Traveller, deliver: Deliver) -> None:
    """Receive the fix in time, notice the missed deadline, and only then apply what was received."""
    deliver(desk)
    clock.shift(20 * MINUTE)
    run_sla(desk.runtime)


def taken_back_events(desk: Marketplace) -> list[Mapping[str, Any]]:
    """The data of the events by which a refund that was published as due is taken back."""
    found = desk.outgoing(REQUEST, "support_request")
    return [one.data for one in found if one.type == "support_request.refund_no_longer_due"]


def states(operator: Caller) -> tuple[str, str | None, str]:
    """The states of both dates for the fix, and of the refund, as the API shows them."""
    found = operator.get(PATH).get_json()
    second = found["clocks"]["second_fix"]
    return found["clocks"]["fix"]["state"], second and second["state"], found["refund"]["state"]


def prefer_the_fix(calls: MakeCaller) -> None:
    assert calls("customer", "customer-1").post(f"{PATH}/refund", {"action": "defer"}).status_code == 200


def confirm_proposal(desk: Marketplace) -> None:
    page = browser_of(desk, "seller", "seller-1")
    page.get(PAGE)
    page.post(f"{PAGE}/confirmations", counts="yes")


@DELIVERIES
def test_a_fix_in_time_recorded_after_the_miss_makes_no_refund_due(
    desk: Marketplace, operator: Caller, clock: time_machine.Traveller, deliver: Deliver
) -> None:
    deliver_unnoticed(desk, clock, deliver)
    assert states(operator) == ("missed", None, "due")
    desk.run_all_now()
    assert states(operator) == ("met", None, "none")
    [taken_back] = taken_back_events(desk)
    assert (taken_back["amount"], taken_back["refund_state"]) == (money(9900), "none")
    clock.shift(10 * DAY)
    desk.run_all_now()
    assert "refund_requested" not in published_types(desk)
    page = browser_of(desk, "customer", "customer-1").get(f"/support/{REQUEST}").visible_text
    assert "Still owed" not in page


@DELIVERIES
def test_the_new_date_of_a_customer_who_prefers_the_fix_is_gone_with_the_refund(
    desk: Marketplace, operator: Caller, calls: MakeCaller, clock: time_machine.Traveller, deliver: Deliver
) -> None:
    deliver_unnoticed(desk, clock, deliver)
    prefer_the_fix(calls)
    desk.run_all_now()
    assert states(operator) == ("met", None, "none")
    assert len(taken_back_events(desk)) == 1
    # Reported as not fixed, the first date goes on: missed, it makes the refund due as any other.
    assert calls("customer", "customer-1").post(f"{PATH}/not-fixed", {"text": "No."}).status_code == 200
    assert states(operator) == ("running", None, "none")
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    assert states(operator) == ("missed", None, "due")


def test_what_was_requested_once_and_then_put_off_lapses_and_is_never_requested_under_the_same_key(
    desk: Marketplace, operator: Caller, calls: MakeCaller, clock: time_machine.Traveller
) -> None:
    deliver_unnoticed(desk, clock, publish_free_fix)
    assert operator.post(f"{PATH}/refund", {"action": "request", "text": "At once."}).status_code == 200
    prefer_the_fix(calls)
    desk.run_all_now()
    assert states(operator) == ("met", "met", "lapsed")
    assert [one["refund_state"] for one in taken_back_events(desk)] == ["lapsed"]


def test_a_refund_that_was_requested_stays_so(
    desk: Marketplace, operator: Caller, clock: time_machine.Traveller
) -> None:
    deliver_unnoticed(desk, clock, publish_free_fix)
    clock.shift(4 * DAY)
    run_sla(desk.runtime)
    desk.run_all_now()
    assert states(operator) == ("met", None, "requested")
    assert taken_back_events(desk) == []


@DELIVERIES
def test_a_fix_by_the_new_date_recorded_after_it_was_missed_ends_the_claim(
    desk: Marketplace, operator: Caller, calls: MakeCaller, clock: time_machine.Traveller, deliver: Deliver
) -> None:
    clock.shift(DAY)
    desk.run_all_now()
    prefer_the_fix(calls)
    clock.move_to(due(desk, SECOND_FIX) - 10 * MINUTE)
    deliver_unnoticed(desk, clock, deliver)
    assert states(operator) == ("missed", "missed", "due")
    desk.run_all_now()
    assert states(operator) == ("missed", "met", "lapsed")
    assert [one["refund_state"] for one in taken_back_events(desk)] == ["lapsed"]
    clock.shift(5 * DAY)
    desk.run_all_now()
    assert states(operator) == ("missed", "met", "lapsed")


def prefer_the_fix_and_propose(
    desk: Marketplace,
    calls: MakeCaller,
    seller: Caller,
    clock: time_machine.Traveller,
    act: str,
    body: Mapping[str, Any],
) -> None:
    """The customer prefers the fix; a program of the seller's acts minutes before the new date; a day passes."""
    clock.shift(DAY)
    desk.run_all_now()
    prefer_the_fix(calls)
    clock.move_to(due(desk, SECOND_FIX) - 10 * MINUTE)
    assert seller.post(f"{PATH}/{act}", body).status_code == 200
    clock.shift(DAY)
    desk.run_all_now()


def test_a_confirmed_resolution_by_the_new_date_ends_the_claim(
    desk: Marketplace, operator: Caller, calls: MakeCaller, seller: Caller, clock: time_machine.Traveller
) -> None:
    prefer_the_fix_and_propose(desk, calls, seller, clock, "resolution", EXPLANATION)
    assert refund_state(desk) == "due"
    confirm_proposal(desk)
    assert states(operator) == ("missed", "met", "lapsed")


def test_a_confirmed_refusal_before_the_new_date_puts_the_refund_off_until_it_is_decided(
    desk: Marketplace, operator: Caller, calls: MakeCaller, seller: Caller, clock: time_machine.Traveller
) -> None:
    prefer_the_fix_and_propose(desk, calls, seller, clock, "refusal", REFUSAL)
    confirm_proposal(desk)
    assert states(operator) == ("missed", "frozen", "deferred")
    assert [one["refund_state"] for one in taken_back_events(desk)] == ["deferred"]
    clock.shift(40 * DAY)
    desk.run_all_now()
    assert states(operator) == ("missed", "void", "due")


def test_a_confirmed_refusal_before_the_first_date_takes_the_deferred_refund_back(
    desk: Marketplace, operator: Caller, calls: MakeCaller, seller: Caller, clock: time_machine.Traveller
) -> None:
    assert seller.post(f"{PATH}/refusal", REFUSAL).status_code == 200
    clock.shift(DAY)
    desk.run_all_now()
    prefer_the_fix(calls)
    confirm_proposal(desk)
    assert states(operator) == ("frozen", None, "none")
    assert len(taken_back_events(desk)) == 1


def test_another_missed_fix_of_the_purchase_is_claimed_when_the_claim_is_taken_back(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_request(desk, "request-2", submitted_at=request(desk).submitted_at.isoformat())
    deliver_unnoticed(desk, clock, publish_free_fix)
    assert (refund_state(desk), refund_state(desk, "request-2")) == ("due", "none")
    desk.run_all_now()
    assert (refund_state(desk), refund_state(desk, "request-2")) == ("none", "due")
