"""A worker that is asked to stop ends, at whatever moment the signal comes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ENDS_WITHIN_S = 30.0
"""Far longer than the second or two that it takes."""

STOPPED_IN_ITS_HEARTBEAT = """
import os, signal, sys
from contextlib import suppress
from marketplace_hooks.remote.redis.names import JobKind, RedisNames
from marketplace_hooks.remote.redis.queue import run_worker

def heartbeat():
    with suppress(Exception):  # as `Heartbeats` does: a database that is away must not end the worker.
        os.kill(os.getpid(), signal.SIGTERM)

run_worker(sys.argv[1], RedisNames(lambda: "a"), [JobKind.INBOX], on_heartbeat=heartbeat)
"""


def test_a_worker_that_is_stopped_while_it_writes_its_heartbeat_ends(redis_url: str) -> None:
    """RQ's own handler raises in an idle worker, and what suppresses errors of the database would suppress that."""
    command = [sys.executable, "-c", STOPPED_IN_ITS_HEARTBEAT, redis_url]
    assert subprocess.run(command, timeout=ENDS_WITHIN_S, check=False).returncode == 0


JOB_WHILE_IT_STOPS = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
from marketplace_hooks.config.settings import Settings
from marketplace_hooks.jobs import entry_points
from marketplace_hooks.remote.redis.names import JobKind, RedisNames
from marketplace_hooks.remote.redis.queue import RedisWakeups, run_worker

heartbeats = []

def heartbeat():
    heartbeats.append(1)
    if len(heartbeats) == 2:  # the first comes before it listens, the second just before it waits for a job.
        os.kill(os.getpid(), signal.SIGTERM)
        wakeups.wake_worker(JobKind.INBOX)

names = RedisNames(lambda: "b")
wakeups = RedisWakeups(sys.argv[1], names, timeout_s=5.0)
entry_points.serve(SimpleNamespace(settings=Settings()))
entry_points.run_slice = lambda *_: Path(sys.argv[2]).touch()
run_worker(sys.argv[1], names, [JobKind.INBOX], on_heartbeat=heartbeat)
"""


def test_a_job_that_comes_while_the_worker_is_asked_to_stop_is_carried_out(redis_url: str, tmp_path: Path) -> None:
    """Its wake-up would be lost with it, and none is sent again for some seconds."""
    done = tmp_path / "done"
    command = [sys.executable, "-c", JOB_WHILE_IT_STOPS, redis_url, str(done)]
    assert subprocess.run(command, timeout=ENDS_WITHIN_S, check=False).returncode == 0
    assert done.exists()


STOPPED_AT_ANY_MOMENT = """
import random, signal, time
from marketplace_hooks.remote.stop_request import StopRequest

signal.signal(signal.SIGALRM, lambda *_: stopping.set())
end_s = time.monotonic() + 1.0
while time.monotonic() < end_s:
    stopping = StopRequest()
    signal.setitimer(signal.ITIMER_REAL, random.uniform(0.00001, 0.0002))
    while not stopping.wait(0.00002):
        pass
"""


def test_a_signal_amid_the_wait_for_it_stops_the_process() -> None:
    """An event of `threading` is waited for under the lock that its `set` needs: this stood still within a second."""
    command = [sys.executable, "-c", STOPPED_AT_ANY_MOMENT]
    assert subprocess.run(command, timeout=ENDS_WITHIN_S, check=False).returncode == 0
