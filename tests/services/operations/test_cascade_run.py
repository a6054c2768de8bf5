"""Every step of a cascade is done once, whichever worker dies on the way."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from sqlalchemy import update

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.cascades import Cascade
from marketplace_hooks.services.catalog.cascades import Step
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.operations.cascade_run import ATTEMPTS, run_cascades
from marketplace_hooks.services.operations.cascade_steps import CASCADE_STEPS

from ...support.cascades import published_about_packs, sell_in_packs, steps_of
from ...support.marketplace import OFFLINE, Marketplace

Opens = Callable[..., Marketplace]


def after(chunks: int) -> Callable[[], bool]:
    """A `stop` that lets so many chunks be done."""
    left = iter([False] * (chunks + 1))  # the first question is asked before anything is claimed.
    return lambda: next(left, True)


def rewind(marketplace: Marketplace, **values: Any) -> None:
    """Put every cascade back to where `values` says."""
    with marketplace.runtime.database.session() as session:
        session.execute(update(Cascade).values(values).execution_options(synchronize_session=False))


# --- in chunks, whoever stops


@pytest.mark.parametrize(("chunks", "done"), [(1, 2), (2, 4)])
def test_a_cascade_stopped_half_way_goes_on_where_it_was(make_marketplace: Opens, chunks: int, done: int) -> None:
    marketplace = sell_in_packs(make_marketplace(CASCADE_CHUNK=2))
    marketplace.change_status("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    assert run_cascades(marketplace.runtime, "one", stop=after(chunks)) == 0
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, steps_of(cascade)["packs"]) == ("running", ("running", 5, done))
    assert published_about_packs(marketplace) == [["pack.hidden"]] * done + [[]] * (5 - done)
    assert run_cascades(marketplace.runtime, "two") == 1
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, steps_of(cascade)["packs"]) == ("done", ("done", 5, 5))
    assert published_about_packs(marketplace) == [["pack.hidden"]] * 5


@pytest.mark.parametrize("chunk", [1, 4, 5, 6])
def test_chunks_of_any_size_reach_every_pack_once(make_marketplace: Opens, chunk: int) -> None:
    marketplace = sell_in_packs(make_marketplace(CASCADE_CHUNK=chunk))
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    assert published_about_packs(marketplace) == [["pack.hidden"]] * 5
    assert steps_of(marketplace.cascades("mod-1")[0])["packs"] == ("done", 5, 5)


def test_a_cascade_run_again_from_its_start_tells_nothing_twice(
    clock: time_machine.Traveller, marketplace: Marketplace
) -> None:
    sell_in_packs(marketplace)
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    again = [Step(name="product_page", state="done", total=1, done=1).as_json(), Step(name="packs").as_json()]
    rewind(marketplace, state="running", steps=again, finished_at=None)
    clock.shift(1)
    assert run_cascades(marketplace.runtime, "tests") == 1
    assert published_about_packs(marketplace) == [["pack.hidden"]] * 5


def test_a_dead_workers_cascade_is_taken_over_when_its_lease_has_run_out(
    clock: time_machine.Traveller, make_marketplace: Opens
) -> None:
    marketplace = sell_in_packs(make_marketplace(CASCADE_CHUNK=2))
    marketplace.change_status("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    run_cascades(marketplace.runtime, "dead", stop=after(1))
    now = marketplace.runtime.now()
    rewind(marketplace, owner="dead", leased_until=now + timedelta(seconds=30))
    clock.shift(30)
    assert run_cascades(marketplace.runtime, "living") == 0
    clock.shift(timedelta(microseconds=1))
    assert run_cascades(marketplace.runtime, "living") == 1
    assert published_about_packs(marketplace) == [["pack.hidden"]] * 5


def test_two_workers_at_once_carry_every_cascade_once(make_marketplace: Opens) -> None:
    marketplace = sell_in_packs(make_marketplace(CASCADE_CHUNK=1))
    for product_id in ("mod-1", "mod-2", "mod-3"):
        marketplace.change_status(product_id, OFFLINE)
    process_pending(marketplace.runtime, "tests")
    with ThreadPoolExecutor(2) as workers:
        finished = list(workers.map(lambda owner: run_cascades(marketplace.runtime, owner), ("one", "two")))
    assert sum(finished) == 3
    assert published_about_packs(marketplace) == [["pack.hidden"]] * 5


# --- a step that fails


def test_a_cascade_whose_step_fails_rests_and_in_the_end_waits_for_a_person(
    clock: time_machine.Traveller, marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell_in_packs(marketplace)

    def fail(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setitem(CASCADE_STEPS, "packs", fail)
    marketplace.change_status("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    for attempt in range(1, ATTEMPTS + 1):
        run_cascades(marketplace.runtime, "tests")
        run_cascades(marketplace.runtime, "tests")  # it rests: nobody tries again at once.
        [cascade] = marketplace.cascades("mod-1")
        assert (cascade.attempts, cascade.state) == (attempt, "running" if attempt < ATTEMPTS else "failed")
        clock.shift(31)
    assert cascade.error == "RuntimeError: a mistake of ours"
    run_cascades(marketplace.runtime, "tests")
    assert marketplace.cascades("mod-1")[0].attempts == ATTEMPTS


def test_running_out_of_memory_costs_a_cascade_no_attempt(
    clock: time_machine.Traveller, marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell_in_packs(marketplace)
    marketplace.change_status("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    with monkeypatch.context() as out_of_it:
        out_of_it.setitem(CASCADE_STEPS, "packs", Mock(side_effect=MemoryError()))
        for _ in range(ATTEMPTS + 1):
            run_cascades(marketplace.runtime, "tests")
            clock.shift(31)
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.attempts, cascade.state, cascade.error) == (0, "running", "MemoryError: ")
    run_cascades(marketplace.runtime, "tests")
    assert marketplace.cascades("mod-1")[0].state == "done"


def test_a_failing_cascade_keeps_none_of_the_others_from_their_end(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    sell_in_packs(marketplace)
    chunk = CASCADE_STEPS["packs"]

    def fail_for_one(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
        if cascade.subject_id == "mod-1":
            raise RuntimeError("a mistake of ours")
        chunk(uow, cascade, progress, limit)

    monkeypatch.setitem(CASCADE_STEPS, "packs", fail_for_one)
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-2", OFFLINE)
    marketplace.run_all_now()
    assert marketplace.cascades("mod-2")[0].state == "done"
    assert marketplace.cascades("mod-1")[0].state == "running"
