"""The dashboard counts what needs a person, what is pending, and how late events were applied."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from marketplace_hooks.models.inbox import InboxState
from marketplace_hooks.models.outbox import DeliveryState
from marketplace_hooks.services.operations.dashboard import DAYS_SHOWN, LAG_BOUNDS_S, Dashboard, read_dashboard

from ...support.marketplace import Marketplace


def dashboard(marketplace: Marketplace) -> Dashboard:
    runtime = marketplace.runtime
    with runtime.database.read_session() as session:
        return read_dashboard(session, runtime.now(), runtime.settings.reference_zone)


def test_of_an_empty_marketplace_every_figure_is_nothing(marketplace: Marketplace) -> None:
    shown = dashboard(marketplace)
    assert set(vars(shown.tasks).values()) == {0}
    assert shown.oldest_at is None
    assert (sum(shown.lag.counts), shown.lag.median_s) == (0, None)
    assert set(shown.deliveries) == set(DeliveryState)
    assert {len(figures) for figures in shown.missed.values()} == {DAYS_SHOWN} == {len(shown.days)}


def test_events_that_were_not_applied_are_counted_by_their_state(
    clock: time_machine.Traveller, marketplace: Marketplace
) -> None:
    received_at = marketplace.runtime.now()
    marketplace.publish("seller.upserted")
    clock.shift(timedelta(seconds=20))
    marketplace.run_all_now()
    marketplace.publish("product.upserted", product_id="early", seller_id="unknown-yet")
    marketplace.publish("product.upserted", product_id="mod-2", title=7)
    marketplace.run_all_now()
    since = marketplace.runtime.now()
    marketplace.publish("seller.upserted", seller_id="seller-2")
    shown = dashboard(marketplace)
    assert shown.oldest_at is not None
    assert received_at < since <= shown.oldest_at
    assert (shown.backlog[InboxState.RECEIVED], shown.backlog[InboxState.PARKED]) == (1, 1)
    assert shown.backlog[InboxState.REJECTED] == shown.tasks.rejected == 1
    slow = next(number for number, bound in enumerate(LAG_BOUNDS_S) if bound >= 20)
    assert shown.lag.counts[slow] == 1
