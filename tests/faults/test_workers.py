"""Every event is applied once, in its order, whichever worker dies over it."""

from __future__ import annotations

import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace_hooks.jobs.scheduler import run_all_now
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.models.products import SideState
from tests.support.redis import RedisServer

from ..support.fault_events import (
    Event,
    all_applied,
    assert_published_for_each,
    assert_published_once,
    count_unapplied,
    hidden,
    insert_events,
    outcomes,
    pack,
    product,
    seller,
    set_up,
    shown,
    signed,
    statuses,
    suspended,
)
from ..support.processes import RECOVERED_WITHIN_S, STARTED_WITHIN_S, Deployment, Fault, wait_until
from .conftest import MakeDeployment

IDS = [f"p{number:02}" for number in range(30)]
BEFORE_COMMIT = "marketplace_hooks.services.inbox.leasing:record_results"
AFTER_COMMIT = "marketplace_hooks.database.engine:Database.retrying"
BETWEEN_READING_AND_APPLYING = "marketplace_hooks.events.processor:_apply"


def all_hidden(deployment: Deployment) -> None:
    """Every product of `IDS` is offline, and that was told once."""
    assert deployment.read(statuses) == dict.fromkeys(IDS, "offline_temporary")
    assert_published_for_each(deployment, "product.hidden", IDS)
    assert_published_once(deployment)


# docs/operate.md, "When something dies": a worker, at any point.
@pytest.mark.parametrize("line", [BEFORE_COMMIT, AFTER_COMMIT], ids=["before its commit", "after its commit"])
def test_a_batch_whose_work_horse_is_killed_is_applied_once(make_deployment: MakeDeployment, line: str) -> None:
    deployment = make_deployment(DRAIN_BATCH=10)
    fault = Fault(at=line, when="after")
    set_up(deployment, [seller(), *map(product, IDS)])
    insert_events(deployment, [hidden(id_, 1) for id_ in IDS])
    deployment.start_worker(faults=[fault])
    deployment.start_scheduler(leaves_work=True)
    fault.wait(deployment)
    deployment.wait(all_applied, RECOVERED_WITHIN_S, "the batch was forgotten")
    all_hidden(deployment)


# docs/operate.md, "When something dies": a worker, at any point.
def test_an_idle_worker_takes_over_when_a_worker_and_its_work_horse_are_killed(make_deployment: MakeDeployment) -> None:
    deployment = make_deployment(DRAIN_BATCH=10)
    set_up(deployment, [seller(), *map(product, IDS)])
    insert_events(deployment, [hidden(id_, 1) for id_ in IDS])
    both = Fault(at=BEFORE_COMMIT, when="after", action="kill with parent")
    workers = [deployment.start_worker(faults=[both]), deployment.start_worker(faults=[both])]
    deployment.start_scheduler(leaves_work=True)
    both.wait(deployment)
    deployment.wait(all_applied, RECOVERED_WITHIN_S, "the batch was forgotten")
    assert [worker.is_running for worker in workers].count(True) == 1
    all_hidden(deployment)


def test_a_drain_that_was_taken_for_dead_and_comes_back_changes_nothing(make_deployment: MakeDeployment) -> None:
    deployment = make_deployment(DRAIN_BATCH=10)
    set_up(deployment, [seller(), *map(product, IDS)])
    insert_events(deployment, [hidden(id_, 1) for id_ in IDS])
    asleep = Fault(at=BETWEEN_READING_AND_APPLYING, action="stop")
    worker = deployment.start_worker(faults=[asleep])
    deployment.start_scheduler(leaves_work=True)
    sleeper = asleep.wait(deployment)
    deployment.start_worker()
    deployment.wait(all_applied, RECOVERED_WITHIN_S, "its shards were not taken over")
    os.kill(sleeper, signal.SIGCONT)
    wait_until(lambda: "no longer ours" in worker.diagnostics(), STARTED_WITHIN_S, "it did not notice", deployment)
    insert_events(deployment, [shown(id_, 2) for id_ in IDS] + [hidden(id_, 3) for id_ in IDS])
    deployment.wait(all_applied, RECOVERED_WITHIN_S, "the next events were forgotten")
    assert deployment.read(statuses) == dict.fromkeys(IDS, "offline_temporary")
    assert_published_for_each(deployment, "product.hidden", sorted(IDS * 2))
    assert_published_for_each(deployment, "product.shown", IDS)
    assert_published_once(deployment)


def test_what_is_told_at_the_same_moment_as_its_parent_does_not_wait_for_a_retry(
    postgresql_url: str, tmp_path: Path, private_redis: RedisServer
) -> None:
    """Only PostgreSQL has two writers at once: one finds no parent, the other makes it and finds nobody waiting."""
    deployment = Deployment(tmp_path, postgresql_url, private_redis.url)
    try:
        judged = Fault(at=BEFORE_COMMIT, when="after", action="stop")
        insert_events(deployment, [product("orphan")])
        deployment.start_worker(faults=[judged])
        deployment.start_scheduler(leaves_work=True)
        sleeper = judged.wait(deployment)
        deployment.start_worker()
        insert_events(deployment, [seller()])
        deployment.wait(lambda session: count_unapplied(session) == 1, RECOVERED_WITHIN_S, "the parent was not applied")
        os.kill(sleeper, signal.SIGCONT)
        deployment.wait(all_applied, RECOVERED_WITHIN_S, "the child waits for a parent that is there")
    finally:
        deployment.close()


@pytest.mark.parametrize(
    ("body", "state"), [(None, "rejected"), (b"{", "failed")], ids=["purged", "unreadable by a mistake of ours"]
)
def test_an_event_that_cannot_be_read_does_not_hold_up_its_neighbours(
    make_deployment: MakeDeployment, body: bytes | None, state: str
) -> None:
    deployment = make_deployment(APPLY_ATTEMPTS=1)  # while it rests between tries, what follows it waits.
    set_up(deployment, [seller(), product("p1")])
    broken, _ = insert_events(deployment, [hidden("p1", 1), hidden("p1", 2)])
    with deployment.database.session() as session:
        session.execute(update(InboxEvent).where(InboxEvent.event_id == broken).values(body=body))
    run_all_now(deployment.runtime, "test")
    states = deployment.read(lambda session: dict(session.execute(select(InboxEvent.event_id, InboxEvent.state)).all()))
    assert states.pop(broken) == state
    assert set(states.values()) == {"applied"}
    assert deployment.read(statuses) == {"p1": "offline_temporary"}


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["as sent", "reversed"])
def test_the_newer_of_two_changes_wins_in_either_order(deployment: Deployment, order: tuple[int, int]) -> None:
    set_up(deployment, [seller(), product("p1")])
    deployment.start_worker()
    deployment.start_scheduler()
    events = {1: hidden("p1", 1), 2: shown("p1", 2)}
    ids = dict(zip(order, insert_events(deployment, [events[version] for version in order]), strict=True))
    deployment.wait(all_applied, STARTED_WITHIN_S, "nobody swept")
    assert deployment.read(statuses) == {"p1": "online"}
    by_id = deployment.read(outcomes)
    by_version = {version: by_id[id_] for version, id_ in ids.items()}
    if order == (1, 2):
        assert by_version == {1: "changed", 2: "changed"}
    else:
        assert by_version == {2: "no_effect", 1: "superseded"}
    assert_published_once(deployment)


def test_changes_of_the_same_products_by_two_workers_at_once_end_in_one_state(deployment: Deployment) -> None:
    """Its own events come in order in one lane; those of its seller's account come in another, at the same time."""
    ids = IDS[:10]
    set_up(deployment, [seller(), *map(product, ids), pack("k1", ids[:5]), pack("k2", ids[3:8])])
    deployment.start_worker()
    deployment.start_worker()
    deployment.start_scheduler()
    deployment.start_web()
    chance = random.Random(20260302)
    for round_ in range(4):
        versions = {"seller": 2 * round_ + 1, "marketplace": 2 * round_ + 1}
        events: list[Event] = [suspended(lifted=round_ % 2 == 1)]
        for id_ in ids:
            for actor, version in versions.items():
                events += [hidden(id_, version, actor=actor), shown(id_, version + 1, actor=actor)]
        chance.shuffle(events)
        post_together(deployment, events)
        deployment.wait(all_applied, RECOVERED_WITHIN_S, "something was forgotten")
        # Of each side the newer word counts: nobody holds but the account, if it is suspended.
        expected = "online" if round_ % 2 else "offline_temporary"
        found = deployment.read(statuses)
        odd = [id_ for id_ in ids if found[id_] != expected]
        assert odd == [], f"round {round_}: {deployment.read(partial(history, product_ids=odd))}"
    assert_published_once(deployment)


def history(session: Session, product_ids: list[str]) -> list[str]:
    """What is known of each side of these products and of their seller, and what became of each event about them."""
    subjects = [*(f"product:{id_}" for id_ in product_ids), "seller:s1"]
    sides = select(SideState).where(SideState.subject_id.in_([*product_ids, "s1"]))
    events = select(InboxEvent).where(InboxEvent.subject.in_(subjects)).order_by(InboxEvent.id)
    return [
        *(f"{one.subject_id} {one.side} v{one.version} held={one.held}" for one in session.scalars(sides)),
        *(f"{one.id} {one.outcome} {one.applied_at} {one.attempts} {one.body!r}" for one in session.scalars(events)),
    ]


def post_together(deployment: Deployment, events: list[Event]) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda event: deployment.post(signed(event))[0], events))
    assert answers == [202] * len(events)
