"""Two workers that apply the same events at the same moment make one purchase and one refund, published once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
import time_machine
from sqlalchemy import func, select

from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.purchases import Purchase, Refund
from marketplace_hooks.models.subscriptions import Period, Subscription

from ..support.business_care import periods, published_types, purchase
from ..support.concurrency import apply_at_once
from ..support.customers import money, publish_customer, publish_purchase, set_up_purchase
from ..support.marketplace import Marketplace

IDS = [f"purchase-{number}" for number in range(6)]
BATCHES = [1, len(IDS)]
"""One event in a transaction, and all: then the second worker meets the first in the middle of its own."""


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    publish_customer(marketplace)
    marketplace.run_all_now()


def how_many(marketplace: Marketplace, table: type) -> int:
    [count] = marketplace.all(select(func.count()).select_from(table))
    return int(count)


def assert_each_changed_something_once(marketplace: Marketplace, pairs: list[tuple[str, str]]) -> None:
    """Of two identical events one did what it says, the other nothing."""
    fates = {tuple(sorted(str(marketplace.state_and_outcome(one)) for one in pair)) for pair in pairs}
    assert fates == {("('applied', 'changed')", "('applied', 'no_effect')")}


@pytest.mark.parametrize(
    ("count", "batch", "step"),
    [(6, 1, 1), (6, 6, 1), (2, 2, -1)],
    ids=["one by one", "in batches", "in batches that meet crosswise"],
)
def test_a_purchase_received_twice_by_two_workers_at_once_is_one(
    make_marketplace: Callable[..., Marketplace],
    marketplace: Marketplace,
    monkeypatch: pytest.MonkeyPatch,
    count: int,
    batch: int,
    step: int,
) -> None:
    ids = IDS[:count]
    first = [publish_purchase(marketplace, id_) for id_ in ids]
    second = [publish_purchase(marketplace, id_) for id_ in ids[::step]]
    apply_at_once([make_marketplace(DRAIN_BATCH=batch) for _ in range(2)], [first, second], monkeypatch)
    marketplace.run_all_now()

    assert [how_many(marketplace, table) for table in (Purchase, Subscription, Period)] == [count] * 3
    assert [(published_types(marketplace, id_), len(periods(marketplace, id_))) for id_ in ids] == [
        (["started"], 1)
    ] * count
    assert_each_changed_something_once(marketplace, list(zip(first, second[::step], strict=True)))


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("cents", [9900, 4000], ids=["whole", "in part"])
def test_a_refund_received_twice_by_two_workers_at_once_is_one(
    make_marketplace: Callable[..., Marketplace],
    marketplace: Marketplace,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
    batch: int,
    cents: int,
) -> None:
    for id_ in IDS:
        set_up_purchase(marketplace, id_)
    clock.shift(3600)

    def refunds(id_: str) -> str:
        refunded = {"refunded_at": "2026-03-02T10:00:00Z", "amount": money(cents), "request_id": None}
        return marketplace.publish("purchase.refunded", purchase_id=id_, **refunded)

    first = [refunds(id_) for id_ in IDS]
    second = [refunds(id_) for id_ in IDS]
    apply_at_once([make_marketplace(DRAIN_BATCH=batch) for _ in range(2)], [first, second], monkeypatch)
    marketplace.run_all_now()

    assert how_many(marketplace, Refund) == len(IDS)
    assert {purchase(marketplace, id_).refunded_cents for id_ in IDS} == {cents}
    is_whole = cents == 9900
    assert {tuple(published_types(marketplace, id_)) for id_ in IDS} == {("started", *["renewal_cancelled"] * is_whole)}
    numbers = Counter(
        (one.subject_id, one.sequence)
        for one in marketplace.all(select(OutgoingEvent).where(OutgoingEvent.subject_kind == "purchase"))
    )
    assert set(numbers.values()) == {1}
    assert_each_changed_something_once(marketplace, list(zip(first, second, strict=True)))
