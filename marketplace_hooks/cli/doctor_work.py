"""Doctor's checks of the work: Redis, which processes are alive, what is waiting, and which endpoints fail."""

from __future__ import annotations

from sqlalchemy import func, select

from ..database.types import constant
from ..models.deployment import ProcessKind
from ..models.inbox import InboxEvent, InboxState
from ..remote.redis.health import find_problem
from ..remote.redis.queue import answers
from ..services.core.heartbeats import count_alive
from ..services.core.runtime import Runtime, redis_url
from ..services.operations.backlog import read_backlog
from ..services.outbox.endpoints import list_endpoints

Check = dict[str, str]
MOST_NAMED = 3
WORK = ("events", "cascades", "deliveries", "mails")
"""What workers do by themselves; the rest of the backlog waits for a person."""


def check(name: str, state: str, detail: str) -> Check:
    """What was found: `ok`, `warning` or `wrong`, and in a sentence."""
    return {"check": name, "state": state, "detail": detail}


def redis(runtime: Runtime) -> Check:
    """Redis only wakes workers: whatever it lacks is a warning."""
    url = redis_url(runtime.settings)
    if url is None:
        return check("redis", "warning", "no REDIS_URL and no running `up`: the scheduler does all the work")
    if not answers(url):
        return check("redis", "warning", "does not respond; the scheduler does the work in the meantime")
    problem = find_problem(url)
    return check("redis", "ok" if problem is None else "warning", problem or "answers")


def processes(runtime: Runtime) -> list[Check]:
    """Who is alive stands in rows: Redis forgets its workers when it is flushed."""
    try:
        with runtime.database.read_session() as session:
            alive = count_alive(session, runtime.now())
    except Exception as error:
        return [_unreadable("workers", error)]
    workers = alive[ProcessKind.WORKER]
    schedulers = alive[ProcessKind.SCHEDULER]
    return [
        _alive("workers", workers, "events wait for the scheduler; start `marketplace-hooks worker`"),
        _alive("scheduler", schedulers, "work that is due or was lost waits; start `marketplace-hooks scheduler`"),
    ]


def inbox(runtime: Runtime) -> Check:
    """Rejected and failed events wait for a person."""
    try:
        with runtime.database.read_session() as session:
            counts = {
                state: session.scalar(select(func.count(InboxEvent.id)).where(InboxEvent.state == constant(state)))
                for state in InboxState
            }
    except Exception as error:
        return _unreadable("inbox", error)
    stuck = [state for state in (InboxState.REJECTED, InboxState.FAILED) if counts.get(state)]
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()) if count) or "empty"
    return check("inbox", "warning" if stuck else "ok", summary)


def backlog(runtime: Runtime) -> Check:
    """Work that is older than a lease and a recovery run is not being done, or more comes than is done."""
    settings = runtime.settings
    try:
        with runtime.database.read_session() as session:
            waiting = read_backlog(session, runtime.now())
    except Exception as error:
        return _unreadable("backlog", error)
    longest_s = settings.lease_s + settings.sweep_interval_s
    late = [
        f"{waiting[kind].count} {kind} wait, the oldest for {waiting[kind].oldest_s:.0f} s"
        for kind in WORK
        if waiting[kind].oldest_s > longest_s
    ]
    if late:
        return check("backlog", "warning", f"{'; '.join(late)}: start more workers, or check the logs of those running")
    return check("backlog", "ok", f"nothing has been waiting for more than {longest_s:.0f} s")


def endpoints(runtime: Runtime) -> Check:
    """Endpoints that fail lose nothing yet; disabled ones get nothing."""
    try:
        with runtime.database.read_session() as session:
            known = list_endpoints(session)
    except Exception as error:
        return _unreadable("endpoints", error)
    failing = [
        f"{one.url} has been failing since {one.failing_since:%Y-%m-%d %H:%M} UTC"
        for one in known
        if one.enabled and one.failing_since is not None
    ]
    disabled = [f"{one.url} is disabled ({one.disabled_reason})" for one in known if not one.enabled]
    found = [*failing, *disabled]
    if not found:
        return check("endpoints", "ok", f"{len(known)} subscribed, none failing")
    more = f"; and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return check("endpoints", "warning", f"{'; '.join(found[:MOST_NAMED])}{more}: `marketplace-hooks endpoints list`")


def _alive(name: str, count: int, remedy: str) -> Check:
    return check(name, "ok" if count else "warning", f"{count} running" if count else f"none running: {remedy}")


def _unreadable(name: str, error: Exception) -> Check:
    return check(name, "warning", f"cannot be read: {type(error).__name__}")
