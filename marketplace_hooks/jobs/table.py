"""The job table: every kind of background work, how it runs, how long at a time, and how it is found in the rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.orm import Session

from ..config.settings import Settings
from ..events.processor import process_pending
from ..remote.redis.names import JobKind
from ..services.business_care import renewal_run, renewal_run_state
from ..services.catalog import search_renewal
from ..services.core.liveness import STUCK_AFTER_S, progress
from ..services.core.runtime import Runtime
from ..services.inbox import leasing
from ..services.inspections import worker as inspections
from ..services.notifications import mail_queue
from ..services.operations import cascade_run
from ..services.outbox import delivery_worker, dispatcher
from ..services.support import site_checks, sla_run
from ..telemetry.log_context import bound

Stop = Callable[[], bool]
"""Whether work that can be continued later should end now."""


class Run(Protocol):
    """Work through the rows of one kind until none is left or `stop` says so; return how many there were."""

    def __call__(self, runtime: Runtime, owner: str, *, stop: Stop) -> int: ...


@dataclass(frozen=True, kw_only=True)
class Job:
    """One kind of background work.

    `is_pending` says whether rows wait for it; `record_quiet` notes that somebody looked and none did. A worker that
    serves several kinds turns to the others after `slice_s` seconds, and at once to the inbox when an urgent event
    waits. `label` names what `run` counts.
    """

    kind: JobKind
    run: Run
    is_pending: Callable[[Runtime, Session], bool]
    slice_s: float
    label: str
    record_quiet: Callable[[Runtime], None] = lambda runtime: None


JOBS: Mapping[JobKind, Job] = {
    job.kind: job
    for job in (
        Job(
            kind=JobKind.INBOX,
            run=process_pending,
            is_pending=lambda runtime, session: leasing.has_pending(session, runtime.now(), runtime.settings),
            slice_s=5.0,
            label="events settled",
        ),
        Job(
            kind=JobKind.CASCADES,
            run=lambda runtime, owner, *, stop: (
                cascade_run.run_cascades(runtime, owner, stop=stop) + search_renewal.renew_entries(runtime, stop=stop)
            ),
            is_pending=lambda runtime, session: (
                cascade_run.has_pending(session, runtime.now(), runtime.settings)
                or search_renewal.has_due(session, runtime.now())
            ),
            slice_s=2.0,
            label="cascades finished, chunks of search entries renewed",
        ),
        Job(
            kind=JobKind.RENEWALS,
            run=lambda runtime, owner, *, stop: renewal_run.run_renewals(runtime, stop=stop),
            is_pending=lambda runtime, session: renewal_run.has_pending(session, runtime.now()),
            slice_s=2.0,
            label="renewals and notices",
            record_quiet=renewal_run_state.record_quiet_run,
        ),
        Job(
            kind=JobKind.INSPECTIONS,
            run=inspections.run_inspections,
            is_pending=lambda runtime, session: inspections.has_pending(session, runtime.now(), runtime.settings),
            slice_s=5.0,
            label="inspections made",
        ),
        Job(
            kind=JobKind.SUPPORT,
            run=lambda runtime, owner, *, stop: (
                site_checks.record_results(runtime, stop=stop) + sla_run.run_sla(runtime, stop=stop)
            ),
            is_pending=lambda runtime, session: (
                site_checks.has_pending_results(session) or sla_run.has_due_work(session, runtime.now())
            ),
            slice_s=2.0,
            label="checks, clocks, refunds and waits seen to",
        ),
        Job(
            kind=JobKind.DELIVERIES,
            run=delivery_worker.deliver_due,
            is_pending=lambda runtime, session: dispatcher.has_pending(session, runtime.now(), runtime.settings),
            slice_s=5.0,
            label="deliveries attempted",
        ),
        Job(
            kind=JobKind.MAIL,
            run=mail_queue.send_due,
            is_pending=lambda runtime, session: mail_queue.has_pending(session, runtime.now(), runtime.settings),
            slice_s=5.0,
            label="mails sent or tried",
        ),
    )
}
"""In the order in which one process does them all: what the others have published is delivered, then mailed."""


STEP_MARGIN_S = 10.0
LOOK_EVERY_S = 0.1
"""How often a long job looks whether it should give way."""


def never() -> bool:
    """A `stop` that lets all work run to its end."""
    return False


def stop_after(seconds: float) -> Stop:
    """A `stop` that is True once so many seconds have passed from now. Whoever asks it makes progress."""
    end_s = time.monotonic() + seconds

    def stop() -> bool:
        progress()
        return time.monotonic() >= end_s

    return stop


def end_of_slice(runtime: Runtime, job: Job) -> Stop:
    """A `stop` that is True after the job's slice, and before that when it should give way to an urgent event.

    Status changes go before everything else that waits (`webhooks.md` 7): whoever is at something longer ends it after
    the chunk under way, so that the inbox's job, which every worker prefers, comes next.
    """
    is_over = stop_after(job.slice_s)
    if job.kind is JobKind.INBOX:
        return is_over
    next_look_s = time.monotonic() + LOOK_EVERY_S
    gives_way = False

    def stop() -> bool:
        nonlocal next_look_s, gives_way
        if not gives_way and not is_over() and time.monotonic() >= next_look_s:
            next_look_s = time.monotonic() + LOOK_EVERY_S
            with runtime.database.read_session() as session:
                gives_way = leasing.has_urgent(session, runtime.now(), runtime.settings)
            if gives_way:
                runtime.wakeups.wake_worker(JobKind.INBOX)
        return gives_way or is_over()

    return stop


def run_job(runtime: Runtime, owner: str, job: Job, *, stop: Stop) -> int:
    """Do work of one kind; every line that is logged meanwhile names it. Returns how many rows were dealt with."""
    with bound(job=job.kind.value):
        return job.run(runtime, owner, stop=stop)


def longest_step_s(settings: Settings) -> float:
    """How long work may take without asking its `stop`: inspections and deliveries end by deadlines of their own."""
    longest_s = max(settings.inspection_deadline_s, settings.delivery_total_s)
    return max(STUCK_AFTER_S, longest_s + STEP_MARGIN_S)


def run_slice(runtime: Runtime, owner: str, kind: JobKind) -> None:
    """Run one job: work for at most its slice, and wake a worker again when rows are left."""
    job = JOBS[kind]
    runtime.wakeups.clear_wakeup(kind)
    stop = end_of_slice(runtime, job)
    try:
        run_job(runtime, owner, job, stop=stop)
    finally:
        runtime.counters.store()
    if stop() and is_pending(runtime, job):
        runtime.wakeups.wake_worker(kind)


def is_pending(runtime: Runtime, job: Job) -> bool:
    """Whether rows wait for this job now."""
    with runtime.database.read_session() as session:
        return job.is_pending(runtime, session)
