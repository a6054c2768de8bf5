"""Work that no worker begins is done by the scheduler, whatever Redis took."""

from __future__ import annotations

import os
import signal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace_hooks.models.cascades import Cascade, CascadeState
from marketplace_hooks.models.outbox import Delivery, DeliveryState
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ..support.fault_events import (
    assert_published_for_each,
    assert_published_once,
    hidden,
    insert_events,
    pack,
    product,
    seller,
    set_up,
)
from ..support.processes import FAIR, RECOVERY_INTERVAL_S, STARTED_WITHIN_S, Deployment, wait_until
from ..support.webhook_receiver import Receiver

# The event, its cascade and what that publishes become overdue one after the other, each after a run of the scheduler.
DONE_WITHIN_S = FAIR * 3 * (RECOVERY_INTERVAL_S + RECOVERY_INTERVAL_S / 3)


def everything_is_done(session: Session) -> bool:
    cascades = set(session.scalars(select(Cascade.state)))
    deliveries = list(session.scalars(select(Delivery.state)))
    return cascades == {CascadeState.DONE} and deliveries == [DeliveryState.DELIVERED] * 2


# docs/operate.md, "When something dies": the only worker that listens for a kind of job hangs.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it is about Redis: one database will do.
def test_a_cascade_and_a_delivery_are_done_while_the_only_worker_that_listens_is_frozen(deployment: Deployment) -> None:
    set_up(deployment, [seller(), product("p1"), product("p2"), pack("k1", ["p1", "p2"])])
    worker = deployment.start_worker()
    wait_until(lambda: len(deployment.leftovers()) == 2, STARTED_WITHIN_S, "it has no idle work horse", deployment)
    frozen = list(deployment.leftovers())
    assert worker.pid in frozen
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    with Receiver() as endpoint:
        add_endpoint(deployment.runtime, endpoint.url, types=["product.hidden", "pack.hidden"])
        scheduler = deployment.start_scheduler()
        insert_events(deployment, [hidden("p1", 1)])
        deployment.wait(everything_is_done, STARTED_WITHIN_S + DONE_WITHIN_S, "it waits for the frozen worker")
        assert "no worker begins" in scheduler.diagnostics()
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        insert_events(deployment, [hidden("p2", 1)])
        deployment.wait(
            lambda session: len(session.scalars(select(Delivery.id)).all()) == 3, STARTED_WITHIN_S, "nobody goes on"
        )
    assert_published_for_each(deployment, "product.hidden", ["p1", "p2"])
    assert_published_for_each(deployment, "pack.hidden", ["k1"])
    assert_published_once(deployment)
