"""Commands that do the work: workers, the scheduler, and one sweep by hand."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from importlib import import_module

import click

from ..errors import ConfigurationError
from ..events import sweeps
from ..events.rehearsal import readiness, rehearse
from ..remote.queue import Bell, answers, work
from ..services.installation import redis_url
from ..services.locks import release_lock
from ..starting import here_to_stay
from .printing import json_option, show_counts
from .root import hooks_group, installation
from .supervisor import Child, Supervisor

#: Set for the children of `worker --processes N`: which of how many they are.
LANE = "HOOKS_WORKER_LANE"


def bells_of(lane: int, lanes: int) -> list[Bell]:
    """What the worker `lane` (from 0) of `lanes` listens to, in order.

    Everybody looks at the inbox first, so that pages vanish at once. What is long (cascades, renewals, clocks) and
    what waits for strangers (deliveries, mail, inspections) are never in the same hands while there are two workers;
    nor are endpoints and merchant sites while there are three.
    """
    ours, theirs = [Bell.CASCADES, Bell.RENEWALS, Bell.SUPPORT], [Bell.DELIVERIES, Bell.MAIL, Bell.INSPECTIONS]
    if lanes == 1:
        return [Bell.INBOX, *ours, *theirs]
    shares = (ours, theirs) if lanes == 2 else (ours, theirs[:2], theirs[2:])
    return [Bell.INBOX, *shares[lane % len(shares)]]


@hooks_group.command("worker")
@click.option(
    "--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="Workers to run side by side."
)
def worker(processes: int) -> None:
    """Apply events, carry cascades, deliver: until SIGTERM, which lets the work under way finish."""
    here = installation()
    url = redis_url(here.settings)
    if url is None:
        raise ConfigurationError(
            "There is no Redis to listen to: set REDIS_URL, or start `marketplace-hooks up`, which brings one. "
            "Without one, `marketplace-hooks scheduler` does all work itself."
        )
    if not answers(url):
        raise ConfigurationError("Redis does not answer. Check REDIS_URL, or wait until it is back.")
    lane, _, lanes = os.environ.get(LANE, "").partition("/")
    if lanes or processes == 1:
        # Imported and rehearsed before the first job is forked: a job then starts in milliseconds.
        with here_to_stay():
            import_module("workers.runtime").serve(here)
            for bell in Bell:
                import_module(f"workers.{bell}")
            rehearse(here)
            here.database.dispose()
        work(url, bells_of(int(lane or 0), int(lanes or 1)), get_ready=readiness(here))
        return
    supervisor = Supervisor()
    supervisor.listen()
    for number in range(processes):
        command = [sys.executable, *sys.orig_argv[1:]]
        supervisor.add(Child(name=f"worker {number + 1}", command=command, environment={LANE: f"{number}/{processes}"}))
    supervisor.run()


@hooks_group.command("scheduler")
def scheduler() -> None:
    """Carry out what is due, and sweep up what was forgotten. Run as many as you like: one works, the others wait."""
    here = installation()
    owner = f"{socket.gethostname()}:{os.getpid()}"
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    sweeps.keep_time(here, owner, stopping)
    release_lock(here, sweeps.SCHEDULER_LOCK, owner)


@hooks_group.command("sweep")
@json_option
def sweep(as_json: bool) -> None:
    """Do here and now all work that stands in rows: events, scheduled changes, cascades, deliveries."""
    here = installation()
    counts = sweeps.work_off(here, f"{socket.gethostname()}:{os.getpid()}")
    show_counts(counts, as_json=as_json)
