"""The shares of one pack's purchase add up to what was paid, in whatever order the events come and prices change."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete

from marketplace_hooks.models.packs import PackRevision

from ...support.business_care import DAY, HOUR, MINUTE, instant, purchase
from ...support.customers import money, publish_customer, publish_purchase
from ...support.marketplace import Marketplace
from ...support.snapshots import import_lines, line

BOUGHT = instant("2026-03-03T10:30:00+01:00")
"""A day after everything went on sale."""
PRICES = {"mod-1": 5000, "mod-2": 2500}
PAID = 7500


@pytest.fixture(autouse=True)
def _pack_on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted", seller_id="seller-1")
    for product_id, cents in PRICES.items():
        marketplace.publish("product.upserted", product_id=product_id, price=money(cents))
    marketplace.run_all_now()
    reprice_pack(marketplace, PAID)
    publish_customer(marketplace)
    marketplace.run_all_now()
    clock.move_to(BOUGHT + DAY)


def buy(marketplace: Marketplace, product_id: str, amount_cents: int = PAID, **more: Any) -> str:
    """The event of one product of the pack, as bought at `BOUGHT`."""
    more = {"purchase_id": product_id, "pack_id": "pack-1", "purchased_at": BOUGHT.isoformat(), **more}
    return publish_purchase(marketplace, product_id=product_id, amount_cents=amount_cents, **more)


def reprice(marketplace: Marketplace, product_id: str, cents: int, **more: Any) -> None:
    marketplace.publish("product.upserted", product_id=product_id, price=money(cents), **more)
    marketplace.run_all_now()


def reprice_pack(marketplace: Marketplace, cents: int, members: tuple[str, ...] = tuple(PRICES), **more: Any) -> None:
    marketplace.publish("pack.upserted", pack_id="pack-1", product_ids=list(members), price=money(cents), **more)
    marketplace.run_all_now()


def shares(marketplace: Marketplace, *purchase_ids: str) -> list[int]:
    marketplace.run_all_now()
    return [purchase(marketplace, one).price_cents for one in purchase_ids or PRICES]


@pytest.mark.parametrize("repriced", PRICES)
@pytest.mark.parametrize("first", PRICES)
def test_a_member_repriced_between_the_events_changes_no_share(
    marketplace: Marketplace, first: str, repriced: str
) -> None:
    [second] = set(PRICES) - {first}
    buy(marketplace, first)
    marketplace.run_all_now()
    reprice(marketplace, repriced, 15_000)
    buy(marketplace, second)
    assert shares(marketplace) == [5000, 2500]


def test_the_prices_at_the_purchase_decide_although_the_events_come_later(marketplace: Marketplace) -> None:
    reprice(marketplace, "mod-2", 15_000)
    for product_id in PRICES:
        buy(marketplace, product_id)
    assert shares(marketplace) == [5000, 2500]


@pytest.mark.parametrize("order", list(permutations(("mod-1", "mod-2", "mod-3"))), ids="-".join)
@pytest.mark.parametrize("late_after", [1, 2])
def test_a_price_that_is_learnt_late_leaves_the_sum(
    marketplace: Marketplace, order: tuple[str, ...], late_after: int
) -> None:
    """The shares that are frozen stand; the others take what is left."""
    members = ("mod-1", "mod-2", "mod-3")
    late = {"sent_at": BOUGHT - HOUR}
    reprice(marketplace, "mod-3", 1901, **late)
    reprice_pack(marketplace, PAID, members, **late)
    for product_id in order[:late_after]:
        buy(marketplace, product_id)
    marketplace.run_all_now()
    reprice(marketplace, order[-1], 33_333, **late)
    for product_id in order[late_after:]:
        buy(marketplace, product_id)
    assert sum(shares(marketplace, *members)) == PAID


def test_a_pack_bought_twice_in_one_order_is_shared_out_twice_alike(marketplace: Marketplace) -> None:
    buy(marketplace, "mod-1")
    buy(marketplace, "mod-1", purchase_id="mod-1-again")
    marketplace.run_all_now()
    reprice(marketplace, "mod-1", 100, sent_at=BOUGHT - HOUR)
    buy(marketplace, "mod-2")
    buy(marketplace, "mod-2", purchase_id="mod-2-again")
    assert shares(marketplace, "mod-1", "mod-2", "mod-1-again", "mod-2-again") == [5000, 2500] * 2


@pytest.mark.parametrize("new_price", [6900, 9900])
def test_the_pack_s_price_at_the_purchase_is_recognised_after_a_new_one(
    marketplace: Marketplace, new_price: int
) -> None:
    reprice_pack(marketplace, new_price)
    for product_id in PRICES:
        buy(marketplace, product_id)
    assert shares(marketplace) == [5000, 2500]


def test_the_pack_s_price_is_recognised_although_the_older_one_is_told_late(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    reprice_pack(marketplace, 6900, version=1_000)
    reprice_pack(marketplace, 8100, version=999, sent_at=BOUGHT - HOUR)
    for product_id in PRICES:
        buy(marketplace, product_id, 8100)
    assert shares(marketplace) == [5400, 2700]


@pytest.mark.parametrize("is_repriced", [False, True])
def test_a_pack_described_by_an_earlier_version_is_recognised(marketplace: Marketplace, is_repriced: bool) -> None:
    """Earlier versions stored no revisions: the pack as it stood is kept when the next description comes."""
    with marketplace.runtime.database.begin() as connection:
        connection.execute(delete(PackRevision))
    if is_repriced:
        reprice_pack(marketplace, 6900)
    for product_id in PRICES:
        buy(marketplace, product_id)
    assert shares(marketplace) == [5000, 2500]


def test_the_members_at_the_purchase_share_although_one_was_added_since(marketplace: Marketplace) -> None:
    reprice(marketplace, "mod-3", 7500)
    reprice_pack(marketplace, PAID, ("mod-1", "mod-2", "mod-3"))
    for product_id in PRICES:
        buy(marketplace, product_id)
    assert shares(marketplace) == [5000, 2500]


def test_a_later_price_of_the_pack_is_a_product_s_own_price(marketplace: Marketplace) -> None:
    """A platform that sends shares: one that happens to be what the pack costs now is still a share."""
    reprice_pack(marketplace, 5000)
    buy(marketplace, "mod-1", 5000)
    buy(marketplace, "mod-2", 2500)
    assert shares(marketplace) == [5000, 2500]


@pytest.mark.parametrize("changed", ["member", "pack", "nothing"])
def test_the_whole_price_received_again_is_a_duplicate(marketplace: Marketplace, changed: str) -> None:
    for product_id in PRICES:
        buy(marketplace, product_id)
    marketplace.run_all_now()
    if changed == "member":
        reprice(marketplace, "mod-2", 15_000)
        reprice(marketplace, "mod-1", 1, sent_at=BOUGHT - MINUTE)
    elif changed == "pack":
        reprice_pack(marketplace, 6900)
    again = [buy(marketplace, product_id) for product_id in PRICES]
    assert shares(marketplace) == [5000, 2500]
    assert [marketplace.state_and_outcome(one) for one in again] == [("applied", "no_effect")] * 2


def test_another_price_received_again_is_rejected(marketplace: Marketplace) -> None:
    buy(marketplace, "mod-1")
    marketplace.run_all_now()
    again = buy(marketplace, "mod-1", 6900)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(again) == ("rejected", None)


def test_the_same_amount_of_another_currency_is_not_the_pack_s_price(marketplace: Marketplace) -> None:
    data = {"customer_id": "customer-1", "pack_id": "pack-1", "shop_url": None, "purchased_at": BOUGHT.isoformat()}
    for product_id in PRICES:
        bought = {"purchase_id": product_id, "product_id": product_id, "price_paid": money(PAID, "USD")}
        marketplace.publish("purchase.completed", **data, **bought)
    assert shares(marketplace) == [7500, 7500]


def test_purchases_of_other_customers_and_instants_are_other_purchases(marketplace: Marketplace) -> None:
    publish_customer(marketplace, "customer-2")
    buy(marketplace, "mod-1")
    marketplace.run_all_now()
    reprice(marketplace, "mod-2", 15_000, sent_at=BOUGHT - HOUR)
    later = (BOUGHT + timedelta(seconds=1)).isoformat()
    buy(marketplace, "mod-2", purchase_id="of-another", customer_id="customer-2")
    buy(marketplace, "mod-2", purchase_id="of-later", purchased_at=later)
    buy(marketplace, "mod-2")
    assert shares(marketplace, "of-another", "of-later", "mod-2") == [5625, 5625, 2500]


def test_an_import_after_the_events_shares_what_is_left(marketplace: Marketplace, tmp_path: Path) -> None:
    buy(marketplace, "mod-1")
    marketplace.run_all_now()
    reprice(marketplace, "mod-2", 15_000, sent_at=BOUGHT - HOUR)
    described = {"product_id": "mod-2", "pack_id": "pack-1", "price_paid": money(PAID)}
    bought_at = BOUGHT.isoformat()
    import_lines(
        marketplace,
        tmp_path / "purchases.jsonl",
        [line("purchase", purchase_id="mod-2", purchased_at=bought_at, **described)],
    )
    assert shares(marketplace) == [5000, 2500]
