"""Releases that may settle a request, and those that may be offered. `rules.md` 22."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.errors import PayloadRejected
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import moves, offers

from ...support.customers import publish_release
from ...support.marketplace import Marketplace
from ...support.prepared import prepared
from ...support.support_desk import (
    CAUSE,
    REQUEST,
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


@pytest.fixture
def offered(desk: Marketplace) -> Marketplace:
    return set_up_offer(desk)


@prepared
def set_up_offer(desk: Marketplace) -> None:
    publish_release(desk, "paid-1", kind="paid", fixes=[])
    desk.run_all_now()
    in_transaction(desk, offer())


@pytest.mark.parametrize(
    ("how", "release_id", "text", "code"),
    [
        ("release", None, "It is fixed", "release_required"),
        ("release", "unheard-of", "It is fixed", "unknown_release"),
        ("release", "paid-1", "Buy it", "release_not_downloadable"),
        ("explanation", None, " \u200b\n", "text_says_nothing"),
    ],
)
def test_what_the_customer_cannot_use_resolves_nothing(
    offered: Marketplace, how: str, release_id: str | None, text: str, code: str
) -> None:
    given = {"how": how, "release_id": release_id, "text": text}
    with pytest.raises(PayloadRejected) as refused:
        in_transaction(offered, lambda uow: moves.resolve(uow, REQUEST, cause=CAUSE, **given))
    assert refused.value.code == code
    assert (request(offered).handling, clocks(offered)["fix"]) == ("acknowledged", "running")


def test_an_offer_is_of_a_paid_release_on_sale_at_its_price_or_less(offered: Marketplace) -> None:
    def refusal(release_id: str, cents: int) -> str:
        amount = {"amount_cents": cents, "currency": "EUR"}
        with pytest.raises(PayloadRejected) as refused:
            in_transaction(
                offered,
                lambda uow: offers.make_offer(uow, REQUEST, release_id=release_id, amount=amount, text="", cause=CAUSE),
            )
        return refused.value.code

    publish_release(offered, "free-1", fixes=[])
    offered.run_all_now()
    assert (refusal("paid-1", 2901), refusal("free-1", 1)) == ("offer_above_price", "release_not_paid")
    offered.change_status("mod-1", "offline_permanent")
    offered.run_all_now()
    assert refusal("paid-1", 2900) == "release_not_on_sale"
