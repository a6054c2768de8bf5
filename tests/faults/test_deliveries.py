"""Does what we tell arrive, under one id, whatever happens to the worker or to another endpoint?"""

from __future__ import annotations

import time
import uuid
from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace_hooks.models.outbox import Delivery, DeliveryState, OutgoingEvent
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..support.fault_events import assert_told_once, hidden, keep, product, seller, set_up
from ..support.fault_receivers import Listener, listening
from ..support.processes import FAIR, STARTED_WITHIN_S, SWEEP_S, Fault, Place, crowding, wait_until
from .conftest import MakePlace

RECORD = "marketplace_hooks.services.outbox.delivery_worker:_record"


def deliveries(session: Session) -> list[Delivery]:
    return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def all_delivered(session: Session) -> bool:
    found = deliveries(session)
    return bool(found) and all(one.state is DeliveryState.DELIVERED for one in found)


def test_a_delivery_whose_worker_is_killed_after_the_answer_comes_again_under_its_id(make_place: MakePlace) -> None:
    total_s = 1.0
    place = make_place(DELIVERY_TOTAL_S=total_s)
    # A delivery's lease outlives the longest attempt by 10 s: nobody else may send what is still being sent.
    delivery_lease_s = total_s + 10
    answered = Fault(at=RECORD)
    set_up(place, [seller(), product("p1")])
    with listening() as endpoint:
        add_endpoint(place.runtime, endpoint.url, types=["product.hidden"])
        place.start_worker(faults=[answered])
        place.start_scheduler()
        keep(place, [hidden("p1", 1)])
        answered.wait(place)
        assert len(endpoint.heard) == 1
        place.wait(all_delivered, FAIR * (delivery_lease_s + SWEEP_S), "it was not delivered again")
        assert len(endpoint.heard) == 2
        assert len({webhook_id for webhook_id, _ in endpoint.heard}) == 1
    (delivery,) = place.read(deliveries)
    assert delivery.attempts == 1
    assert [entry["status"] for entry in delivery.attempt_log or []] == [200]
    assert_told_once(place)


def test_an_endpoint_that_drips_never_delays_another(make_place: MakePlace) -> None:
    """One worker serves both; its turns of 5 s end while slow attempts are under way."""
    total_s = 5.0
    place = make_place(DELIVERY_TOTAL_S=total_s, DELIVERY_SCHEDULE_S="0 1 1 1 1 1 1 1")
    with listening(drips=True) as slow, listening() as fast:
        add_endpoint(place.runtime, slow.url)
        add_endpoint(place.runtime, fast.url)
        place.start_worker()
        place.start_scheduler()
        publish(place)
        wait_until(lambda: slow.heard and fast.heard, STARTED_WITHIN_S, "nothing is delivered", place)
        waited_s = [latency_of(place, fast) for _ in range(24)]
    # Without the slow one an event arrives within a tick and a fork.
    assert max(waited_s) < total_s / 2 * crowding(), waited_s
    assert len(slow.heard) >= 8  # four at once, in two turns at least
    assert set(Counter(webhook_id for webhook_id, _ in fast.heard).values()) == {1}


def latency_of(place: Place, listener: Listener) -> float:
    """How long after its telling an event arrives, in seconds; not before half a second has passed."""
    begun_s = time.monotonic()
    event_id = publish(place)

    def heard_s() -> float | None:
        return next((at_s for heard_id, at_s in list(listener.heard) if heard_id == event_id), None)

    wait_until(heard_s, STARTED_WITHIN_S, "it was not delivered", place)
    # The next one comes at its time, so that the turns of the worker, and not of the test, decide what waits.
    time.sleep(max(0.0, begun_s + 0.5 - time.monotonic()))
    return (heard_s() or 0.0) - begun_s


def publish(place: Place) -> str:
    """Write one outgoing event, as a transaction that changes something does; gives its id."""
    event_id = f"evt_{uuid.uuid4().hex}"
    row = {
        "event_id": event_id,
        "type": "product.hidden",
        "subject_kind": "product",
        "subject_id": event_id,
        "sequence": 1,
        "data": {},
        "cause": {},
        "created_at": datetime.now(UTC),
    }
    with place.database.session() as session:
        session.execute(insert(OutgoingEvent), [row])
    return event_id
