"""A worker that is woken carries out the inspections that stand in rows; who listens to what keeps slow shops apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from marketplace_hooks.cli.workers import job_kinds_of
from marketplace_hooks.config.loading import load
from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.demo.fake_shops.server import FakeShop, Shop
from marketplace_hooks.jobs import entry_points
from marketplace_hooks.models.inspections import InspectionState
from marketplace_hooks.remote.redis.names import JobKind
from marketplace_hooks.remote.redis.queue import connect
from marketplace_hooks.services.core.runtime import Runtime, make_runtime
from marketplace_hooks.services.inspections.requests import read_inspection, start_inspection


@pytest.fixture
def runtime(sqlite_url: str, redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    settings = {
        "DATABASE_URL": sqlite_url,
        "REDIS_URL": redis_url,
        "INSTANCE": str(tmp_path),
        "ALLOWED_NETWORKS": "127.0.0.0/8",
    }
    runtime = make_runtime(load({PREFIX + name: value for name, value in settings.items()}, {}))
    monkeypatch.setattr(entry_points, "_runtime", runtime)
    yield runtime
    runtime.site_client.close()
    runtime.database.dispose()


def test_a_check_wakes_a_worker_that_carries_it_out(runtime: Runtime, redis_url: str) -> None:
    connection = connect(redis_url)
    with FakeShop(Shop(version="9.1.4")).start() as site:
        check_id = start_inspection(runtime, site.url).check_id
        queue = Queue(runtime.redis_names.queue(JobKind.INSPECTIONS), connection=connection, serializer=JSONSerializer)
        assert len(queue) == 1
        SimpleWorker([queue], connection=connection, serializer=JSONSerializer).work(burst=True, logging_level="ERROR")
    with runtime.database.read_session() as session:
        inspection = read_inspection(session, check_id)
    assert inspection.state is InspectionState.DONE
    assert inspection.site_facts.platform_version is not None
    connection.close()


@pytest.mark.parametrize("workers", range(1, 8))
def test_every_kind_of_job_has_a_worker_and_every_worker_takes_the_inbox_first(workers: int) -> None:
    kinds_by_worker = [job_kinds_of(number, workers) for number in range(workers)]
    assert {kind for kinds in kinds_by_worker for kind in kinds} == set(JobKind)
    assert all(kinds[0] is JobKind.INBOX for kinds in kinds_by_worker)
    assert all(len(kinds) == len(set(kinds)) for kinds in kinds_by_worker)


@pytest.mark.parametrize("workers", range(2, 8))
def test_slow_shops_hold_up_no_cascade_and_with_three_workers_no_delivery_either(workers: int) -> None:
    for number in range(workers):
        kinds = set(job_kinds_of(number, workers))
        assert not {JobKind.CASCADES, JobKind.INSPECTIONS} <= kinds
        assert workers == 2 or not {JobKind.DELIVERIES, JobKind.INSPECTIONS} <= kinds
