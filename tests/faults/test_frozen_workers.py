"""A process that is frozen inside a transaction holds up nobody for longer than a lease and a recovery run."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import select

from marketplace_hooks.jobs.scheduler import SCHEDULER_LOCK, run_scheduler
from marketplace_hooks.models.access import Lock
from marketplace_hooks.models.outbox import Delivery, DeliveryState
from marketplace_hooks.remote.redis.names import JobKind
from marketplace_hooks.remote.redis.queue import RedisWakeups
from marketplace_hooks.services.outbox.endpoints import add_endpoint
from tests.support.redis import RedisServer

from ..support.fault_events import (
    all_applied,
    assert_published_for_each,
    assert_published_once,
    hidden,
    insert_events,
    product,
    seller,
    set_up,
    shown,
    status_of,
    statuses,
)
from ..support.processes import FAIR, STARTED_WITHIN_S, Deployment, Fault, wait_until
from ..support.webhook_receiver import Receiver
from .conftest import MakeDeployment

IDS = [f"p{number:02}" for number in range(40)]
LEASE_S = 1.0
SETTINGS = {"LEASE_S": LEASE_S, "SWEEP_INTERVAL_S": 0.5, "SCHEDULER_LOCK_S": 1.0}
TAKEN_OVER_WITHIN_S = FAIR * (LEASE_S + 0.5)


@contextmanager
def another_scheduler(deployment: Deployment) -> Iterator[None]:
    """A scheduler in this process, which has no Redis and does all work itself."""
    stopping = threading.Event()
    thread = threading.Thread(target=run_scheduler, args=(deployment.runtime, "another", stopping), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(STARTED_WITHIN_S)


def thaw(pid: int, deployment: Deployment) -> None:
    """Let a frozen work horse go on, if it lives, and wait for its end."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), STARTED_WITHIN_S, "it does not end", deployment)


# docs/operate.md, "When something dies": a process is frozen or cut off inside a transaction.
def test_a_worker_frozen_anywhere_in_a_batch_is_followed_by_another_and_does_no_harm_once_thawed(
    make_deployment: MakeDeployment, private_redis: RedisServer
) -> None:
    deployment = make_deployment(**SETTINGS)
    record = "marketplace_hooks.services.inbox.leasing:record_results"
    faults = [
        Fault(at="marketplace_hooks.services.inbox.leasing:claim_shards", when="after", action="stop"),
        Fault(at=record, when="after", action="stop"),
    ]
    if not deployment.database.is_sqlite:
        # In the middle of an `executemany`: the server waits for the next row, in a session that is not idle.
        dump = "psycopg._queries:PostgresQuery.dump"
        faults.append(Fault(at=dump, call=len(IDS) // 2, inside="record_results", action="stop"))
    set_up(deployment, [seller(), *map(product, IDS)])
    deployment.start_worker(faults=faults)
    wakeups = RedisWakeups(private_redis.url, deployment.runtime.redis_names, timeout_s=5.0)
    for number, fault in enumerate(faults):
        change = shown if number % 2 else hidden
        insert_events(deployment, [change(id_, number + 1) for id_ in IDS])
        assert wakeups.wake_worker(JobKind.INBOX)
        frozen = fault.wait(deployment)
        with another_scheduler(deployment):
            deployment.wait(all_applied, TAKEN_OVER_WITHIN_S, f"{fault.at}: its events wait for it")
        thaw(frozen, deployment)
        assert deployment.read(statuses) == dict.fromkeys(IDS, "online" if number % 2 else "offline_temporary")
    assert_published_for_each(deployment, "product.hidden", sorted(IDS * ((len(faults) + 1) // 2)))
    assert_published_for_each(deployment, "product.shown", IDS)
    assert_published_once(deployment)


# docs/operate.md, "When something dies": a process is frozen or cut off inside a transaction.
def test_a_worker_frozen_while_it_claims_a_delivery_does_not_hold_up_its_endpoint(
    make_deployment: MakeDeployment, private_redis: RedisServer
) -> None:
    deployment = make_deployment(**SETTINGS)
    claiming = Fault(at="marketplace_hooks.services.outbox.delivery_claims:_fill_bucket", when="after", action="stop")
    set_up(deployment, [seller(), product("p1")])
    with Receiver() as endpoint:
        add_endpoint(deployment.runtime, endpoint.url, types=["product.hidden"])
        deployment.start_worker(faults=[claiming])
        insert_events(deployment, [hidden("p1", 1)])
        assert RedisWakeups(private_redis.url, deployment.runtime.redis_names, timeout_s=5.0).wake_worker(JobKind.INBOX)
        frozen = claiming.wait(deployment)
        with another_scheduler(deployment):
            state = select(Delivery.state)
            deployment.wait(
                lambda session: session.scalar(state) is DeliveryState.DELIVERED,
                TAKEN_OVER_WITHIN_S,
                "the endpoint waits for it",
            )
        thaw(frozen, deployment)
        assert len(endpoint.requests) == 1
    assert_published_once(deployment)


# docs/operate.md, "When something dies": the scheduler.
def test_a_scheduler_frozen_while_it_takes_the_lock_is_followed_by_another(
    make_deployment: MakeDeployment,
) -> None:
    deployment = make_deployment(**SETTINGS)
    set_up(deployment, [seller(), product("p1")])
    taking = Fault(at="marketplace_hooks.services.core.leases:_take", when="after", action="stop")
    insert_events(deployment, [hidden("p1", 1)])
    scheduler = deployment.start("scheduler", faults=[taking])
    taking.wait(deployment)
    with another_scheduler(deployment):
        deployment.wait(
            lambda session: status_of(session, "p1") == "offline_temporary", TAKEN_OVER_WITHIN_S, "nobody took over"
        )
        owner = select(Lock.owner).where(Lock.name == SCHEDULER_LOCK)
        assert deployment.read(lambda session: session.scalar(owner)) == "another"
    if deployment.database.is_sqlite:
        scheduler.popen.wait()
    else:
        scheduler.signal(signal.SIGCONT)
    assert_published_once(deployment)
