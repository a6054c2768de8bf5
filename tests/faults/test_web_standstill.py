"""A web process in which every request stands still is replaced; one that is only slow is left alone."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from marketplace_hooks.config.settings import Settings
from marketplace_hooks.web.standstill import LOOK_EVERY_S, RequestPlace, Standstill, processor_s_of, still_after_s

from ..support.processes import STARTED_WITHIN_S, Deployment, Fault, wait_until

STILL_AFTER_S = 3.0
CONSTANTS = {"marketplace_hooks.web.standstill": {"STILL_AFTER_S": STILL_AFTER_S, "MARGIN_S": 0.0}}
SHORT_WAITS = {"DATABASE_WAIT_S": 1.0, "DELIVERY_TOTAL_S": 1.0, "WEB_THREADS": 2}
PLACES = 2


def status_of(port: int, path: str, within_s: float = 1.0) -> int | None:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=within_s)) as connection:
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            return connection.getresponse().status
    return None


def send_in_vain(port: int, path: str) -> threading.Thread:
    client = threading.Thread(target=status_of, args=(port, path, STARTED_WITHIN_S), daemon=True)
    client.start()
    return client


# docs/operate.md, "When something dies": every request of a web process is stuck.
def test_a_web_process_whose_every_request_is_blocked_says_where_and_is_replaced(
    tmp_path: Path, sqlite_url: str
) -> None:
    deployment = Deployment(tmp_path, sqlite_url, None, **SHORT_WAITS)
    deployment.settings["TEST_CONSTANTS"] = json.dumps(CONSTANTS)
    try:
        # Each rule hits the first call that comes to it: the second is reached by the second request.
        blocked = [Fault(at="marketplace_hooks.web.health:check_writable", action="block") for _ in range(PLACES)]
        web = deployment.start_web(faults=blocked)
        send_in_vain(deployment.port, "/readyz")
        first = blocked[-1].wait(deployment)
        assert status_of(deployment.port, "/healthz") == 200, "one place is left"
        send_in_vain(deployment.port, "/readyz")
        assert blocked[0].wait(deployment) == first
        wait_until(
            lambda: status_of(deployment.port, "/healthz") == 200 and first not in deployment.leftovers(),
            2 * STILL_AFTER_S + STARTED_WITHIN_S,
            "nobody serves",
            deployment,
        )
        assert web.is_running
        log = web.log.read_text()
        assert "Every request stands still" in log
        assert "in ready" in log, "the page where they stand is not named"
    finally:
        deployment.close()


def test_by_the_defaults_it_is_half_a_minute_and_else_longer_than_the_longest_wait() -> None:
    assert still_after_s(Settings()) == 30.0
    assert still_after_s(Settings(database_wait_s=60.0)) == 70.0
    assert still_after_s(Settings(delivery_total_s=45.0)) == 55.0


def judged_by(standstill: Standstill, checks: int) -> list[bool]:
    return [standstill.check(LOOK_EVERY_S) for _ in range(checks)]


def held_by(work: Callable[[], object]) -> RequestPlace:
    """A place that a thread has, which does this work for the rest of the test."""
    place = RequestPlace()
    taken = threading.Event()

    def hold() -> None:
        place.take()
        taken.set()
        work()

    threading.Thread(target=hold, daemon=True).start()
    assert taken.wait(STARTED_WITHIN_S)
    return place


def test_places_stand_still_when_all_are_held_and_none_has_been_left_for_long() -> None:
    released = threading.Event()
    places = [held_by(released.wait) for _ in range(PLACES)]
    standstill = Standstill(places, after_s=3.0)
    assert judged_by(standstill, 4) == [False, False, False, True]
    standstill = Standstill(places, after_s=3.0)
    assert judged_by(standstill, 2) == [False, False]
    places[0].served += 1  # that request is done, and another has come.
    assert judged_by(standstill, 4) == [False, False, False, True]
    assert judged_by(Standstill([*places, RequestPlace()], after_s=3.0), 10) == [False] * 10, "one place is free"
    released.set()


def test_a_look_that_comes_late_counts_little() -> None:
    """Else whoever was stopped by a debugger, or slept with the machine, would end itself."""
    released = threading.Event()
    standstill = Standstill([held_by(released.wait)], after_s=10.0)
    assert [standstill.check(3_600.0) for _ in range(5)] == [False] * 5
    released.set()


def test_requests_that_work_do_not_stand_still_however_long_they_take() -> None:
    ended = threading.Event()

    def compute() -> None:
        while not ended.is_set():
            sum(range(10_000))

    working = held_by(compute)
    standstill = Standstill([working, held_by(ended.wait)], after_s=3.0)
    for _ in range(6):
        assert not standstill.check(LOOK_EVERY_S)
        wait_for_processor(working, 0.05)
    ended.set()


def wait_for_processor(place: RequestPlace, share_s: float) -> None:
    """Wait until the thread of a place has used so much processor time."""
    enough_s = processor_s_of(place.native_thread) + share_s
    wait_until(lambda: processor_s_of(place.native_thread) >= enough_s, STARTED_WITHIN_S, "it does not work")
