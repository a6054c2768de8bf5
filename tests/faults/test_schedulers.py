"""Does one scheduler work at a time, and another as soon as the first is gone?"""

from __future__ import annotations

from sqlalchemy import select

from marketplace_hooks.jobs.scheduler import SCHEDULER_LOCK
from marketplace_hooks.models.access import Lock

from ..support.fault_events import assert_each_told, assert_told_once, hidden, product, seller, set_up, soon, statuses
from ..support.processes import FAIR, LOCK_S, STARTED_WITHIN_S, SWEEP_S, Place, Process, crowding
from .conftest import MakePlace

# The dead one's lock, and the pause of the living one between two looks at it.
TAKEN_OVER_WITHIN_S = FAIR * (LOCK_S + SWEEP_S)


def owner_of_the_lock(place: Place, schedulers: list[Process]) -> Process | None:
    owner = place.read(lambda session: session.scalar(select(Lock.owner).where(Lock.name == SCHEDULER_LOCK)))
    numbers = {str(scheduler.pid): scheduler for scheduler in schedulers}
    return numbers.get(str(owner).rpartition(":")[2])


def test_a_killed_scheduler_is_followed_by_the_other_within_its_lock(place: Place) -> None:
    ids = [f"p{number:02}" for number in range(20)]
    set_up(place, [seller(), *map(product, ids)])
    place.start_worker()
    schedulers = [place.start_scheduler(), place.start_scheduler()]
    place.wait(lambda _: owner_of_the_lock(place, schedulers) is not None, STARTED_WITHIN_S, "nobody keeps time")
    first = owner_of_the_lock(place, schedulers)
    assert first is not None

    set_up(place, [hidden(id_, 1, effective_at=soon(2.0 * crowding())) for id_ in ids])
    first.kill()
    place.wait(
        lambda _: owner_of_the_lock(place, schedulers) not in (None, first),
        TAKEN_OVER_WITHIN_S,
        "nobody took over",
    )
    place.wait(
        lambda session: statuses(session) == dict.fromkeys(ids, "offline_temporary"),
        TAKEN_OVER_WITHIN_S,
        "what was due was not done",
    )
    assert_each_told(place, "product.change_scheduled", ids)
    assert_each_told(place, "product.hidden", ids)
    assert_told_once(place)


def test_a_stopped_scheduler_gives_its_lock_back_at_once(make_place: MakePlace) -> None:
    lock_s = 60.0
    place = make_place(SCHEDULER_LOCK_S=lock_s)
    schedulers = [place.start_scheduler(), place.start_scheduler()]
    place.wait(lambda _: owner_of_the_lock(place, schedulers) is not None, STARTED_WITHIN_S, "nobody keeps time")
    first = owner_of_the_lock(place, schedulers)
    assert first is not None
    assert first.stop() == 0
    place.wait(lambda _: owner_of_the_lock(place, schedulers) not in (None, first), lock_s / 4, "nobody took over")
