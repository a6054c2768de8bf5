"""How an endpoint's deliveries of the last 24 hours have ended, by hour and in all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import time_machine

from marketplace_hooks.services.outbox.endpoint_health import EndpointHealth, read_health

from ...support.deliveries import deliver, hide, open_shop, subscribe
from ...support.marketplace import Marketplace
from ...support.webhook_receiver import Answer, Receiver


def health(shop: Marketplace, endpoint_id: str) -> EndpointHealth:
    with shop.runtime.database.read_session() as session:
        return read_health(session, endpoint_id, shop.runtime.now())


def test_each_delivery_counts_in_the_hour_of_its_event(
    make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller
) -> None:
    shop = open_shop(make_marketplace)
    answers = {"mod-2": 500}
    with Receiver(answer=lambda request: Answer(500 if b'"mod-2"' in request.body else 204)) as receiver:
        endpoint_id, _ = subscribe(shop, receiver.url)
        assert health(shop, endpoint_id).success_rate is None
        hide(shop, "mod-1", *answers)
        deliver(shop)
        clock.shift(timedelta(hours=2))
        hide(shop, "mod-3")
    counts = [(hour.delivered, hour.failed, hour.waiting) for hour in health(shop, endpoint_id).hours]
    assert (len(counts), counts[-3:]) == (24, [(1, 1, 0), (0, 0, 0), (0, 0, 0)])
    assert health(shop, endpoint_id).success_rate == 0.5
    clock.shift(timedelta(hours=24))
    assert health(shop, endpoint_id).success_rate is None
