"""A long job gives way to an urgent event, and to nothing else, after the chunk under way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.jobs import table
from marketplace_hooks.jobs.table import JOBS, end_of_slice, run_slice
from marketplace_hooks.models.cascades import Cascade
from marketplace_hooks.remote.redis.names import JobKind
from marketplace_hooks.services.inbox.leasing import claim_shards

from ..support.marketplace import OFFLINE, Marketplace


def test_a_cascade_gives_way_to_a_status_change_and_to_nothing_else(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "LOOK_EVERY_S", 0.0)
    marketplace.publish_products("mod-1")
    marketplace.publish("product.upserted", product_id="mod-2")
    assert not end_of_slice(marketplace.runtime, JOBS[JobKind.CASCADES])()
    marketplace.change_status("mod-1", OFFLINE)
    assert end_of_slice(marketplace.runtime, JOBS[JobKind.CASCADES])()
    assert not end_of_slice(marketplace.runtime, JOBS[JobKind.INBOX])()
    claim_shards(marketplace.runtime, "another")  # who will apply it.
    assert not end_of_slice(marketplace.runtime, JOBS[JobKind.CASCADES])()


def test_a_job_that_gives_way_has_done_something_before(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    assert not end_of_slice(marketplace.runtime, JOBS[JobKind.CASCADES])()


def test_one_job_works_off_a_crowd_of_cascades(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    products = [f"mod-{number}" for number in range(24)]
    marketplace.publish_products(*products)
    for number in range(0, len(products), 2):
        marketplace.publish_pack(f"pack-{number}", *products[number : number + 2])
    for product_id in products:
        marketplace.change_status(product_id, OFFLINE)
    process_pending(marketplace.runtime, "tests")
    assert [cascade.state for cascade in marketplace.all(select(Cascade))].count("running") == len(products)
    monkeypatch.setitem(JOBS, JobKind.CASCADES, replace(JOBS[JobKind.CASCADES], slice_s=3_600.0))
    run_slice(marketplace.runtime, "tests", JobKind.CASCADES)
    assert {cascade.state for cascade in marketplace.all(select(Cascade))} == {"done"}
