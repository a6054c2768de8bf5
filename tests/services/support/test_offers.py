"""Offers of paid updates: answered by the customer, and settled once bought. `rules.md` 22."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.errors import Conflict, PayloadRejected
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import offers

from ...support.customers import publish_release
from ...support.marketplace import Marketplace
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


def offer(release_id: str = "paid-1") -> Callable[[UnitOfWork], Any]:
    amount: dict[str, Any] = {"amount_cents": 2900, "currency": "EUR"}
    return lambda uow: offers.make_offer(uow, REQUEST, release_id=release_id, amount=amount, text="", cause=CAUSE)


def answer_offer(*, accepted: bool) -> Callable[[UnitOfWork], Any]:
    return lambda uow: offers.answer_offer(uow, REQUEST, accepted=accepted, cause=CAUSE)


@pytest.fixture
def offered(desk: Marketplace) -> Marketplace:
    publish_release(desk, "paid-1", kind="paid", fixes=[])
    desk.run_all_now()
    in_transaction(desk, offer())
    return desk


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
