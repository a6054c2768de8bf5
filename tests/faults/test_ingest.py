"""An event is stored, and applied once, whatever happens between its post and the wake-up of a worker."""

from __future__ import annotations

import http.client
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from sqlalchemy import select

from marketplace_hooks.models.access import Lock
from marketplace_hooks.models.inbox import InboxEvent
from marketplace_hooks.remote.redis.names import JobKind
from tests.support.postgres import Postgres
from tests.support.redis import RedisServer

from ..support.fault_events import (
    all_applied,
    assert_published_once,
    count_inbox,
    hidden,
    product,
    published,
    seller,
    set_up,
    shown,
    signed,
    status_of,
    statuses,
)
from ..support.processes import RECOVERED_WITHIN_S, STARTED_WITHIN_S, Deployment, Fault, wait_until
from .conftest import MakeDeployment

# Far more than an answer takes, and far less than any Redis that does not answer would cost a patient client.
AT_ONCE_S = 1.0


def test_an_event_whose_receiver_is_killed_before_the_wakeup_is_applied_by_the_sweep(deployment: Deployment) -> None:
    set_up(deployment, [seller(), product("p1")])
    before_the_wakeup = Fault(at="marketplace_hooks.remote.redis.queue:CoalescingWakeups.wake_worker")
    deployment.start_worker()
    deployment.start_scheduler()
    deployment.start_web(faults=[before_the_wakeup])
    event = signed(hidden("p1", 1), "evt-1")
    with suppress(OSError, http.client.HTTPException):
        status, _, _ = deployment.post(event)
        raise AssertionError(f"the server that was to be killed answered {status}")
    before_the_wakeup.wait(deployment)
    deployment.wait(lambda session: status_of(session, "p1") == "offline_temporary", RECOVERED_WITHIN_S, "nobody swept")

    answers: list[Any] = []

    def repeated() -> bool:
        with suppress(OSError, http.client.HTTPException):
            answers.append(deployment.post(event)[:2])
        return bool(answers)

    wait_until(repeated, RECOVERED_WITHIN_S, "the web server was not started again", deployment)
    assert answers == [(202, {"event_id": "evt-1", "duplicate": True})]
    assert deployment.read(lambda session: published(session, "product.hidden")) == [("product.hidden", "p1")]
    assert_published_once(deployment)


# docs/operate.md, "When something dies": Redis.
def test_posts_are_kept_at_once_while_redis_is_down_and_workers_listen_again_when_it_is_back(
    deployment: Deployment, private_redis: RedisServer
) -> None:
    ids = [f"p{number}" for number in range(20)]
    set_up(deployment, [seller(), *map(product, ids)])
    deployment.start_web()
    deployment.start_worker()
    scheduler = deployment.start_scheduler()
    deployment.post(signed(hidden("p0", 1)))
    deployment.wait(
        lambda session: status_of(session, "p0") == "offline_temporary", RECOVERED_WITHIN_S, "nothing works yet"
    )
    deployment.wait(
        lambda session: session.scalar(select(Lock.owner)) is not None, STARTED_WITHIN_S, "no scheduler runs"
    )

    private_redis.kill()
    took_s = []
    for id_ in ids[1:]:
        started_s = time.monotonic()
        status, answer, _ = deployment.post(signed(hidden(id_, 1)))
        took_s.append(time.monotonic() - started_s)
        assert (status, answer["duplicate"]) == (202, False)
    # A client that waited for Redis would make each of them wait; a busy machine only some.
    assert statistics.median(took_s) < AT_ONCE_S
    everything = dict.fromkeys(ids, "offline_temporary")
    deployment.wait(
        lambda session: statuses(session) == everything, RECOVERED_WITHIN_S, "nothing was done without Redis"
    )

    private_redis.start()
    assert scheduler.stop() == 0  # nobody sweeps now: what is applied, a worker was woken for.
    wait_until(lambda: worker_is_woken(deployment, ids), RECOVERED_WITHIN_S, "no worker listens again", deployment)
    assert_published_once(deployment)


def worker_is_woken(deployment: Deployment, ids: list[str]) -> bool:
    """Whether an event posted now is applied; each call posts the next one."""
    version = deployment.read(count_inbox)
    _, answer, _ = deployment.post(signed(shown(ids[version % len(ids)], version)))
    applied = select(InboxEvent.applied_at).where(InboxEvent.event_id == answer["event_id"])
    with suppress(AssertionError):
        deployment.wait(lambda session: session.scalar(applied) is not None, AT_ONCE_S, "not yet")
        return True
    return False


# docs/operate.md, "When something dies": Redis.
def test_a_flushed_redis_loses_no_event_that_it_had_a_job_for(
    deployment: Deployment, private_redis: RedisServer
) -> None:
    set_up(deployment, [seller(), product("p1"), product("p2")])
    deployment.start_web()
    with private_redis.client() as redis:
        # Nobody listens yet: the job waits.
        deployment.post(signed(hidden("p1", 1)))
        queue = f"rq:queue:{deployment.runtime.redis_names.queue(JobKind.INBOX)}"
        wait_until(lambda: redis.llen(queue) == 1, AT_ONCE_S * 5, "no worker was woken", deployment)
        redis.flushall()
    deployment.start_worker()
    deployment.start_scheduler()
    deployment.wait(lambda session: status_of(session, "p1") == "offline_temporary", RECOVERED_WITHIN_S, "nobody swept")

    with private_redis.client() as redis:
        # Somebody listens, and all that it had said of itself is gone as well.
        redis.flushall()
    deployment.post(signed(hidden("p2", 1)))
    deployment.wait(
        lambda session: status_of(session, "p2") == "offline_temporary", RECOVERED_WITHIN_S, "nobody was woken"
    )
    assert_published_once(deployment)


def test_fifty_posts_of_one_id_at_once_are_one_event(
    make_deployment: MakeDeployment, private_redis: RedisServer
) -> None:
    deployment = make_deployment(WEB_PROCESSES=2)
    set_up(deployment, [seller(), product("p1")])
    deployment.start_web()
    deployment.start_worker()
    before = deployment.read(count_inbox)
    event = signed(hidden("p1", 1), "evt-1")
    together = threading.Barrier(50)

    def post(_: int) -> tuple[int, Any]:
        together.wait()
        return deployment.post(event)[:2]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(post, range(50)))
    assert [status for status, _ in answers] == [202] * 50
    assert sorted(answer["duplicate"] for _, answer in answers) == [False] + [True] * 49
    assert deployment.read(count_inbox) == before + 1
    deployment.wait(
        lambda session: status_of(session, "p1") == "offline_temporary", RECOVERED_WITHIN_S, "it was not applied"
    )
    assert deployment.read(lambda session: published(session, "product.hidden")) == [("product.hidden", "p1")]
    assert_published_once(deployment)


def test_a_restarted_postgresql_loses_nothing_that_was_answered_202(
    crashing_deployment: Deployment, restartable_postgres: Postgres
) -> None:
    deployment = crashing_deployment
    ids = [f"p{number}" for number in range(4)]
    set_up(deployment, [seller(), *map(product, ids)])
    deployment.start_web()
    deployment.start_worker()
    deployment.start_scheduler()
    load = Load(deployment, ids)
    try:
        load.wait_for("202")
        restartable_postgres.stop(immediate=True)
        load.wait_for("503")
        restartable_postgres.start()
        load.wait_for("202")
    finally:
        last = load.stop()

    deployment.database.dispose()  # our own connections died as well.
    assert {answer for _, answer in load.answers} <= {"202", "503"}
    accepted = {event_id for event_id, answer in load.answers if answer == "202"}
    rows = deployment.read(lambda session: set(session.scalars(select(InboxEvent.event_id))))
    assert accepted <= rows
    deployment.wait(all_applied, RECOVERED_WITHIN_S, "something was forgotten")
    expected = {id_: "offline_temporary" if version % 2 else "online" for id_, version in last.items()}
    assert deployment.read(statuses) == expected
    assert_published_once(deployment)


class Load:
    """Posts that go on and on, one thread for each product: its page is hidden and shown in turns."""

    def __init__(self, deployment: Deployment, ids: list[str]) -> None:
        self.answers: list[tuple[str, str]] = []
        self._deployment = deployment
        self._ids = ids
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(len(ids))
        self._futures = {id_: self._pool.submit(self._post, id_) for id_ in ids}

    def _post(self, id_: str) -> int:
        """Until the end; gives the last version that was answered 202."""
        version = 1
        while not self._stopping.is_set():
            event_id = f"{id_}-{version}"
            event = signed((hidden if version % 2 else shown)(id_, version), event_id)
            status, answer, headers = self._deployment.post(event)
            self.answers.append((event_id, str(status)))
            if status == 202:
                version += 1
            else:
                assert int(headers["retry-after"]) > 0
                assert answer["status"] == status
                self._stopping.wait(0.05)
        return version - 1

    def wait_for(self, answer: str) -> None:
        """Until the events of every product have had this answer from now on."""
        begin = len(self.answers)

        def all_had_it() -> bool:
            assert not any(future.done() for future in self._futures.values())
            return {id_.partition("-")[0] for id_, received in self.answers[begin:] if received == answer} == set(
                self._ids
            )

        wait_until(all_had_it, RECOVERED_WITHIN_S, f"no {answer} any more", self._deployment)

    def stop(self) -> dict[str, int]:
        """Stop posting; gives the last version of each product that was answered 202."""
        self._stopping.set()
        with self._pool:
            return {id_: future.result() for id_, future in self._futures.items()}
