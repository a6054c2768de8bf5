"""Event processor: every event is applied once, in order, by one worker at a time (`webhooks.md` 3 and 6)."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.errors import LeaseLost
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.inbox import InboxConflict, InboxEvent
from marketplace_hooks.services.inbox import leasing

from ..support.marketplace import OFFLINE, ONLINE, SECRET, Marketplace, sample

Opens = Callable[..., Marketplace]
MICROSECOND = timedelta(microseconds=1)


def test_an_event_is_applied_once_however_often_workers_run(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    event = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    applied_at = marketplace.event(event).applied_at
    marketplace.run_all_now()
    assert marketplace.event(event).applied_at == applied_at
    assert marketplace.published_types("mod-1") == ["product.hidden"]


def test_an_event_posted_again_is_applied_once(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status(
        "mod-1", OFFLINE, event_id="evt_same", version=1, sent_at=datetime(2026, 3, 2, tzinfo=UTC)
    )
    marketplace.run_all_now()
    marketplace.change_status(
        "mod-1", OFFLINE, event_id="evt_same", version=1, sent_at=datetime(2026, 3, 2, tzinfo=UTC)
    )
    marketplace.run_all_now()
    assert marketplace.published_types("mod-1") == ["product.hidden"]


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_events_about_one_product_are_applied_in_the_order_they_came(make_marketplace: Opens, batch: int) -> None:
    marketplace = make_marketplace(DRAIN_BATCH=batch)
    marketplace.publish_products("mod-1")
    for status in (OFFLINE, ONLINE, OFFLINE, ONLINE, OFFLINE):
        marketplace.change_status("mod-1", status)
    marketplace.run_all_now()
    assert marketplace.published_types("mod-1") == [
        f"product.{name}" for name in ("hidden", "shown", "hidden", "shown", "hidden")
    ]
    assert marketplace.status("mod-1") == OFFLINE


def test_everything_about_a_new_product_may_come_in_one_batch(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    marketplace.publish("product.upserted", product_id="mod-1")
    marketplace.publish("product.upserted", product_id="mod-2")
    marketplace.publish("pack.upserted", product_ids=["mod-1", "mod-2"])
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE
    assert not marketplace.is_pack_visible("pack-1")
    assert {event.state for event in marketplace.all(select(InboxEvent))} == {"applied"}


def test_two_workers_at_once_apply_every_event_once(marketplace: Marketplace) -> None:
    products = [f"mod-{number}" for number in range(8)]
    marketplace.publish_products(*products)
    for status in (OFFLINE, ONLINE, OFFLINE):
        for product_id in products:
            marketplace.change_status(product_id, status)
    with ThreadPoolExecutor(2) as workers:
        processed = list(workers.map(lambda owner: process_pending(marketplace.runtime, owner), ("one", "two")))
    marketplace.run_all_now()
    assert sum(processed) == 24
    for product_id in products:
        assert marketplace.published_types(product_id) == ["product.hidden", "product.shown", "product.hidden"]


# --- leases


def test_nobody_else_applies_what_one_worker_has_leased(
    clock: time_machine.Traveller, marketplace: Marketplace
) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    assert len(leasing.claim_shards(marketplace.runtime, "one")) == 1
    clock.shift(30)
    assert process_pending(marketplace.runtime, "two") == 0
    clock.shift(MICROSECOND)
    assert process_pending(marketplace.runtime, "two") == 1
    assert marketplace.status("mod-1") == OFFLINE


def test_a_worker_taken_for_dead_that_comes_back_can_write_nothing(
    clock: time_machine.Traveller, marketplace: Marketplace
) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    shards = leasing.claim_shards(marketplace.runtime, "one")
    clock.shift(31)
    taken = leasing.claim_shards(marketplace.runtime, "two")
    assert taken == shards
    with marketplace.runtime.database.session() as session, pytest.raises(LeaseLost):
        leasing.renew_lease(session, marketplace.runtime, "one", shards, marketplace.runtime.now())


def test_a_lease_is_renewed_by_working(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    runtime = marketplace.runtime
    shards = leasing.claim_shards(runtime, "one")
    clock.shift(20)
    with runtime.database.session() as session:
        leasing.renew_lease(session, runtime, "one", shards, runtime.now())
    clock.shift(20)
    assert leasing.claim_shards(runtime, "two") == []


# --- the same id again


def test_the_same_id_with_another_body_is_put_aside_and_never_applied(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE, event_id="evt_same")
    body = json.dumps({**sample("product.status_changed"), "data": {"product_id": "mod-1"}}).encode()
    answer = marketplace.post(body, event_id="evt_same")
    again = marketplace.post(body, event_id="evt_same")
    marketplace.run_all_now()
    assert (answer.status_code, answer.json["duplicate"], again.json["duplicate"]) == (202, True, True)
    [aside] = marketplace.all(select(InboxConflict))
    assert (aside.source, aside.event_id, aside.body) == ("marketplace", "evt_same", body)
    assert marketplace.state_and_outcome("evt_same") == ("applied", "changed")
    assert marketplace.published_types("mod-1") == ["product.hidden"]


def test_the_same_id_from_another_source_is_another_event(make_marketplace: Opens) -> None:
    marketplace = make_marketplace(WEBHOOK_SECRETS=f"marketplace={SECRET} partner={SECRET}")
    body = json.dumps(sample("seller.upserted")).encode()
    for source in ("marketplace", "partner"):
        assert marketplace.post(body, event_id="evt_same", source=source).json == {
            "event_id": "evt_same",
            "duplicate": False,
        }
    marketplace.run_all_now()
    assert {event.source for event in marketplace.all(select(InboxEvent))} == {"marketplace", "partner"}
