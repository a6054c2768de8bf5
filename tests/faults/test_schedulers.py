"""One scheduler works at a time, and another as soon as the first is gone."""

from __future__ import annotations

from sqlalchemy import select

from marketplace_hooks.jobs.scheduler import SCHEDULER_LOCK
from marketplace_hooks.models.access import Lock

from ..support.fault_events import (
    all_applied,
    assert_published_for_each,
    assert_published_once,
    hidden,
    insert_events,
    product,
    seller,
    set_up,
    soon,
    statuses,
)
from ..support.processes import FAIR, LOCK_S, RECOVERY_INTERVAL_S, STARTED_WITHIN_S, Deployment, Process, load_factor
from .conftest import MakeDeployment

# The dead one's lock, and the pause of the living one between two looks at it.
TAKEN_OVER_WITHIN_S = FAIR * (LOCK_S + RECOVERY_INTERVAL_S)


def owner_of_the_lock(deployment: Deployment, schedulers: list[Process]) -> Process | None:
    owner = deployment.read(lambda session: session.scalar(select(Lock.owner).where(Lock.name == SCHEDULER_LOCK)))
    numbers = {str(scheduler.pid): scheduler for scheduler in schedulers}
    return numbers.get(str(owner).rpartition(":")[2])


# docs/operate.md, "When something dies": the scheduler.
def test_a_killed_scheduler_is_followed_by_the_other_within_its_lock(deployment: Deployment) -> None:
    ids = [f"p{number:02}" for number in range(20)]
    set_up(deployment, [seller(), *map(product, ids)])
    deployment.start_worker()
    schedulers = [deployment.start_scheduler(), deployment.start_scheduler()]
    deployment.wait(
        lambda _: owner_of_the_lock(deployment, schedulers) is not None, STARTED_WITHIN_S, "nobody keeps time"
    )
    first = owner_of_the_lock(deployment, schedulers)
    assert first is not None

    insert_events(deployment, [hidden(id_, 1, effective_at=soon(5.0 * load_factor())) for id_ in ids])
    deployment.wait(all_applied, STARTED_WITHIN_S, "the changes were not scheduled")
    first.kill()
    deployment.wait(
        lambda _: owner_of_the_lock(deployment, schedulers) not in (None, first),
        TAKEN_OVER_WITHIN_S,
        "nobody took over",
    )
    deployment.wait(
        lambda session: statuses(session) == dict.fromkeys(ids, "offline_temporary"),
        TAKEN_OVER_WITHIN_S,
        "what was due was not done",
    )
    assert_published_for_each(deployment, "product.change_scheduled", ids)
    assert_published_for_each(deployment, "product.hidden", ids)
    assert_published_once(deployment)


def test_a_stopped_scheduler_gives_its_lock_back_at_once(make_deployment: MakeDeployment) -> None:
    lock_s = 60.0
    deployment = make_deployment(SCHEDULER_LOCK_S=lock_s)
    schedulers = [deployment.start_scheduler(), deployment.start_scheduler()]
    deployment.wait(
        lambda _: owner_of_the_lock(deployment, schedulers) is not None, STARTED_WITHIN_S, "nobody keeps time"
    )
    first = owner_of_the_lock(deployment, schedulers)
    assert first is not None
    assert first.stop() == 0
    deployment.wait(
        lambda _: owner_of_the_lock(deployment, schedulers) not in (None, first), lock_s / 4, "nobody took over"
    )
