"""Parking: an event whose parent is not known yet waits for it (`webhooks.md` 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import time_machine

from ..support.marketplace import OFFLINE, ONLINE, Marketplace

Opens = Callable[..., Marketplace]
MICROSECOND = timedelta(microseconds=1)


def test_an_event_waits_for_its_parent_and_is_applied_when_it_comes(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    event = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    parked = marketplace.event(event)
    assert (parked.state, parked.parked_on, parked.applied_at) == ("parked", "product:mod-1", None)
    marketplace.publish("product.upserted", product_id="mod-1")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert (marketplace.status("mod-1"), marketplace.published_types("mod-1")) == (OFFLINE, ["product.hidden"])


def test_events_received_in_the_reverse_of_their_order_are_all_applied_in_the_end(marketplace: Marketplace) -> None:
    events = [
        marketplace.change_status("pack-1", OFFLINE, kind="pack"),
        marketplace.publish("pack.upserted", product_ids=["mod-1", "mod-2"]),
        marketplace.change_status("mod-1", OFFLINE),
        marketplace.publish("product.upserted", product_id="mod-2"),
        marketplace.publish("product.upserted", product_id="mod-1"),
        marketplace.publish("seller.suspended"),
        marketplace.publish("seller.upserted"),
    ]
    for _ in range(2):
        marketplace.run_all_now()
    assert [marketplace.state_and_outcome(event) for event in events] == [("applied", "changed")] * 7
    assert (marketplace.status("mod-1"), marketplace.status("mod-2")) == (OFFLINE, OFFLINE)
    assert not marketplace.is_pack_visible("pack-1")


def test_a_pack_waits_for_each_of_its_members_in_turn(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    event = marketplace.publish("pack.upserted", product_ids=["mod-1", "mod-2", "mod-3"])
    marketplace.run_all_now()
    assert marketplace.event(event).parked_on == "product:mod-2"
    marketplace.publish_products("mod-2")
    assert marketplace.event(event).parked_on == "product:mod-3"
    marketplace.publish_products("mod-3")
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


def test_parked_events_are_applied_in_the_order_they_came(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    first = marketplace.change_status("mod-1", OFFLINE, version=1)
    second = marketplace.change_status("mod-1", ONLINE, version=2)
    marketplace.run_all_now()
    marketplace.publish("product.upserted", product_id="mod-1")
    marketplace.run_all_now()
    assert [marketplace.state_and_outcome(event) for event in (first, second)] == [("applied", "changed")] * 2
    assert marketplace.published_types("mod-1") == ["product.hidden", "product.shown"]


def test_a_parked_event_is_tried_again_at_its_times_and_in_the_end_only_shown(
    clock: time_machine.Traveller, make_marketplace: Opens
) -> None:
    marketplace = make_marketplace(PARK_RETRIES_S="60 600")
    event = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    for attempts, pause_s in ((1, 60), (2, 600)):
        parked = marketplace.event(event)
        assert (parked.attempts, parked.due_at) == (attempts, datetime.now(UTC) + timedelta(seconds=pause_s))
        clock.shift(timedelta(seconds=pause_s) - MICROSECOND)
        marketplace.run_all_now()
        assert marketplace.event(event).attempts == attempts
        clock.shift(MICROSECOND)
        marketplace.run_all_now()
    shown = marketplace.event(event)
    assert (shown.state, shown.parked_on, shown.due_at, shown.attempts) == ("parked", "product:mod-1", None, 3)
    clock.shift(timedelta(days=30))
    marketplace.run_all_now()
    assert marketplace.event(event).attempts == 3


def test_a_parent_that_comes_after_the_limit_still_calls_its_event(
    clock: time_machine.Traveller, make_marketplace: Opens
) -> None:
    marketplace = make_marketplace(PARK_RETRIES_S="60")
    event = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    clock.shift(60)
    marketplace.run_all_now()
    assert marketplace.event(event).due_at is None
    marketplace.publish_products("mod-1")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
