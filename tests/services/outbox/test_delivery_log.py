"""The log of deliveries is narrowed by what they carry, and goes on where a page ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.outbox import DeliveryState
from marketplace_hooks.services.outbox.delivery_log import find_deliveries, find_delivery
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ...support.marketplace import OFFLINE, ONLINE, Marketplace


def test_deliveries_are_found_by_type_and_subject_the_newest_first(marketplace: Marketplace) -> None:
    endpoint, _ = add_endpoint(
        marketplace.runtime, "https://hooks.example/in", types=["product.hidden", "product.shown"]
    )
    marketplace.publish_products("mod-1", "mod-2")
    for id_, status in (("mod-1", OFFLINE), ("mod-1", ONLINE), ("mod-2", OFFLINE)):
        marketplace.change_status(id_, status)
    process_pending(marketplace.runtime, "tests")  # delivers nothing.
    dispatch(marketplace.runtime)
    with marketplace.runtime.database.read_session() as session:
        found, before = find_deliveries(session, subject=("product", "mod-1"), limit=1)
        rest, end = find_deliveries(session, subject=("product", "mod-1"), before=before, limit=1)
        hidden, _ = find_deliveries(session, type_="product.hidden")
        one = find_delivery(session, found[0].delivery.id)
        assert [sent.event.type for sent in (*found, *rest)] == ["product.shown", "product.hidden"]
        assert end is None
        assert (found.count_up_to(10), hidden.count_up_to(10), hidden.count_up_to(1)) == (2, 2, 2)
        for filters in ({}, {"state": DeliveryState.PENDING}, {"endpoint_id": endpoint.id}):
            assert find_deliveries(session, **filters, limit=1)[0].count_up_to(10) == 3
        assert find_deliveries(session, state=DeliveryState.DELIVERED)[0].count_up_to(10) == 0
        assert [sent.event.subject_id for sent in hidden] == ["mod-2", "mod-1"]
        assert one is not None
        assert one.endpoint.id == endpoint.id
        assert find_delivery(session, 0) is None


@pytest.mark.parametrize("is_prompt", [True, False], ids=["dispatched at once", "dispatched late"])
def test_deliveries_are_found_by_when_their_event_was_published(
    clock: time_machine.Traveller, marketplace: Marketplace, is_prompt: bool
) -> None:
    add_endpoint(marketplace.runtime, "https://hooks.example/in", types=["product.hidden"])
    marketplace.publish_products("mod-1", "mod-2", "mod-3")
    published = []
    for id_ in ("mod-1", "mod-2", "mod-3"):
        clock.shift(timedelta(days=1))
        published.append(marketplace.runtime.now())
        marketplace.change_status(id_, OFFLINE)
        process_pending(marketplace.runtime, "tests")  # delivers nothing.
        if is_prompt:
            dispatch(marketplace.runtime)
    dispatch(marketplace.runtime)
    moment = timedelta(milliseconds=1)

    def found(since: datetime | None, before: datetime | None) -> list[str]:
        with marketplace.runtime.database.read_session() as session:
            rows, _ = find_deliveries(session, published_from=since, published_before=before)
            assert rows.count_up_to(10) == len(rows)
            return [one.event.subject_id for one in rows]

    first, second, third = published
    assert found(second, None) == ["mod-3", "mod-2"]
    assert found(second + moment, None) == ["mod-3"]
    assert found(None, second) == ["mod-1"]
    assert found(None, second + moment) == ["mod-2", "mod-1"]
    assert found(second, third) == ["mod-2"]
    assert found(third + moment, None) == found(None, first) == found(third, second) == []
