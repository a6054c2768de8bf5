"""Limits: one of the threads that serve requests never waits for a slow database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from marketplace_hooks.database import limits
from marketplace_hooks.database.limits import Bulkhead
from marketplace_hooks.errors import DatabaseUnavailable

PATIENCE_S = 20


class Slow:
    """Threads that stay in the bulkhead until the gate opens."""

    def __init__(self, bulkhead: Bulkhead, threads: int) -> None:
        self.gate = threading.Event()
        self.pool = ThreadPoolExecutor(threads)
        inside = threading.Barrier(threads + 1)

        def stay() -> None:
            with bulkhead:
                inside.wait(PATIENCE_S)
                assert self.gate.wait(PATIENCE_S)

        self.futures = [self.pool.submit(stay) for _ in range(threads)]
        inside.wait(PATIENCE_S)

    def end(self) -> None:
        self.gate.set()
        for future in self.futures:
            future.result(PATIENCE_S)
        self.pool.shutdown()


@pytest.fixture
def bulkhead(monkeypatch: pytest.MonkeyPatch) -> Bulkhead:
    monkeypatch.setattr(limits, "SLOW_S", 0.0)
    return Bulkhead(4)


def test_the_last_thread_is_refused_while_all_others_wait(bulkhead: Bulkhead) -> None:
    slow = Slow(bulkhead, 3)
    with pytest.raises(DatabaseUnavailable), bulkhead:
        raise AssertionError("it entered")
    slow.end()
    with bulkhead, bulkhead:
        pass


def test_a_thread_enters_while_another_is_left(bulkhead: Bulkhead) -> None:
    slow = Slow(bulkhead, 2)
    with bulkhead, bulkhead:
        pass
    slow.end()


def test_many_threads_that_have_just_begun_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SLOW_S", 3600.0)
    bulkhead = Bulkhead(4)
    slow = Slow(bulkhead, 3)
    with bulkhead:
        pass
    slow.end()


def test_a_process_that_serves_no_requests_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SLOW_S", 0.0)
    bulkhead = Bulkhead(None)
    slow = Slow(bulkhead, 8)
    with bulkhead:
        pass
    slow.end()
