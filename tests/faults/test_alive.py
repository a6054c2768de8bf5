"""Who is alive is known from rows: a flushed Redis changes nothing about it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from marketplace_hooks.models.deployment import ProcessKind
from marketplace_hooks.services.core.heartbeats import count_alive
from tests.support.processes import ROOT, STARTED_WITHIN_S, Deployment
from tests.support.redis import RedisServer

BOTH = {ProcessKind.WORKER: 1, ProcessKind.SCHEDULER: 1}


def states(deployment: Deployment) -> dict[str, tuple[str, str]]:
    """What the doctor says of each check."""
    command = [sys.executable, "-m", "marketplace_hooks", "doctor", "--json"]
    answer = subprocess.run(
        command, env={**os.environ, **deployment.settings}, cwd=ROOT, capture_output=True, text=True, check=False
    )
    return {one["check"]: (one["state"], one["detail"]) for one in json.loads(answer.stdout)}


def test_the_doctor_knows_who_is_alive_also_after_redis_was_flushed(
    deployment: Deployment, private_redis: RedisServer
) -> None:
    worker = deployment.start_worker()
    scheduler = deployment.start_scheduler()

    def alive(expected: dict[ProcessKind, int]) -> None:
        deployment.wait(
            lambda session: dict(count_alive(session, deployment.runtime.now())) == expected,
            STARTED_WITHIN_S,
            f"it is not {expected} who are alive",
        )

    alive(BOTH)
    with private_redis.client() as client:
        client.flushall()
    found = states(deployment)
    assert [found["workers"], found["scheduler"]] == [("ok", "1 running")] * 2
    for process in (worker, scheduler):
        process.stop()
    alive({})
