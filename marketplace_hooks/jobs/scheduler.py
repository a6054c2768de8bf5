"""The scheduler: due work at its instant, recovery of work that no worker was woken for, and the purge of old data.

Everything that a wake-up could have been sent for is in rows, where `recover_missed` looks. So work whose wake-up was
lost, or whose worker was killed, is found at the latest one lease and one interval later (`webhooks.md` 7).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from ..database.silent_sessions import SilentSessions
from ..errors import Unavailable
from ..remote.redis.names import JobKind
from ..services.catalog import scheduled_changes
from ..services.core.actor import acting_as
from ..services.core.leases import acquire_lease
from ..services.core.liveness import progress
from ..services.core.runtime import Runtime
from ..services.inbox import leasing, order
from ..services.inspections import requests
from ..services.operations.clock_steps import ClockWatch, end_impossible_waits
from ..services.privacy.retention import purge
from ..services.support import drafts
from ..telemetry.log_context import get_logger
from .table import JOBS, Job, end_of_slice, is_pending, never, run_job, stop_after
from .unstarted_work import UnstartedWork

_T = TypeVar("_T")

log = get_logger(__name__)

SCHEDULER_LOCK = "scheduler"
PURGE_SLICE_S = 2.0
"""A purge delays what is due by at most so long; the next round continues it."""
THREADS_END_WITHIN_S = 1.0
DUE_AT_AN_INSTANT = (JobKind.DELIVERIES, JobKind.SUPPORT, JobKind.MAIL, JobKind.RENEWALS)
"""What becomes due by the passing of time alone, and is looked for in every round."""


@acting_as(None)
def run_scheduler(
    runtime: Runtime, owner: str, stopping: threading.Event, *, on_round: Callable[[], None] = lambda: None
) -> None:
    """Until `stopping`: run what is due and recover what was missed while we hold the scheduler's lease.

    `on_round` is called in every round. An error, such as a database that is away, is logged; it neither ends the
    scheduler nor skips the rest of a round.
    """
    settings = runtime.settings
    pause_s = min(settings.tick_interval_s, settings.scheduler_lock_s / 3)
    freed = threading.Event()
    watching = threading.Thread(target=_end_silent_sessions, args=(runtime, freed, stopping), daemon=True)
    watching.start()
    clock = ClockWatch()
    unstarted = UnstartedWork(runtime, owner, stopping)
    # What is found then and no worker begins is begun here, when the whole interval is over.
    recover_every_s = max(settings.sweep_interval_s - unstarted.after_s, settings.sweep_interval_s * 2 / 3)
    next_recovery_s = next_purge_s = 0.0
    while not stopping.is_set():
        on_round()
        if suppress_and_log(partial(acquire_lease, runtime, SCHEDULER_LOCK, owner, settings.scheduler_lock_s)):
            if clock.was_set_back(runtime.now(), time.monotonic()):
                suppress_and_log(partial(_end_impossible_waits, runtime))
            suppress_and_log(partial(run_due, runtime, owner, unstarted))
            if freed.is_set() or time.monotonic() >= next_recovery_s:
                freed.clear()
                left = suppress_and_log(partial(recover_missed, runtime, owner, unstarted))
                next_recovery_s = time.monotonic() + (0.0 if left else recover_every_s)
                runtime.counters.store()
            suppress_and_log(unstarted.take_over)
            if time.monotonic() >= next_purge_s:
                left = suppress_and_log(partial(_purge_slice, runtime))
                next_purge_s = time.monotonic() + (0.0 if left else settings.purge_interval_s)
        stopping.wait(pause_s)
    # What they do is in the rows: a thread that takes longer may be cut short by the end of the process.
    watching.join(THREADS_END_WITHIN_S)
    unstarted.join(THREADS_END_WITHIN_S)


def _end_impossible_waits(runtime: Runtime) -> None:
    end = partial(end_impossible_waits, now=runtime.now(), settings=runtime.settings)
    if ended := runtime.database.retrying(end):
        log.warning("%d waits were ended that a clock has made which was ahead", ended)


def _end_silent_sessions(runtime: Runtime, freed: threading.Event, stopping: threading.Event) -> None:
    """Until `stopping`: end the transactions of processes that are frozen or cut off; set `freed` when there were any.

    Every scheduler does, in a thread of its own: the lock of the scheduler itself may be held by such a transaction.
    """
    settings = runtime.settings
    sessions = SilentSessions(runtime.database, settings.lease_s)
    while not stopping.wait(min(settings.lease_s, settings.sweep_interval_s) / 3):
        if ended := suppress_and_log(sessions.end):
            log.warning("%d sessions were ended that had been silent inside a transaction", ended)
            freed.set()


def run_due(runtime: Runtime, owner: str, unstarted: UnstartedWork | None = None) -> None:
    """Apply scheduled changes whose instant has come, and wake workers for what has become due for them."""
    scheduled_changes.apply_due(runtime)
    now = runtime.now()
    with runtime.database.read_session() as session:
        parked = leasing.has_parked_due(session, now)
        rested = order.has_rested(session, now)
        pending = {kind: JOBS[kind].is_pending(runtime, session) for kind in DUE_AT_AN_INSTANT}
    if parked:
        runtime.database.retrying(lambda session: leasing.retry_parked(session, now))
    if parked or rested:
        _wake_or_work(runtime, owner, JOBS[JobKind.INBOX], unstarted)
    for kind, is_due in pending.items():
        if is_due:
            _wake_or_work(runtime, owner, JOBS[kind], unstarted)
        else:
            JOBS[kind].record_quiet(runtime)


def recover_missed(runtime: Runtime, owner: str, unstarted: UnstartedWork | None = None) -> bool:
    """Look once for all work that no worker was woken for; wake a worker for it, or do a slice of it here.

    True when some of it may be left: call again soon.
    """
    now = runtime.now()
    for forget in (requests.forget_expired, drafts.delete_old_drafts):
        suppress_and_log(partial(runtime.database.retrying, partial(forget, now=now)))
    return any([suppress_and_log(partial(_recover, runtime, owner, job, unstarted)) for job in JOBS.values()])


def _recover(runtime: Runtime, owner: str, job: Job, unstarted: UnstartedWork | None) -> bool:
    return is_pending(runtime, job) and _wake_or_work(runtime, owner, job, unstarted)


def _wake_or_work(runtime: Runtime, owner: str, job: Job, unstarted: UnstartedWork | None) -> bool:
    """Wake a worker, or do a slice of the work here; True when the slice ended and some of the work may be left.

    Only a slice, because this is the scheduler: one slow endpoint must not delay everything else.
    """
    if runtime.wakeups.wake_worker(job.kind):
        if unstarted is not None:
            unstarted.note(job.kind)
        return False
    stop = end_of_slice(runtime, job)
    run_job(runtime, owner, job, stop=stop)
    return stop()


def _purge_slice(runtime: Runtime) -> bool:
    """Purge for a while; True when some may be left."""
    stop = stop_after(PURGE_SLICE_S)
    purge(runtime, stop=stop)
    return stop()


@acting_as(None)
def run_all_now(runtime: Runtime, owner: str) -> dict[str, int]:
    """Do all pending work in this process until nothing is left; return how much of each kind there was."""
    now = runtime.now()
    runtime.database.retrying(lambda session: leasing.retry_parked(session, now))
    done = {
        "scheduled changes carried out": scheduled_changes.apply_due(runtime),
        **{job.label: _run_if_pending(runtime, owner, job) for job in JOBS.values()},
    }
    runtime.counters.store()
    return done


def _run_if_pending(runtime: Runtime, owner: str, job: Job) -> int:
    """Run the job to its end; 0 when no rows wait for it, which costs less to ask."""
    if is_pending(runtime, job):
        return run_job(runtime, owner, job, stop=never)
    job.record_quiet(runtime)
    return 0


def suppress_and_log(act: Callable[[], _T]) -> _T | None:
    """The result of `act`; None after an error, which is logged. The next round tries again."""
    progress()
    try:
        return act()
    except Exception as error:
        log.warning("the scheduler goes on after: %s", error, exc_info=not isinstance(error, Unavailable))
        return None
