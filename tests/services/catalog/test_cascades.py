"""Does everything follow from a change, once, whoever dies on the way? `house.md` rule 3, `domain.md` 5 and 6."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.cascades import Cascade
from marketplace_hooks.services.catalog import cascades
from marketplace_hooks.services.catalog.cascades import ATTEMPTS, Step, StepKind, run_cascades
from marketplace_hooks.services.core.unit_of_work import UnitOfWork

from ...support.marketplace import OFFLINE, ONLINE, Marketplace

Opens = Callable[..., Marketplace]
PACKS = [f"pack-{number}" for number in range(5)]


def shop(marketplace: Marketplace) -> Marketplace:
    """One seller, three products, five packs with `mod-1` in each."""
    marketplace.sells("mod-1", "mod-2", "mod-3")
    for number, pack_id in enumerate(PACKS):
        marketplace.packs(pack_id, "mod-1", f"mod-{2 + number % 2}")
    return marketplace


def steps(cascade: Cascade) -> dict[str, tuple[str, int | None, int]]:
    """Step → state, total, done."""
    return {step["name"]: (step["state"], step["total"], step["done"]) for step in cascade.steps}


def told_of_packs(marketplace: Marketplace) -> list[list[str]]:
    return [marketplace.told(pack_id, "pack") for pack_id in PACKS]


def after(chunks: int) -> Callable[[], bool]:
    """A `stop` that lets so many chunks be done."""
    left = iter([False] * (chunks + 1))  # the first question is asked before anything is claimed.
    return lambda: next(left, True)


def rewind(marketplace: Marketplace, **values: Any) -> None:
    """Put every cascade back to where `values` says."""
    with marketplace.runtime.database.session() as session:
        session.execute(update(Cascade).values(values).execution_options(synchronize_session=False))


# --- what follows


def test_a_product_in_no_pack_is_done_with_the_change_itself(marketplace: Marketplace) -> None:
    marketplace.sells("mod-1")
    marketplace.change("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, cascade.change, cascade.seller_id) == ("done", "held", "seller-1")
    assert steps(cascade)["product_page"] == ("done", 1, 1)
    assert steps(cascade)["packs"] == ("done", 0, 0)
    assert steps(cascade)["events"] == ("done", 1, 1)
    assert cascade.finished_at is not None


def test_packs_follow_as_steps_with_their_progress(marketplace: Marketplace) -> None:
    shop(marketplace)
    event = marketplace.change("mod-1", OFFLINE, reason="Repairs")
    process_pending(marketplace.runtime, "tests")
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, cascade.finished_at) == ("running", None)
    assert steps(cascade)["packs"] == ("pending", None, 0)
    marketplace.run_all_now()
    [cascade] = marketplace.cascades("mod-1")
    assert cascade.state == "done"
    assert steps(cascade)["packs"] == ("done", 5, 5)
    assert steps(cascade)["events"] == ("done", 6, 6)
    assert cascade.cause == {"event_id": event, "actor": "seller", "reason": "Repairs"}


def test_its_end_is_told_about_its_subject_with_what_was_done(marketplace: Marketplace) -> None:
    shop(marketplace)
    marketplace.change("mod-1", OFFLINE)
    marketplace.run_all_now()
    [cascade] = marketplace.cascades("mod-1")
    completed = marketplace.outgoing("mod-1")[-1]
    assert (completed.type, completed.cascade_id) == ("cascade.completed", cascade.id)
    assert completed.data["cascade_id"] == cascade.id
    assert completed.data["product_id"] == "mod-1"
    assert completed.data["steps"]["packs"] == {"total": 5, "failed": 0}
    assert completed.cause == cascade.cause


def test_pages_are_hidden_before_any_cascade_has_run(marketplace: Marketplace) -> None:
    shop(marketplace)
    marketplace.change("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    assert not any(marketplace.can_see(pack_id) for pack_id in PACKS)
    assert told_of_packs(marketplace) == [[]] * 5


def test_a_change_undone_before_its_cascade_ran_tells_nothing_about_packs(marketplace: Marketplace) -> None:
    shop(marketplace)
    marketplace.change("mod-1", OFFLINE)
    marketplace.change("mod-1", ONLINE)
    marketplace.run_all_now()
    assert marketplace.told("mod-1") == ["product.hidden", "product.shown"]
    assert told_of_packs(marketplace) == [[]] * 5
    assert [cascade.state for cascade in marketplace.cascades("mod-1")] == ["done", "done"]


def test_a_suspended_accounts_cascade_goes_through_products_and_packs(marketplace: Marketplace) -> None:
    shop(marketplace)
    marketplace.publish("seller.suspended")
    marketplace.run_all_now()
    [cascade] = marketplace.cascades("seller-1")
    assert (cascade.state, cascade.change) == ("done", "suspended")
    assert steps(cascade)["product_pages"] == ("done", 3, 3)
    assert steps(cascade)["packs_of_seller"] == ("done", 5, 5)
    assert steps(cascade)["events"] == ("done", 8, 8)
    assert marketplace.outgoing("seller-1", "seller")[-1].type == "cascade.completed"


# --- in chunks, whoever stops


@pytest.mark.parametrize(("chunks", "done"), [(1, 2), (2, 4)])
def test_a_cascade_stopped_half_way_goes_on_where_it_was(open_here: Opens, chunks: int, done: int) -> None:
    marketplace = shop(open_here(CASCADE_CHUNK=2))
    marketplace.change("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    assert run_cascades(marketplace.runtime, "one", stop=after(chunks)) == 0
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, steps(cascade)["packs"]) == ("running", ("running", 5, done))
    assert told_of_packs(marketplace) == [["pack.hidden"]] * done + [[]] * (5 - done)
    assert run_cascades(marketplace.runtime, "two") == 1
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, steps(cascade)["packs"]) == ("done", ("done", 5, 5))
    assert told_of_packs(marketplace) == [["pack.hidden"]] * 5


@pytest.mark.parametrize("chunk", [1, 4, 5, 6])
def test_chunks_of_any_size_reach_every_pack_once(open_here: Opens, chunk: int) -> None:
    marketplace = shop(open_here(CASCADE_CHUNK=chunk))
    marketplace.change("mod-1", OFFLINE)
    marketplace.run_all_now()
    assert told_of_packs(marketplace) == [["pack.hidden"]] * 5
    assert steps(marketplace.cascades("mod-1")[0])["packs"] == ("done", 5, 5)


def test_a_cascade_run_again_from_its_start_tells_nothing_twice(
    clock: time_machine.Traveller, marketplace: Marketplace
) -> None:
    shop(marketplace)
    marketplace.change("mod-1", OFFLINE)
    marketplace.run_all_now()
    again = [Step(name="product_page", state="done", total=1, done=1).as_json(), Step(name="packs").as_json()]
    rewind(marketplace, state="running", steps=again, finished_at=None)
    clock.shift(1)
    assert run_cascades(marketplace.runtime, "tests") == 1
    assert told_of_packs(marketplace) == [["pack.hidden"]] * 5


def test_a_dead_workers_cascade_is_taken_over_when_its_lease_has_run_out(
    clock: time_machine.Traveller, open_here: Opens
) -> None:
    marketplace = shop(open_here(CASCADE_CHUNK=2))
    marketplace.change("mod-1", OFFLINE)
    process_pending(marketplace.runtime, "tests")
    run_cascades(marketplace.runtime, "dead", stop=after(1))
    now = marketplace.runtime.now()
    rewind(marketplace, owner="dead", leased_until=now + timedelta(seconds=30))
    clock.shift(30)
    assert run_cascades(marketplace.runtime, "living") == 0
    clock.shift(timedelta(microseconds=1))
    assert run_cascades(marketplace.runtime, "living") == 1
    assert told_of_packs(marketplace) == [["pack.hidden"]] * 5


def test_two_workers_at_once_carry_every_cascade_once(open_here: Opens) -> None:
    marketplace = shop(open_here(CASCADE_CHUNK=1))
    for product_id in ("mod-1", "mod-2", "mod-3"):
        marketplace.change(product_id, OFFLINE)
    process_pending(marketplace.runtime, "tests")
    with ThreadPoolExecutor(2) as workers:
        finished = list(workers.map(lambda owner: run_cascades(marketplace.runtime, owner), ("one", "two")))
    assert sum(finished) == 3
    assert told_of_packs(marketplace) == [["pack.hidden"]] * 5


# --- a step that fails


def test_a_cascade_whose_step_fails_rests_and_in_the_end_waits_for_a_person(
    clock: time_machine.Traveller, marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop(marketplace)

    def fail(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setitem(cascades.STEPS, "packs", StepKind(chunk=fail, applies=lambda locked, change: True))
    marketplace.change("mod-1", OFFLINE)
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


def test_a_failing_cascade_keeps_none_of_the_others_from_their_end(
    marketplace: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop(marketplace)
    chunk = cascades.STEPS["packs"].chunk

    def fail_for_one(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
        if cascade.subject_id == "mod-1":
            raise RuntimeError("a mistake of ours")
        chunk(uow, cascade, progress, limit)

    monkeypatch.setitem(cascades.STEPS, "packs", StepKind(chunk=fail_for_one, applies=lambda locked, change: True))
    marketplace.change("mod-1", OFFLINE)
    marketplace.change("mod-2", OFFLINE)
    marketplace.run_all_now()
    assert marketplace.cascades("mod-2")[0].state == "done"
    assert marketplace.cascades("mod-1")[0].state == "running"
