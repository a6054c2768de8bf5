"""An installation of 0.1.0 is taken over: its database and its queued jobs, each piece of work carried out once.

`tests/data/database_0_1_0.sql` is a database as the code of 0.1.0 left it: events received and parked, a cascade at its
beginning, outgoing events not yet dispatched, one check of a shop done and one queued.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rq import Queue
from rq.registry import FailedJobRegistry
from rq.serializers import JSONSerializer
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace_hooks.domain.inspections.evidence import FindingKind
from marketplace_hooks.models.cascades import Cascade, CascadeState
from marketplace_hooks.models.inspections import Evidence, Inspection, InspectionState
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.subscriptions import Subscription
from marketplace_hooks.remote.redis.names import JobKind
from marketplace_hooks.remote.redis.queue import connect
from tests.support import databases
from tests.support.redis import RedisServer

from ..support.fault_events import all_applied, assert_published_once, statuses
from ..support.processes import RECOVERED_WITHIN_S, Deployment
from ..support.source_tree import ROOT

DUMP = ROOT / "tests" / "data" / "database_0_1_0.sql"


@pytest.fixture
def old_deployment(tmp_path: Path, private_redis: RedisServer) -> Iterator[Deployment]:
    """The installation of 0.1.0, migrated."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(DUMP.read_text(encoding="utf-8"))
    url = databases.sqlite_url(path)
    databases.apply_migrations(url)
    deployment = Deployment(tmp_path, url, private_redis.url)
    yield deployment
    deployment.close()


def queue_as_0_1_0_did(redis_url: str, kind: JobKind) -> None:
    with connect(redis_url) as client:
        queue = Queue(f"mh-{kind}", connection=client, serializer=JSONSerializer)
        queue.enqueue_call(f"workers.{kind}.run", result_ttl=0, failure_ttl=86_400, timeout=600, ttl=600)


def count_failed(redis_url: str) -> int:
    with connect(redis_url) as client:
        return sum(FailedJobRegistry(f"mh-{kind}", connection=client).count for kind in JobKind)


def everything_is_done(session: Session) -> bool:
    """No event waits, no cascade runs, no check is open, and every outgoing event has been dispatched."""
    left = [
        select(func.count()).select_from(Cascade).where(Cascade.state != CascadeState.DONE),
        select(func.count()).select_from(Inspection).where(Inspection.state != InspectionState.DONE),
        select(func.count()).select_from(OutgoingEvent).where(OutgoingEvent.dispatched_at.is_(None)),
    ]
    return all_applied(session) and not any(session.scalar(query) for query in left)


def test_a_worker_carries_out_once_what_the_database_and_the_queue_of_0_1_0_hold(
    old_deployment: Deployment, private_redis: RedisServer
) -> None:
    for kind in (JobKind.INBOX, JobKind.CASCADES, JobKind.INSPECTIONS, JobKind.DELIVERIES):
        queue_as_0_1_0_did(private_redis.url, kind)
    old_deployment.start_worker()
    old_deployment.wait(everything_is_done, RECOVERED_WITHIN_S, "something of 0.1.0 was forgotten")
    assert old_deployment.read(statuses) == {
        "hidden": "offline_temporary",
        "orphan": "online",
        "shown": "online",
        "withdrawn": "offline_permanent",
    }
    cancelled = select(func.count()).where(Subscription.withdrawn_from.is_not(None))
    assert old_deployment.read(lambda session: session.scalar(cancelled)) == 3
    assert_published_once(old_deployment)
    assert count_failed(private_redis.url) == 0


def test_what_an_inspection_of_0_1_0_found_is_still_known(old_deployment: Deployment) -> None:
    platform = Evidence.what == FindingKind.PLATFORM_VERSION
    found = old_deployment.read(
        lambda session: session.execute(select(Evidence.value, Evidence.probe).where(platform)).all()
    )
    assert [tuple(row) for row in found] == [("9.1.4", "cookie")]
