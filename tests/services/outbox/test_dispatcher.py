"""Every endpoint gets what it is subscribed to, once, and in a sequence without gaps. `webhooks.md` 8."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.outbox import Delivery, OutgoingEvent
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.core.unit_of_work import run_in_transaction
from marketplace_hooks.services.outbox import dispatcher
from marketplace_hooks.services.outbox.dispatcher import dispatch, render
from marketplace_hooks.services.outbox.endpoints import add_endpoint, disable_endpoint, enable_endpoint, locked_endpoint

from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace

HOOKS = "https://hooks.example/in"


def subscribe(runtime: Runtime, *types: str) -> str:
    endpoint, _ = add_endpoint(runtime, HOOKS, types=types or ("*",))
    return endpoint.id


def received(marketplace: Marketplace, endpoint_id: str) -> list[tuple[str, str]]:
    """The events on their way to an endpoint: type and state of the delivery."""
    query = (
        select(OutgoingEvent.type, Delivery.state)
        .join(Delivery, Delivery.outbox_id == OutgoingEvent.id)
        .where(Delivery.endpoint_id == endpoint_id)
        .order_by(OutgoingEvent.id)
    )
    with marketplace.runtime.database.read_session() as session:
        return [(type_, state.value) for type_, state in session.execute(query)]


def drain_only(marketplace: Marketplace) -> None:
    """Apply what was told, and deliver nothing."""
    process_pending(marketplace.runtime, "tests")


def live(marketplace: Marketplace) -> None:
    """Some life: products, packs and a seller, from which every kind of page event follows."""
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    for status in (OFFLINE, ONLINE):
        marketplace.change_status("mod-1", status)
        marketplace.change_status("pack-1", status, kind="pack")
    marketplace.run_all_now()
    marketplace.publish("seller.suspended")
    marketplace.run_all_now()
    marketplace.change_status("mod-2", OFFLINE)
    marketplace.publish("seller.unsuspended")
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.publish("product.reinstated")
    marketplace.run_all_now()


def test_each_subjects_events_are_counted_without_gaps_or_repeats(marketplace: Marketplace) -> None:
    live(marketplace)
    for kind, id_ in (("product", "mod-1"), ("product", "mod-2"), ("pack", "pack-1"), ("seller", "seller-1")):
        sequences = [event.sequence for event in marketplace.outgoing(id_, kind)]
        assert sequences == list(range(1, len(sequences) + 1)), (kind, id_)
    assert marketplace.product("mod-1").sequence == len(marketplace.outgoing("mod-1"))


def test_a_sequence_grows_in_the_order_in_which_things_were_told(marketplace: Marketplace) -> None:
    live(marketplace)
    ids = [event.id for event in marketplace.outgoing("pack-1", "pack")]
    assert ids == sorted(ids)


def test_no_two_events_have_the_same_id(marketplace: Marketplace) -> None:
    live(marketplace)
    ids = marketplace.all(select(OutgoingEvent.event_id))
    assert len(ids) == len(set(ids))
    assert all(id_.startswith("evt_") and len(id_) == 36 for id_ in ids)


def test_a_body_says_what_happened_to_whom_when_and_why(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    event_id = marketplace.change_status("mod-1", OFFLINE, reason="Répàrations")
    marketplace.run_all_now()
    event = marketplace.outgoing("mod-1")[0]
    body = json.loads(render(event))
    assert set(body) == {"id", "type", "timestamp", "sequence", "data"}
    assert (body["id"], body["type"], body["sequence"]) == (event.event_id, "product.hidden", 1)
    assert body["timestamp"].endswith("Z")
    assert body["data"] == {
        "product_id": "mod-1",
        "seller_id": "seller-1",
        "status": OFFLINE,
        "caused_by": {"event_id": event_id, "actor": "seller", "reason": "Répàrations"},
    }
    assert render(event) == render(event)


# --- one delivery for each endpoint


def test_every_endpoint_gets_what_it_subscribed_to_and_once(marketplace: Marketplace) -> None:
    runtime = marketplace.runtime
    everything = subscribe(runtime)
    hidden = subscribe(runtime, "product.hidden")
    twice = subscribe(runtime, "*", "product.hidden", "product.hidden")
    nothing = subscribe(runtime, "pack.hidden")
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-1", ONLINE)
    drain_only(marketplace)
    dispatch(runtime)
    dispatch(runtime)
    all_types = ["product.hidden", "cascade.completed", "product.shown", "cascade.completed"]
    assert [type_ for type_, _ in received(marketplace, everything)] == all_types
    assert [type_ for type_, _ in received(marketplace, twice)] == all_types
    assert [type_ for type_, _ in received(marketplace, hidden)] == ["product.hidden"]
    assert received(marketplace, nothing) == []


def test_two_workers_at_once_dispatch_every_event_once(marketplace: Marketplace) -> None:
    endpoints = [subscribe(marketplace.runtime) for _ in range(3)]
    marketplace.publish_products(*(f"mod-{number}" for number in range(10)))
    for number in range(10):
        marketplace.change_status(f"mod-{number}", OFFLINE)
    drain_only(marketplace)
    with ThreadPoolExecutor(2) as workers:
        counts = list(workers.map(lambda _: dispatch(marketplace.runtime), range(2)))
    assert sum(counts) == 20
    for endpoint_id in endpoints:
        assert len(received(marketplace, endpoint_id)) == 20


def test_an_endpoint_added_later_is_not_told_the_past(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    late = subscribe(marketplace.runtime)
    dispatch(marketplace.runtime)
    assert received(marketplace, late) == []


def test_what_is_told_to_a_disabled_endpoint_waits_until_it_is_enabled(marketplace: Marketplace) -> None:
    runtime = marketplace.runtime
    endpoint_id = subscribe(runtime, "product.hidden", "product.shown")
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    drain_only(marketplace)
    dispatch(runtime)
    run_in_transaction(
        runtime, lambda uow: disable_endpoint(uow, locked_endpoint(uow.session, endpoint_id), "too slow")
    )
    marketplace.change_status("mod-1", ONLINE)
    drain_only(marketplace)
    dispatch(runtime)
    assert received(marketplace, endpoint_id) == [("product.hidden", "parked"), ("product.shown", "parked")]
    enable_endpoint(runtime, endpoint_id)
    assert received(marketplace, endpoint_id) == [("product.hidden", "pending"), ("product.shown", "pending")]


def test_a_disabled_endpoint_is_told_to_the_others_with_the_reason(marketplace: Marketplace) -> None:
    runtime = marketplace.runtime
    endpoint_id = subscribe(runtime)
    other = subscribe(runtime)
    for _ in range(2):
        run_in_transaction(
            runtime, lambda uow: disable_endpoint(uow, locked_endpoint(uow.session, endpoint_id), "too slow")
        )
    dispatch(runtime)
    assert received(marketplace, other) == [("endpoint.disabled", "pending")]
    [event] = marketplace.outgoing(endpoint_id, "endpoint")
    assert event.data == {"endpoint_id": endpoint_id, "url": HOOKS}
    assert event.cause["reason"] == "too slow"


def test_many_endpoints_make_small_transactions(marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    marketplace.publish_products("mod-1", "mod-2", "mod-3", "mod-4", "mod-5")
    for number in range(1, 6):
        marketplace.change_status(f"mod-{number}", OFFLINE)
    drain_only(marketplace)
    events = len(marketplace.all(select(OutgoingEvent.id)))
    endpoints = [subscribe(marketplace.runtime) for _ in range(2)]
    monkeypatch.setattr(dispatcher, "MOST_DELIVERIES", 4)
    assert dispatch(marketplace.runtime, stop=lambda: True) == 2
    assert dispatch(marketplace.runtime) == events - 2
    assert [len(received(marketplace, endpoint_id)) for endpoint_id in endpoints] == [events, events]
