"""Offers of paid updates: answered by the customer, and settled once bought. `rules.md` 22."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.errors import Conflict, PayloadRejected
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import moves, offers

from ...support.api_callers import caller_of, problem_of
from ...support.customers import money, publish_release
from ...support.marketplace import Marketplace
from ...support.prepared import prepared
from ...support.support_desk import (
    CAUSE,
    REQUEST,
    buy_release,
    clocks,
    in_transaction,
    request,
    set_up_request,
    set_up_support,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    set_up_support(marketplace)
    set_up_request(marketplace)
    clock.shift(HOUR)
    return marketplace


def offer(release_id: str = "paid-1", cents: int = 2900) -> Callable[[UnitOfWork], Any]:
    amount: dict[str, Any] = {"amount_cents": cents, "currency": "EUR"}
    return lambda uow: offers.make_offer(uow, REQUEST, release_id=release_id, amount=amount, text="", cause=CAUSE)


def answer_offer(*, accepted: bool) -> Callable[[UnitOfWork], Any]:
    return lambda uow: offers.answer_offer(uow, REQUEST, accepted=accepted, cause=CAUSE)


@pytest.fixture
def offered(desk: Marketplace) -> Marketplace:
    return set_up_offer(desk)


@prepared
def set_up_offer(desk: Marketplace) -> None:
    publish_release(desk, "paid-1", kind="paid", fixes=[])
    desk.run_all_now()
    in_transaction(desk, offer())


def test_a_paid_offer_never_stops_the_fix_clock(offered: Marketplace) -> None:
    assert clocks(offered) == {"acknowledgement": "met", "fix": "running"}


def test_declined_the_fix_is_still_owed_and_accepted_it_is_settled_once_it_was_bought(offered: Marketplace) -> None:
    in_transaction(offered, answer_offer(accepted=False))
    assert (request(offered).handling, clocks(offered)["fix"]) == ("acknowledged", "running")
    with pytest.raises(Conflict, match="is declined and cannot become accepted"):
        in_transaction(offered, answer_offer(accepted=True))
    in_transaction(offered, offer())
    in_transaction(offered, answer_offer(accepted=True))
    assert (request(offered).handling, clocks(offered)["fix"]) == ("acknowledged", "running")
    buy_release(offered, "paid-1")
    assert (request(offered).handling, clocks(offered)["fix"]) == ("resolved", "met")
    assert request(offered).resolution == {"how": "paid_update", "release_id": "paid-1", "text": ""}


def test_what_is_no_release_of_the_product_cannot_be_offered(desk: Marketplace) -> None:
    with pytest.raises(PayloadRejected):
        in_transaction(desk, offer("unknown"))


# --- another offer


@pytest.fixture
def second_release(offered: Marketplace) -> None:
    set_up_second_release(offered)


@prepared
def set_up_second_release(offered: Marketplace) -> None:
    publish_release(offered, "paid-2", kind="paid", number="3.1.0", price=money(4900), fixes=[])
    offered.run_all_now()


@pytest.mark.usefixtures("second_release")
@pytest.mark.parametrize("by_program", [False, True])
def test_what_was_accepted_is_not_replaced_until_it_is_bought(offered: Marketplace, by_program: bool) -> None:
    """The customer may be paying for it: what they buy still resolves the request."""
    seller = caller_of(offered, "seller", "seller-1") if by_program else caller_of(offered, "platform")
    customer = caller_of(offered, "customer", "customer-1")
    assert customer.post(f"/support-requests/{REQUEST}/offer/answer", {"accepted": True}).status_code == 200
    another = {"release_id": "paid-2", "amount": {"amount_cents": 4900, "currency": "EUR"}, "text": ""}
    vouched = {} if by_program else {"author_type": "human"}
    refused = seller.post(f"/support-requests/{REQUEST}/offer", {**another, **vouched})
    assert problem_of(refused) == (409, "offer_awaits_purchase")
    assert request(offered).offer["release_id"] == "paid-1"
    buy_release(offered, "paid-1")
    assert request(offered).resolution == {"how": "paid_update", "release_id": "paid-1", "text": ""}


@pytest.mark.usefixtures("second_release")
def test_another_offer_may_follow_once_the_accepted_one_was_bought_and_did_not_fix_it(offered: Marketplace) -> None:
    in_transaction(offered, answer_offer(accepted=True))
    buy_release(offered, "paid-1")
    in_transaction(offered, lambda uow: moves.report_not_fixed(uow, REQUEST, text="Still there", cause=CAUSE))
    in_transaction(offered, offer("paid-2"))
    assert request(offered).offer["release_id"] == "paid-2"


SEEN = {"release_id": "paid-1", "amount": {"amount_cents": 2900, "currency": "EUR"}}


@pytest.mark.usefixtures("second_release")
@pytest.mark.parametrize("accepted", [True, False])
@pytest.mark.parametrize(
    ("seen", "status"),
    [
        ({}, 200),
        (SEEN, 409),
        ({"release_id": "paid-1"}, 409),
        ({"amount": SEEN["amount"]}, 409),
        ({"release_id": "paid-2", "amount": {"amount_cents": 4900, "currency": "USD"}}, 409),
        ({"release_id": "paid-2"}, 200),
        ({"release_id": "paid-2", "amount": {"amount_cents": 4900, "currency": "EUR"}}, 200),
    ],
)
def test_an_answer_to_an_offer_that_was_replaced_answers_nothing(
    offered: Marketplace, accepted: bool, seen: dict[str, Any], status: int
) -> None:
    in_transaction(offered, offer("paid-2", 4900))
    customer = caller_of(offered, "customer", "customer-1")
    answer = customer.post(f"/support-requests/{REQUEST}/offer/answer", {"accepted": accepted, **seen})
    assert answer.status_code == status
    answered = {True: "accepted", False: "declined"}[accepted]
    assert request(offered).offer["answer"] == (answered if status == 200 else None)
    if status == 409:
        assert problem_of(answer) == (409, "offer_changed")
