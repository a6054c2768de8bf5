"""Group commit: every item is answered once, with its own answer, in the order of submission."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from marketplace_hooks.database.group_commit import GroupCommit

PATIENCE_S = 20


class Recorder:
    """Records each batch, and answers once the gate is open: what is submitted meanwhile has to wait."""

    def __init__(self, *, at_most: int = 100, concurrency: int = 1) -> None:
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)
        self.batches: list[list[int]] = []
        self.group: GroupCommit[int, str] = GroupCommit(self.act, at_most=at_most, concurrency=concurrency)
        self.threads = ThreadPoolExecutor(max_workers=64)

    def act(self, items: Sequence[int]) -> list[str | Exception]:
        self.batches.append(list(items))
        self.begun.release()
        assert self.gate.wait(PATIENCE_S)
        return [ValueError(f"no {item}") if item < 0 else f"done {item}" for item in items]

    def submit(self, *items: int) -> list[Future[str]]:
        """One thread after the other submits, and waits in line before the next does."""
        futures = []
        for item in items:
            queued = len(self.group._queue)
            futures.append(self.threads.submit(self.group.submit, item))
            wait_until(lambda queued=queued: len(self.group._queue) > queued)
        return futures

    def submit_and_begin(self, item: int) -> Future[str]:
        futures = self.threads.submit(self.group.submit, item)
        assert self.begun.acquire(timeout=PATIENCE_S)
        return futures


def wait_until(is_so: Callable[[], bool]) -> None:
    pause = threading.Event()
    end = PATIENCE_S * 1000
    for _ in range(end):
        if is_so():
            return
        pause.wait(0.001)
    raise AssertionError("the condition was never met")


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


def test_an_item_submitted_alone_is_handled_alone_and_at_once(recorder: Recorder) -> None:
    recorder.gate.set()
    assert [recorder.group.submit(item) for item in (1, 2, 3)] == ["done 1", "done 2", "done 3"]
    assert recorder.batches == [[1], [2], [3]]


def test_items_submitted_meanwhile_are_handled_together_in_the_order_of_submission(recorder: Recorder) -> None:
    first = recorder.submit_and_begin(1)
    others = recorder.submit(2, 3, 4)
    recorder.gate.set()
    assert [one.result(PATIENCE_S) for one in (first, *others)] == ["done 1", "done 2", "done 3", "done 4"]
    assert recorder.batches == [[1], [2, 3, 4]]


def test_no_more_items_are_handled_together_than_allowed() -> None:
    recorder = Recorder(at_most=2)
    first = recorder.submit_and_begin(1)
    others = recorder.submit(2, 3, 4, 5, 6)
    recorder.gate.set()
    assert {one.result(PATIENCE_S) for one in (first, *others)} == {f"done {item}" for item in range(1, 7)}
    assert recorder.batches == [[1], [2, 3], [4, 5], [6]]


def test_several_threads_act_at_once_and_only_then_does_any_wait() -> None:
    recorder = Recorder(concurrency=2)
    acting = [recorder.submit_and_begin(1), recorder.submit_and_begin(2)]
    queued = recorder.submit(3, 4)
    assert recorder.batches == [[1], [2]]
    recorder.gate.set()
    assert [one.result(PATIENCE_S) for one in (*acting, *queued)] == [f"done {item}" for item in range(1, 5)]


def test_an_error_for_one_item_is_raised_for_that_item_alone(recorder: Recorder) -> None:
    first = recorder.submit_and_begin(1)
    good, bad, other = recorder.submit(2, -3, 4)
    recorder.gate.set()
    assert [one.result(PATIENCE_S) for one in (first, good, other)] == ["done 1", "done 2", "done 4"]
    with pytest.raises(ValueError, match="no -3"):
        bad.result(PATIENCE_S)


def test_an_error_of_a_whole_batch_is_raised_for_each_of_its_items_and_the_next_are_handled() -> None:
    def fail_on_zero(items: Sequence[int]) -> list[int]:
        return [1 // item for item in items]

    group: GroupCommit[int, int] = GroupCommit(fail_on_zero, at_most=10)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            group.submit(0)
        assert group.submit(1) == 1


@pytest.mark.parametrize("concurrency", [1, 3])
def test_each_of_thousands_of_items_from_many_threads_is_answered_once(concurrency: int) -> None:
    handled: list[int] = []

    def act(items: Sequence[int]) -> list[int]:
        handled.extend(items)
        return [2 * item for item in items]

    group: GroupCommit[int, int] = GroupCommit(act, at_most=5, concurrency=concurrency)
    with ThreadPoolExecutor(max_workers=16) as threads:
        assert list(threads.map(group.submit, range(4_000))) == [2 * item for item in range(4_000)]
    assert sorted(handled) == list(range(4_000))
