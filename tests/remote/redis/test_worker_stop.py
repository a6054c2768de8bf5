"""A worker that is asked to stop ends, at whatever moment the signal comes."""

from __future__ import annotations

import subprocess
import sys

ENDS_WITHIN_S = 30.0
"""Far longer than the second or two that it takes, and shorter than an idle worker's next heartbeat (45 s)."""

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
    """RQ's handler raises in an idle worker, and what suppresses errors of the database must not suppress that."""
    command = [sys.executable, "-c", STOPPED_IN_ITS_HEARTBEAT, redis_url]
    assert subprocess.run(command, timeout=ENDS_WITHIN_S, check=False).returncode == 0
