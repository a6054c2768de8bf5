"""Backlog: how much of each kind waits, and how long the oldest has waited."""

from __future__ import annotations

import time_machine

from marketplace_hooks.services.operations.backlog import Waiting, read_backlog

from ...support.marketplace import Marketplace


def waiting(marketplace: Marketplace) -> dict[str, Waiting]:
    with marketplace.runtime.database.read_session() as session:
        return {kind: one for kind, one in read_backlog(session, marketplace.runtime.now()).items() if one.count}


def test_what_waits_for_a_worker_and_for_a_person_is_counted_with_the_age_of_the_oldest(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.publish_products("mod-1")
    marketplace.run_all_now()
    assert waiting(marketplace) == {}
    marketplace.publish("product.upserted", product_id="mod-2", title={})
    clock.shift(60)
    marketplace.publish("product.upserted", product_id="mod-3", title={})
    clock.shift(30)
    assert waiting(marketplace) == {"events": Waiting(count=2, oldest_s=90.0)}
    marketplace.run_all_now()
    rejected = waiting(marketplace)
    assert set(rejected) == {"rejected_events"}
    assert rejected["rejected_events"].oldest_s == 90.0
