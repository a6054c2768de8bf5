"""Many threads ask, a few act: every wish is answered once, with its own answer, in the order of asking."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from marketplace_hooks.database.group_commit import GroupCommit

PATIENCE_S = 20


class Workshop:
    """Notes what it is asked together, and answers once the gate is open: those who come meanwhile have to gather."""

    def __init__(self, *, at_most: int = 100, side_by_side: int = 1) -> None:
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)
        self.batches: list[list[int]] = []
        self.gathering: GroupCommit[int, str] = GroupCommit(self.act, at_most=at_most, side_by_side=side_by_side)
        self.threads = ThreadPoolExecutor(max_workers=64)

    def act(self, items: Sequence[int]) -> list[str | Exception]:
        self.batches.append(list(items))
        self.begun.release()
        assert self.gate.wait(PATIENCE_S)
        return [ValueError(f"no {item}") if item < 0 else f"done {item}" for item in items]

    def submit(self, *items: int) -> list[Future[str]]:
        """One thread after the other asks, and stands in line before the next does."""
        asked = []
        for item in items:
            stood = len(self.gathering._waiting)
            asked.append(self.threads.submit(self.gathering.submit, item))
            wait_until(lambda stood=stood: len(self.gathering._waiting) > stood)
        return asked

    def ask_and_begin(self, item: int) -> Future[str]:
        asked = self.threads.submit(self.gathering.submit, item)
        assert self.begun.acquire(timeout=PATIENCE_S)
        return asked


def wait_until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    end = PATIENCE_S * 1000
    for _ in range(end):
        if is_so():
            return
        pause.wait(0.001)
    raise AssertionError("it never came to that")


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


def test_who_comes_alone_is_served_alone_and_at_once(workshop: Workshop) -> None:
    workshop.gate.set()
    assert [workshop.gathering.submit(item) for item in (1, 2, 3)] == ["done 1", "done 2", "done 3"]
    assert workshop.batches == [[1], [2], [3]]


def test_those_who_come_meanwhile_are_served_together_in_the_order_of_their_coming(workshop: Workshop) -> None:
    first = workshop.ask_and_begin(1)
    others = workshop.submit(2, 3, 4)
    workshop.gate.set()
    assert [one.result(PATIENCE_S) for one in (first, *others)] == ["done 1", "done 2", "done 3", "done 4"]
    assert workshop.batches == [[1], [2, 3, 4]]


def test_no_more_are_served_together_than_allowed() -> None:
    workshop = Workshop(at_most=2)
    first = workshop.ask_and_begin(1)
    others = workshop.submit(2, 3, 4, 5, 6)
    workshop.gate.set()
    assert {one.result(PATIENCE_S) for one in (first, *others)} == {f"done {item}" for item in range(1, 7)}
    assert workshop.batches == [[1], [2, 3], [4, 5], [6]]


def test_several_act_side_by_side_and_only_then_does_anybody_wait() -> None:
    workshop = Workshop(side_by_side=2)
    acting = [workshop.ask_and_begin(1), workshop.ask_and_begin(2)]
    waiting = workshop.submit(3, 4)
    assert workshop.batches == [[1], [2]]
    workshop.gate.set()
    assert [one.result(PATIENCE_S) for one in (*acting, *waiting)] == [f"done {item}" for item in range(1, 5)]


def test_a_refused_wish_is_refused_to_nobody_else(workshop: Workshop) -> None:
    first = workshop.ask_and_begin(1)
    good, bad, other = workshop.submit(2, -3, 4)
    workshop.gate.set()
    assert [one.result(PATIENCE_S) for one in (first, good, other)] == ["done 1", "done 2", "done 4"]
    with pytest.raises(ValueError, match="no -3"):
        bad.result(PATIENCE_S)


def test_when_acting_fails_everybody_concerned_hears_of_it_and_the_next_are_served() -> None:
    def fail_on_zero(items: Sequence[int]) -> list[int]:
        return [1 // item for item in items]

    gathering: GroupCommit[int, int] = GroupCommit(fail_on_zero, at_most=10)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            gathering.submit(0)
        assert gathering.submit(1) == 1


@pytest.mark.parametrize("side_by_side", [1, 3])
def test_of_thousands_of_wishes_from_many_threads_each_is_answered_once(side_by_side: int) -> None:
    served: list[int] = []

    def act(items: Sequence[int]) -> list[int]:
        served.extend(items)
        return [2 * item for item in items]

    gathering: GroupCommit[int, int] = GroupCommit(act, at_most=5, side_by_side=side_by_side)
    with ThreadPoolExecutor(max_workers=16) as threads:
        assert list(threads.map(gathering.submit, range(4_000))) == [2 * item for item in range(4_000)]
    assert sorted(served) == list(range(4_000))
