"""A worker says that it is ready, and for what, once it takes work: real processes on a real Redis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace_hooks.models.deployment import ProcessKind
from marketplace_hooks.services.core.heartbeats import count_alive

from ..support.fault_events import all_applied, count_inbox, seller, signed
from ..support.processes import STARTED_WITHIN_S, Deployment, Process, wait_until
from ..support.redis import RedisServer

READY = "The worker is ready: "
EVERY_KIND = f"{READY}inbox, cascades, renewals, support, deliveries, mail, inspections."


@pytest.fixture
def deployment(tmp_path: Path, sqlite_url: str, private_redis: RedisServer) -> Iterator[Deployment]:
    made = Deployment(tmp_path, sqlite_url, private_redis.url)
    yield made
    made.close()


def wait_for_lines(deployment: Deployment, process: Process, count: int) -> list[str]:
    """So many lines of a process that say that a worker is ready."""

    def lines() -> list[str]:
        return [line for line in process.log.read_text(encoding="utf-8").splitlines() if READY in line]

    wait_until(lambda: len(lines()) >= count, STARTED_WITHIN_S, "no worker said that it is ready", deployment)
    return lines()


def count_workers(deployment: Deployment) -> int:
    return int(deployment.read(lambda session: count_alive(session, deployment.runtime.now()))[ProcessKind.WORKER])


def test_a_worker_that_says_it_is_ready_is_alive_and_applies_an_event_by_itself(deployment: Deployment) -> None:
    deployment.start_web()
    worker = deployment.start_worker()
    assert wait_for_lines(deployment, worker, 1) == [EVERY_KIND]
    assert count_workers(deployment) == 1
    assert deployment.post(signed(seller()))[0] == 202
    # There is no scheduler that would find the event: Redis woke the worker for it.
    deployment.wait(
        lambda session: count_inbox(session) and all_applied(session), STARTED_WITHIN_S, "it was not applied"
    )
    assert worker.stop() == 0
    assert wait_for_lines(deployment, worker, 1) == [EVERY_KIND]
    assert count_workers(deployment) == 0


def test_each_of_several_workers_names_itself_and_its_own_kinds_of_jobs(deployment: Deployment) -> None:
    deployment.settings["MARKETPLACE_HOOKS_LOG_FORMAT"] = "json"
    lines = wait_for_lines(deployment, deployment.start("worker", "--processes", "2"), 2)
    assert {json.loads(line)["message"] for line in lines} == {
        f"{READY}inbox, cascades, renewals, support.",
        f"{READY}inbox, deliveries, mail, inspections.",
    }
    assert count_workers(deployment) == 2


def test_a_worker_does_not_start_on_a_redis_that_loses_wake_ups(
    deployment: Deployment, private_redis: RedisServer
) -> None:
    with private_redis.client() as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
    worker = deployment.start_worker()
    assert worker.popen.wait(STARTED_WITHIN_S) == 1
    assert "set maxmemory-policy noeviction" in worker.log.read_text()
