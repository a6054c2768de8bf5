"""What the preforked work horse relies on inside RQ, by name: a release of RQ that changes it fails here first."""

from __future__ import annotations

import importlib.metadata
import inspect
import time
import tomllib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from packaging.requirements import Requirement
from rq import Worker
from rq.executions import Execution
from rq.job import Job
from rq.timeouts import JobTimeoutException

from marketplace_hooks.remote.redis.names import JobKind, RedisNames
from marketplace_hooks.remote.redis.prefork_worker import PreforkWorker
from marketplace_hooks.remote.redis.queue import JobOverdueError, _make_worker, _QueueWorker
from marketplace_hooks.remote.redis.service_jobs import ServiceJob

from ...support.source_tree import ROOT

# Overridden or called, with the parameters that we take or give.
USED: dict[Callable[..., Any], list[str]] = {
    Worker.dequeue_job_and_maintain_ttl: ["self", "timeout", "max_idle_time"],
    Worker.fork_work_horse: ["self", "job", "queue"],
    Worker.heartbeat: ["self", "timeout", "pipeline"],
    Worker.main_work_horse: ["self", "job", "queue"],
    Worker.setup_work_horse_signals: ["self"],
    Worker.teardown: ["self"],
    Worker.request_stop: ["self", "signum", "frame"],
    Worker.request_force_stop: ["self", "signum", "frame"],
    Worker.reorder_queues: ["self", "reference_queue"],
    Worker._install_signal_handlers: ["self"],
    Worker.procline: ["self", "message"],
    Execution.fetch: ["id", "job_id", "connection"],
    Job._deserialize_data: ["self"],
    Job.restore: ["self", "raw_data"],
}
OVERRIDDEN = {
    PreforkWorker: ["dequeue_job_and_maintain_ttl", "fork_work_horse", "teardown"],
    _QueueWorker: [
        "dequeue_job_and_maintain_ttl",
        "reorder_queues",
        "heartbeat",
        "request_stop",
        "_install_signal_handlers",
        "teardown",
    ],
    ServiceJob: ["_deserialize_data", "restore"],
}


def test_the_installed_rq_is_of_the_one_minor_release_that_the_project_accepts() -> None:
    lines = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    [rq] = [requirement for line in lines if (requirement := Requirement(line)).name == "rq"]
    major, minor, *_ = importlib.metadata.version("rq").split(".")
    assert rq.specifier.contains(f"{major}.{minor}.99")
    assert not rq.specifier.contains(f"{major}.{int(minor) + 1}.0")
    assert not rq.specifier.contains(f"{major}.{int(minor) - 1}.99")


@pytest.mark.parametrize("method", USED, ids=lambda method: method.__qualname__)
def test_rq_has_every_method_that_we_use_with_the_parameters_that_we_know(method: Callable[..., Any]) -> None:
    assert list(inspect.signature(method).parameters) == USED[method]


@pytest.mark.parametrize("ours", OVERRIDDEN, ids=lambda ours: ours.__name__)
def test_what_we_override_is_a_method_of_rq(ours: type) -> None:
    parent = Job if issubclass(ours, Job) else Worker
    own = [name for name, value in vars(ours).items() if inspect.isfunction(value) and hasattr(parent, name)]
    assert own == OVERRIDDEN[ours]


def test_a_job_that_takes_too_long_ends_although_it_goes_on_after_errors() -> None:
    """RQ's own exception would be taken for a fault of the event under way, and the job would go on."""

    def job() -> None:
        while True:
            with suppress(Exception):
                time.sleep(5)

    with pytest.raises(JobOverdueError), _QueueWorker.death_penalty_class(1, JobTimeoutException):
        job()


def test_a_worker_of_rq_has_the_attributes_that_we_read_and_set(redis_url: str) -> None:
    """Named as in `fork_work_horse` and `main_work_horse` of RQ: the pid it waits for, the execution it performs."""
    worker = _make_worker(redis_url, RedisNames(lambda: "a"), [JobKind.INBOX], 5)
    for name in ("_horse_pid", "execution", "job_class", "max_connection_wait_time", "pubsub_thread", "queues"):
        assert hasattr(worker, name), name
    assert (worker._stop_requested, worker._shutdown_requested_date, worker.dequeue_timeout) == (False, None, 1)
    source = inspect.getsource(Worker.fork_work_horse) + inspect.getsource(Worker.main_work_horse)
    assert "self._horse_pid = child_pid" in source
    assert "self.perform_job(job, queue, self.execution)" in source
    assert "self._job" in inspect.getsource(Execution)
