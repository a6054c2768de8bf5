"""What followed from an event is found with it: cascades, events and their deliveries."""

from __future__ import annotations

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.services.operations.cascade_run import run_cascades
from marketplace_hooks.services.operations.event_trace import trace_cascade, trace_event
from marketplace_hooks.services.outbox.dispatcher import dispatch
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ...support.cascades import PACKS, sell_in_packs
from ...support.marketplace import OFFLINE, ONLINE, Marketplace


def test_an_event_is_followed_through_its_cascade_to_the_deliveries(marketplace: Marketplace) -> None:
    sell_in_packs(marketplace)
    add_endpoint(marketplace.runtime, "https://hooks.example/in", types=["pack.hidden"])
    event_id = marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-2", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    run_cascades(marketplace.runtime, "tests")
    dispatch(marketplace.runtime)
    with marketplace.runtime.database.read_session() as session:
        trace = trace_event(session, marketplace.event(event_id))
        of_cascade = trace_cascade(session, trace.cascades[0].id)
    assert [cascade.subject_id for cascade in trace.cascades] == ["mod-1"]
    types = [one.event.type for one in trace.published]
    assert types == ["product.hidden", *["pack.hidden"] * len(PACKS), "cascade.completed"]
    assert [len(one.deliveries) for one in trace.published] == [0, *[1] * len(PACKS), 0]
    assert [one.event.id for one in of_cascade.published] == [one.event.id for one in trace.published]
    assert not trace.has_more


def test_an_event_without_effect_has_nothing_after_it(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    event_id = marketplace.change_status("mod-1", ONLINE)
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        trace = trace_event(session, marketplace.event(event_id))
    assert (list(trace.cascades), list(trace.published)) == ([], [])
