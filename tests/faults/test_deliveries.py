"""Deliveries arrive, under one id, whatever happens to the worker or to another endpoint."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from marketplace_hooks.models.outbox import Delivery, DeliveryState, OutgoingEvent
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..support.fault_events import assert_published_once, hidden, insert_events, product, seller, set_up
from ..support.processes import FAIR, RECOVERY_INTERVAL_S, STARTED_WITHIN_S, Deployment, Fault, load_factor, wait_until
from ..support.webhook_receiver import Answer, Receiver
from .conftest import MakeDeployment

SETTLE = "marketplace_hooks.services.outbox.delivery_results:_held"


def deliveries(session: Session) -> list[Delivery]:
    return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def all_delivered(session: Session) -> bool:
    found = deliveries(session)
    return bool(found) and all(one.state is DeliveryState.DELIVERED for one in found)


def test_a_delivery_whose_worker_is_killed_after_the_answer_comes_again_under_its_id(
    make_deployment: MakeDeployment,
) -> None:
    total_s = 1.0
    deployment = make_deployment(DELIVERY_TOTAL_S=total_s)
    # A delivery's lease outlives the longest attempt by 10 s: nobody else may send what is still being sent.
    delivery_lease_s = total_s + 10
    answered = Fault(at=SETTLE)
    set_up(deployment, [seller(), product("p1")])
    with Receiver(answer=lambda _: Answer(200)) as endpoint:
        add_endpoint(deployment.runtime, endpoint.url, types=["product.hidden"])
        deployment.start_worker(faults=[answered])
        deployment.start_scheduler(leaves_work=True)
        insert_events(deployment, [hidden("p1", 1)])
        answered.wait(deployment)
        assert len(endpoint.requests) == 1
        deployment.wait(all_delivered, FAIR * (delivery_lease_s + RECOVERY_INTERVAL_S), "it was not delivered again")
        assert len(endpoint.requests) == 2
        assert len(set(endpoint.ids)) == 1
    (delivery,) = deployment.read(deliveries)
    assert delivery.attempts == 1
    assert [entry["status"] for entry in delivery.attempt_log or []] == [200]
    assert_published_once(deployment)


def test_a_worker_killed_before_it_settles_what_it_sent_loses_nothing_and_repeats_only_that(
    make_deployment: MakeDeployment,
) -> None:
    """One lane claims one delivery, then two, then four; it is killed when those four were answered."""
    total_s = 1.0
    deployment = make_deployment(DELIVERY_TOTAL_S=total_s, DELIVERY_CONCURRENCY=1, DELIVERY_RATE_PER_S=1000)
    answered = Fault(at=SETTLE, call=3)
    with Receiver() as endpoint:
        add_endpoint(deployment.runtime, endpoint.url)
        event_ids = [publish(deployment) for _ in range(10)]
        deployment.start_worker(faults=[answered])
        deployment.start_scheduler(leaves_work=True)
        answered.wait(deployment)
        assert endpoint.ids == event_ids[:7]
        deployment.wait(all_delivered, FAIR * (total_s + 10 + RECOVERY_INTERVAL_S), "they were not delivered")
        assert Counter(endpoint.ids) == Counter(event_ids + event_ids[3:7])
    assert [one.attempts for one in deployment.read(deliveries)] == [1] * 10


def test_an_endpoint_that_drips_never_delays_another(make_deployment: MakeDeployment) -> None:
    """One worker serves both; its turns of 5 s end while slow attempts are under way."""
    total_s = 5.0
    deployment = make_deployment(DELIVERY_TOTAL_S=total_s, DELIVERY_SCHEDULE_S="0 1 1 1 1 1 1 1")
    with Receiver(answer=lambda _: Answer(200, drips=True)) as slow, Receiver() as fast:
        add_endpoint(deployment.runtime, slow.url)
        add_endpoint(deployment.runtime, fast.url)
        deployment.start_worker()
        deployment.start_scheduler()
        publish(deployment)
        wait_until(lambda: slow.requests and fast.requests, STARTED_WITHIN_S, "nothing is delivered", deployment)
        waited_s = [latency_of(deployment, fast) for _ in range(24)]
    # Without the slow one an event arrives within a tick and a fork.
    assert max(waited_s) < total_s / 2 * load_factor(), waited_s
    assert len(slow.requests) >= 2  # it is silent, so one at a time, in two turns at least
    assert set(Counter(fast.ids).values()) == {1}


def latency_of(deployment: Deployment, receiver: Receiver) -> float:
    """How long after its telling an event arrives, in seconds; not before half a second has passed."""
    begun_s = time.monotonic()
    event_id = publish(deployment)

    def arrived_s() -> float | None:
        return next((request.arrived_s for request in list(receiver.requests) if request.id == event_id), None)

    wait_until(arrived_s, STARTED_WITHIN_S, "it was not delivered", deployment)
    # The next one comes at its time, so that the turns of the worker, and not of the test, decide what waits.
    time.sleep(max(0.0, begun_s + 0.5 - time.monotonic()))
    return (arrived_s() or 0.0) - begun_s


def publish(deployment: Deployment) -> str:
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
    with deployment.database.session() as session:
        session.execute(insert(OutgoingEvent), [row])
    return event_id
