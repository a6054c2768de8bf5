"""Commands that run background work: workers, the scheduler, and all pending work at once."""

from __future__ import annotations

import os
import socket
import sys

import click

from ..errors import ConfigurationError
from ..jobs import entry_points
from ..jobs.scheduler import SCHEDULER_LOCK, run_all_now, run_scheduler
from ..jobs.table import longest_step_s
from ..jobs.warmup import preconnect, warm_up
from ..models.deployment import ProcessKind
from ..remote.redis.health import EVICTS, evicting_policy
from ..remote.redis.names import JobKind
from ..remote.redis.queue import answers, run_worker
from ..remote.stop_request import StopRequest
from ..services.core.frozen_gc import frozen_gc
from ..services.core.heartbeats import Heartbeats
from ..services.core.leases import release_lease
from ..services.core.liveness import STUCK_AFTER_S, begin_signs, progress
from ..services.core.runtime import Runtime, redis_url
from ..services.core.stored_secrets import warn_of_lost_key
from .output import announce, json_option, show_counts
from .root import current_runtime, hooks_group
from .supervisor import Child, Supervisor, write_lines_as

WORKER_LANE = "HOOKS_WORKER_LANE"
"""The environment variable that says to a child of `worker --processes N` which of how many it is: `0/2`."""


def job_kinds_of(number: int, workers: int) -> list[JobKind]:
    """The kinds of jobs that worker `number` (from 0) of so many workers runs, the first ones first.

    Every worker takes the inbox first, so that pages are hidden at once. With two workers, long work in the database
    (follow-up steps, renewals, deadlines) and work that waits for other servers (deliveries, mail, inspections) are
    apart; with three, so are endpoints and merchant sites.
    """
    internal = [JobKind.CASCADES, JobKind.RENEWALS, JobKind.SUPPORT]
    external = [JobKind.DELIVERIES, JobKind.MAIL, JobKind.INSPECTIONS]
    if workers == 1:
        return [JobKind.INBOX, *internal, *external]
    shares = (internal, external) if workers == 2 else (internal, external[:2], external[2:])
    return [JobKind.INBOX, *shares[number % len(shares)]]


@hooks_group.command("worker")
@click.option(
    "--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="Workers to run side by side."
)
def worker(processes: int) -> None:
    """Apply events, run cascades and deliver webhooks until SIGTERM; work in progress is finished first."""
    runtime = current_runtime()
    url = redis_url(runtime.settings)
    if url is None:
        raise ConfigurationError(
            "There is no Redis to listen to: set REDIS_URL, or start `marketplace-hooks up`, which starts one. "
            "Without one, `marketplace-hooks scheduler` does all work itself."
        )
    if not answers(url):
        raise ConfigurationError("Redis does not answer. Check REDIS_URL, or wait until it is back.")
    number, _, workers = os.environ.get(WORKER_LANE, "").partition("/")
    # A child is not asked: what its supervisor found fit may be set otherwise later, and is then a warning of doctor's.
    if not workers and (policy := evicting_policy(url)) is not None:
        raise ConfigurationError(f"Redis {EVICTS.format(policy=policy)}.")
    if workers or processes == 1:
        _run_worker(runtime, url, job_kinds_of(int(number or 0), int(workers or 1)))
        return
    write_lines_as(runtime.settings.log_format)
    supervisor = Supervisor(frozen_after_s=runtime.settings.lease_s)
    supervisor.listen()
    for child in range(processes):
        command = [sys.executable, *sys.orig_argv[1:]]
        lane = {WORKER_LANE: f"{child}/{processes}"}
        supervisor.add(Child(name=f"worker {child + 1}", command=command, environment=lane))
    supervisor.run()


def _run_worker(runtime: Runtime, url: str, kinds: list[JobKind]) -> None:
    """One worker, until it is asked to stop."""
    begin_signs(stuck_after_s=STUCK_AFTER_S)
    # Imported and warmed up before the first job is forked: a job then starts in milliseconds.
    with frozen_gc():
        warn_of_lost_key(runtime.database, runtime.encryption)
        entry_points.serve(runtime)
        warm_up(runtime)
        runtime.redis_names.deployment_id()  # known to every child from now on.
        heartbeats = Heartbeats(runtime, ProcessKind.WORKER, closes_connections=True)
        heartbeats.renew()

    def on_heartbeat() -> None:
        progress()
        heartbeats.renew()

    announce(runtime.settings, f"The worker is ready: {', '.join(kinds)}.")
    run_worker(url, runtime.redis_names, kinds, preconnect=preconnect(runtime), on_heartbeat=on_heartbeat)
    heartbeats.end()


@hooks_group.command("scheduler")
def scheduler() -> None:
    """Start work that is due, and recover lost work. You can run several: one works, the others wait."""
    runtime = current_runtime()
    owner = f"{socket.gethostname()}:{os.getpid()}"
    stopping = StopRequest()
    stopping.listen()
    begin_signs(stuck_after_s=longest_step_s(runtime.settings))
    warn_of_lost_key(runtime.database, runtime.encryption)
    heartbeats = Heartbeats(runtime, ProcessKind.SCHEDULER)
    run_scheduler(runtime, owner, stopping, on_round=heartbeats.renew)
    heartbeats.end()
    release_lease(runtime, SCHEDULER_LOCK, owner)


@hooks_group.command("sweep")
@json_option
def sweep(as_json: bool) -> None:
    """Do all pending work now, in this process: events, scheduled changes, cascades, deliveries."""
    runtime = current_runtime()
    counts = run_all_now(runtime, f"{socket.gethostname()}:{os.getpid()}")
    show_counts(counts, as_json=as_json)
