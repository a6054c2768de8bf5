"""A worker carries out the service's own jobs, also those that 0.1.0 queued, and nothing else that is in its queues."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rq import Callback, Queue
from rq.serializers import JSONSerializer

from marketplace_hooks.remote.redis.connection import connect
from marketplace_hooks.remote.redis.names import JobKind, RedisNames
from marketplace_hooks.remote.redis.service_jobs import ServiceJob

REFUSED = "marketplace_hooks.remote.redis.service_jobs.refuse"
WORKER = """
import sys
from marketplace_hooks.remote.redis.names import JobKind, RedisNames
from marketplace_hooks.remote.redis.queue import run_worker

run_worker(sys.argv[1], RedisNames(lambda: "a"), [JobKind.INBOX])
"""
TAKEN_WITHIN_S = 30.0


def inbox(redis_url: str) -> Queue:
    """The queue of the worker."""
    return Queue(RedisNames(lambda: "a").queue(JobKind.INBOX), connection=connect(redis_url), serializer=JSONSerializer)


@pytest.mark.parametrize(
    ("queued", "read"),
    [
        ("marketplace_hooks.jobs.entry_points.run_mail", "marketplace_hooks.jobs.entry_points.run_mail"),
        ("workers.inbox.run", "marketplace_hooks.jobs.entry_points.run_inbox"),
        ("workers.inbox.run_of_a_host", REFUSED),
        ("marketplace_hooks.jobs.entry_points.run", REFUSED),
        ("marketplace_hooks.jobs.entry_points.run_mail.__globals__", REFUSED),
        ("os.system", REFUSED),
    ],
)
def test_a_job_calls_an_entry_point_without_arguments_or_nothing(redis_url: str, queued: str, read: str) -> None:
    queue = inbox(redis_url)
    queue.enqueue_call(queued, args=("true",), kwargs={"a": 1}, job_id="a-job", on_success=Callback("os.abort"))
    job = ServiceJob.fetch("a-job", connection=queue.connection, serializer=JSONSerializer)
    assert (job.func_name, job.instance, job.args, job.kwargs) == (read, None, (), {})
    assert (job.success_callback is None, job.webhooks) == (True, [])


def test_a_command_that_somebody_queues_is_never_run(redis_url: str, tmp_path: Path) -> None:
    queue = inbox(redis_url)
    proof = tmp_path / "proof"
    queue.enqueue_call("os.system", args=(f"touch {shlex.quote(str(proof))}",))
    with subprocess.Popen([sys.executable, "-c", WORKER, redis_url], stderr=subprocess.PIPE, text=True) as worker:
        give_up_s = time.monotonic() + TAKEN_WITHIN_S
        while (queue.count or queue.started_job_registry.count) and time.monotonic() < give_up_s:
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        _, errors = worker.communicate(timeout=TAKEN_WITHIN_S)
    assert (queue.count, queue.failed_job_registry.count) == (0, 0)
    assert not proof.exists()
    assert "os.system" in errors
