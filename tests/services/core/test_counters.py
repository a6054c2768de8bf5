"""Counters: nothing that was counted is lost between memory and rows, whoever counts at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from marketplace_hooks.errors import Unavailable
from marketplace_hooks.services.core import counters
from marketplace_hooks.services.core.counters import CounterName, Counters, read_counters
from marketplace_hooks.services.core.runtime import Runtime

from ...support.processes import wait_until


def stored(runtime: Runtime) -> dict[CounterName, dict[str, float]]:
    with runtime.database.read_session() as session:
        return {name: values for name, values in read_counters(session).items() if values}


def test_what_many_threads_count_and_several_processes_store_is_the_sum(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = [Counters(runtime.database) for _ in range(3)]

    def count(number: int) -> None:
        for _ in range(100):
            processes[number % 3].add(CounterName.EVENTS_RECEIVED, "new")
            processes[number % 3].add(CounterName.EVENTS_REFUSED, f"code-{number % 2}")
        processes[number % 3].store()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(count, range(6)))
    monkeypatch.setattr(counters, "_own_part", lambda: 7)
    processes[0].add(CounterName.EVENTS_RECEIVED, "new")
    for one in processes:
        one.store()
    assert stored(runtime) == {
        CounterName.EVENTS_RECEIVED: {"new": 601},
        CounterName.EVENTS_REFUSED: {"code-0": 300, "code-1": 300},
    }


def test_what_could_not_be_stored_is_stored_the_next_time(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counters(runtime.database)
    counted.add(CounterName.LEASES_LOST)
    with monkeypatch.context() as patched:

        def is_away(*_: object) -> None:
            raise Unavailable("the database is away")

        patched.setattr(runtime.database, "retrying", is_away)
        counted.store()
        counted.add(CounterName.LEASES_LOST)
    assert stored(runtime) == {}
    counted.store()
    assert stored(runtime) == {CounterName.LEASES_LOST: {"": 2}}


def test_a_web_process_stores_by_itself(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "STORE_INTERVAL_S", 0.01)
    counted = Counters(runtime.database)
    counted.keeps_storing = True
    counted.add(CounterName.EVENTS_RECEIVED, "new")
    wait_until(lambda: stored(runtime), 30, "nothing was stored")
    counted.keeps_storing = False  # its thread ends, and leaves no connection open.
    assert counted._thread is not None
    counted._thread.join(30)
    assert stored(runtime) == {CounterName.EVENTS_RECEIVED: {"new": 1}}
