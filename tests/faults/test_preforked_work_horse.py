"""A preforked work horse that dies, is orphaned or loses its database costs no event."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace_hooks.models.inbox import Shard
from tests.support.postgres import Postgres

from ..support.fault_events import (
    all_applied,
    assert_published_once,
    hidden,
    product,
    seller,
    set_up,
    shown,
    signed,
    statuses,
)
from ..support.processes import RECOVERED_WITHIN_S, STARTED_WITHIN_S, STOPPED_WITHIN_S, Deployment, Process, wait_until


def idle_horse_of(deployment: Deployment, worker: Process) -> int:
    """The process id of the work horse that the worker has forked ahead."""
    pid = worker.popen.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found: list[str] = []

    def exists() -> bool:
        found[:] = children.read_text().split()
        return bool(found)

    wait_until(exists, STARTED_WITHIN_S, "no work horse was forked ahead", deployment)
    return int(found[0])


def nobody_works(session: Session) -> bool:
    """Whether no worker holds a shard."""
    return session.scalar(select(Shard.shard).where(Shard.owner.is_not(None)).limit(1)) is None


def test_when_the_idle_work_horse_was_killed_the_next_event_is_applied_by_another(deployment: Deployment) -> None:
    set_up(deployment, [seller(), product("p1")])
    deployment.start_web()
    worker = deployment.start_worker()
    killed = idle_horse_of(deployment, worker)
    os.kill(killed, signal.SIGKILL)
    assert deployment.post(signed(hidden("p1", 1)))[0] == 202
    deployment.wait(all_applied, RECOVERED_WITHIN_S, "the event was forgotten")
    assert deployment.read(statuses) == {"p1": "offline_temporary"}
    assert idle_horse_of(deployment, worker) != killed
    assert_published_once(deployment)


def test_an_idle_work_horse_ends_when_its_worker_is_killed(deployment: Deployment) -> None:
    worker = deployment.start_worker()
    horse = idle_horse_of(deployment, worker)
    worker.kill()
    wait_until(
        lambda: horse not in deployment.leftovers(), STOPPED_WITHIN_S, "the work horse outlived its worker", deployment
    )


def test_an_idle_work_horse_does_its_job_after_the_database_was_restarted(
    crashing_deployment: Deployment, restartable_postgres: Postgres
) -> None:
    deployment = crashing_deployment
    set_up(deployment, [seller(), product("p1")])
    deployment.start_web()
    worker = deployment.start_worker()
    deployment.start_scheduler()
    assert deployment.post(signed(hidden("p1", 1)))[0] == 202
    deployment.wait(all_applied, RECOVERED_WITHIN_S, "the first event was forgotten")
    deployment.wait(nobody_works, RECOVERED_WITHIN_S, "the first event is still worked on")
    idle_horse_of(deployment, worker)
    restartable_postgres.restart()
    deployment.database.dispose()  # our own connections died as well.
    wait_until(
        lambda: deployment.post(signed(shown("p1", 2)))[0] == 202,
        STARTED_WITHIN_S,
        "the web did not recover",
        deployment,
    )
    deployment.wait(all_applied, RECOVERED_WITHIN_S, "the event after the restart was forgotten")
    assert deployment.read(statuses) == {"p1": "online"}
    assert_published_once(deployment)
