"""Every page is published once, and none is forgotten, wherever a cascade is killed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace_hooks.models.cascades import Cascade, CascadeState
from marketplace_hooks.models.packs import Pack, pack_is_visible
from marketplace_hooks.models.subscriptions import Subscription, SubscriptionState

from ..support.fault_events import (
    assert_published_for_each,
    assert_published_once,
    changed,
    customer,
    hidden,
    insert_events,
    pack,
    product,
    published,
    purchase,
    seller,
    set_up,
    shown,
)
from ..support.processes import FAIR, STARTED_WITHIN_S, Fault
from .conftest import MakeDeployment

CHUNK = "marketplace_hooks.services.operations.cascade_run:_next_chunk"
# What is called after each chunk that has been committed, but the last: also when its job ends there.
BOUNDARY = "marketplace_hooks.database.engine:Database.yield_to_writers"


def packs_of_two(count: int) -> list[str]:
    return [f"k{number:03}" for number in range(count)]


def all_done(session: Session) -> bool:
    states = list(session.scalars(select(Cascade.state)))
    return bool(states) and set(states) == {CascadeState.DONE}


def count_visible(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Pack).where(pack_is_visible())) or 0


def test_a_cascade_killed_at_every_boundary_of_its_chunks_tells_of_every_pack_once(
    make_deployment: MakeDeployment,
) -> None:
    # A lease and a sweep of their own, since nearly every chunk waits for both.
    lease_s = 1.0
    interval_s = 0.3
    deployment = make_deployment(CASCADE_CHUNK=16, LEASE_S=lease_s, SWEEP_INTERVAL_S=interval_s)
    ids = packs_of_two(95)
    set_up(deployment, [seller(), product("p1"), product("p2"), *(pack(id_, ["p1", "p2"]) for id_ in ids)])
    uncommitted = Fault(at=CHUNK, when="after", call=1, limit=2)
    committed = Fault(at=BOUNDARY, limit=5)  # six chunks, the last of 15
    deployment.start_worker(faults=[uncommitted, committed])
    deployment.start_scheduler(leaves_work=True)
    insert_events(deployment, [hidden("p1", 1)])
    committed.wait(deployment, FAIR * 7 * (lease_s + interval_s) + STARTED_WITHIN_S)
    assert len(uncommitted.hit_pids) == 2
    deployment.wait(all_done, FAIR * (lease_s + interval_s), "the last chunk was forgotten")

    assert_published_for_each(deployment, "pack.hidden", ids)
    assert_published_for_each(deployment, "product.hidden", ["p1"])
    assert_published_for_each(deployment, "cascade.completed", ["p1"])
    assert deployment.read(count_visible) == 0
    assert_published_once(deployment)
    (cascade,) = deployment.read(lambda session: list(session.scalars(select(Cascade))))
    assert {"packs": 95} == {one["name"]: one["done"] for one in cascade.steps if one["name"] == "packs"}
    assert cascade.owner is None
    assert cascade.leased_until is None


def test_a_withdrawal_killed_at_every_boundary_of_its_chunks_cancels_and_tells_everybody_once(
    make_deployment: MakeDeployment,
) -> None:
    lease_s = 1.0
    interval_s = 0.3
    deployment = make_deployment(CASCADE_CHUNK=4, LEASE_S=lease_s, SWEEP_INTERVAL_S=interval_s)
    ids = [f"b{number:02}" for number in range(15)]
    bought_at = datetime.now(UTC) - timedelta(days=30)
    set_up(deployment, [seller(), product("p1"), customer(), *(purchase(id_, "p1", bought_at) for id_ in ids)])
    uncommitted = Fault(at=CHUNK, when="after", call=1, limit=2)
    committed = Fault(at=BOUNDARY, limit=4)  # four chunks, and the look for a fifth
    deployment.start_worker(faults=[uncommitted, committed])
    deployment.start_scheduler(leaves_work=True)
    insert_events(deployment, [changed("p1", "offline_permanent", 1)])
    committed.wait(deployment, FAIR * 7 * (lease_s + interval_s) + STARTED_WITHIN_S)
    assert len(uncommitted.hit_pids) == 2
    deployment.wait(all_done, FAIR * (lease_s + interval_s), "the last chunk was forgotten")

    assert_published_for_each(deployment, "subscription.renewal_cancelled", ids)
    assert_published_for_each(deployment, "cascade.completed", ["p1"])
    assert_published_once(deployment)
    known = deployment.read(lambda session: list(session.scalars(select(Subscription))))
    assert all(one.withdrawn_from is not None and one.state is SubscriptionState.ACTIVE for one in known)
    (cascade,) = deployment.read(lambda session: list(session.scalars(select(Cascade))))
    assert [one["done"] for one in cascade.steps if one["name"] == "renewals"] == [len(ids)]


def test_a_cascade_longer_than_one_turn_goes_on_without_waiting_for_its_lease(make_deployment: MakeDeployment) -> None:
    lease_s = 60.0
    deployment = make_deployment(CASCADE_CHUNK=1, LEASE_S=lease_s)
    ids = packs_of_two(250)
    set_up(deployment, [seller(), product("p1"), product("p2"), *(pack(id_, ["p1", "p2"]) for id_ in ids)])
    deployment.start_worker()
    deployment.start_scheduler()
    insert_events(deployment, [hidden("p1", 1)])
    deployment.wait(all_done, lease_s / 2, "it waits for a lease that nobody holds any more")
    assert_published_for_each(deployment, "pack.hidden", ids)
    assert_published_once(deployment)


def test_two_cascades_over_the_same_packs_end_in_what_stands(make_deployment: MakeDeployment) -> None:
    deployment = make_deployment(CASCADE_CHUNK=7)
    ids = packs_of_two(30)
    set_up(deployment, [seller(), product("p1"), product("p2"), *(pack(id_, ["p1", "p2"]) for id_ in ids)])
    deployment.start_worker()
    deployment.start_worker()
    deployment.start_scheduler()
    insert_events(deployment, [hidden("p1", 1), hidden("p2", 1)])
    deployment.wait(all_done, STARTED_WITHIN_S, "the cascades were forgotten")
    assert deployment.read(count_visible) == 0
    assert_published_for_each(deployment, "pack.hidden", ids)
    insert_events(deployment, [shown("p1", 2), shown("p2", 2)])
    deployment.wait(
        lambda session: len(published(session, "pack.shown")) == len(ids), STARTED_WITHIN_S, "they stay hidden"
    )
    deployment.wait(all_done, STARTED_WITHIN_S, "the cascades were forgotten")
    assert deployment.read(count_visible) == len(ids)
    assert_published_for_each(deployment, "pack.shown", ids)
    assert_published_once(deployment)
