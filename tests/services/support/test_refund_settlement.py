"""Settlement: claims that owe nothing any more, and money given back beyond what was paid. `rules.md` 17."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from sqlalchemy import select

from marketplace_hooks.models.purchases import Purchase

from ...support.customers import money
from ...support.marketplace import Marketplace
from ...support.support_desk import (
    FIX,
    PURCHASE,
    clocks,
    due,
    in_transaction,
    now,
    prefer_fix,
    publish_request,
    published_types,
    refund_state,
    set_up_support,
)


def give_back(marketplace: Marketplace, cents: int, refund_id: str) -> None:
    marketplace.publish(
        "purchase.refunded", purchase_id=PURCHASE, refunded_at=now(), amount=money(cents), refund_id=refund_id
    )
    marketplace.run_all_now()


def test_everything_given_back_while_the_fix_was_preferred_settles_the_claim_and_ends_the_new_date(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_support(marketplace)
    clock.shift(timedelta(hours=1))
    publish_request(marketplace)
    clock.move_to(due(marketplace, FIX))
    marketplace.run_all_now()
    in_transaction(marketplace, prefer_fix)
    give_back(marketplace, 9800, "re-1")
    assert refund_state(marketplace) == "deferred"
    give_back(marketplace, 100, "re-2")
    assert (refund_state(marketplace), clocks(marketplace)["second_fix"]) == ("refunded", "void")
    assert published_types(marketplace).count("refund_settled") == 1


def test_each_refund_beyond_the_price_is_published_once_with_the_excess_so_far(marketplace: Marketplace) -> None:
    set_up_support(marketplace)
    for number in (1, 2, 3, 3):
        give_back(marketplace, 5000, f"re-{number}")
    found = [one for one in marketplace.outgoing(PURCHASE, "purchase") if one.type == "purchase.over_refunded"]
    assert [one.data["excess"] for one in found] == [money(100), money(5100)]
    [purchase] = marketplace.all(select(Purchase))
    assert purchase.over_refunded_cents == 5100
