"""A long job gives way to an urgent event, and to nothing else, after the chunk under way."""

from __future__ import annotations

import pytest

from marketplace_hooks.jobs import table
from marketplace_hooks.jobs.table import JOBS, end_of_slice
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
