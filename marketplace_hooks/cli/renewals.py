"""Renewal commands: show which renewals are due, and resume them after a pause."""

from __future__ import annotations

from ..remote.redis.names import JobKind
from ..services.business_care.renewal_run import count_due
from ..services.business_care.renewal_run_state import read_run_state, release_run
from .output import json_option, show_one
from .root import current_runtime, hooks_group


@hooks_group.group("renewals")
def renewals() -> None:
    """Tacit renewals: what is due, and what needs your attention."""


@renewals.command("show")
@json_option
def show(as_json: bool) -> None:
    """When renewals last ran, how many are due, since when, and how long they have waited for an operator."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        run = read_run_state(session)
        due = count_due(session, runtime.now())
    facts = {"last_run_at": run.last_at, "held_since": run.held_since, "due": due.count, "due_since": due.since}
    show_one(facts, as_json=as_json)


@renewals.command("release")
@json_option
def release(as_json: bool) -> None:
    """Resume renewals that were paused because none ran for more than 30 days: those due are charged now."""
    runtime = current_runtime()
    released = release_run(runtime)
    if released:
        runtime.wakeups.wake_worker(JobKind.RENEWALS)
    show_one({"released": released}, as_json=as_json)
