"""Event processor: waiting events become effects, each exactly once, many in one transaction.

Bodies are parsed and validated against their schemas outside any transaction; then a whole batch is applied in one,
which also records each result. When a handler fails, the batch is rolled back and applied again one event at a time, so
that one bad event neither loses nor delays its neighbours: it rests, and only those about the same subject wait for it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from ..errors import LeaseLost, PayloadRejected, Refused, passes_by_itself
from ..models.inbox import InboxEvent, InboxState
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.core.counters import CounterName
from ..services.core.runtime import JobKind, Runtime
from ..services.core.unit_of_work import UnitOfWork, run_in_transaction
from ..services.inbox import leasing
from ..services.inbox.leasing import EventResult
from ..services.inbox.order import next_events
from ..telemetry.log_context import bound, get_logger
from ..telemetry.tracing import annotate, span
from .parsing import ParsedEvent, parse_any
from .payloads import store_mapped
from .registry import Applied, EarlierEventWaits, ParentUnknown

log = get_logger(__name__)

BATCH_S = 0.25
"""What is urgent waits for the batch under way: on a slow machine batches are smaller."""
LOOK_AROUND_S = 0.25
"""How often a worker at a backlog looks for urgent events in the shards that nobody holds."""


def process_pending(
    runtime: Runtime, owner: str, *, stop: Callable[[], bool] = lambda: False, looks_around: bool = True
) -> int:
    """Apply waiting events until none is left that nobody else holds; return how many were tried.

    `looks_around`: while there is more than one batch, urgent events are looked for in the shards of nobody.
    """
    processed = 0
    limit = runtime.settings.drain_batch
    while not stop() and (shards := leasing.claim_shards(runtime, owner)):
        try:
            with runtime.database.read_session() as session:
                more = leasing.has_pending(session, runtime.now(), runtime.settings)
            if more:
                runtime.wakeups.wake_worker(JobKind.INBOX)  # another idle worker may take the other shards.
            looked_s = time.monotonic()
            begun_s = looked_s
            while not stop() and (applied := _apply_batch(runtime, owner, shards, limit)):
                processed += applied
                is_crowded = applied == limit
                limit = _next_limit(limit, runtime.settings.drain_batch, time.monotonic() - begun_s)
                if looks_around and is_crowded and time.monotonic() - looked_s >= LOOK_AROUND_S:
                    processed += _apply_urgent(runtime, owner, limit)
                    looked_s = time.monotonic()
                begun_s = time.monotonic()
        except LeaseLost as lost:
            runtime.counters.add(CounterName.LEASES_LOST)
            log.warning("%s", lost)
        finally:
            leasing.release_shards(runtime, owner, shards)
    return processed


def _next_limit(limit: int, most: int, took_s: float) -> int:
    """How many events to apply at once, after a batch of `limit` took so long."""
    if took_s > BATCH_S:
        return max(1, limit // 2)
    return min(most, 2 * limit) if took_s < BATCH_S / 2 else limit


def _apply_urgent(runtime: Runtime, owner: str, limit: int) -> int:
    """Apply a batch of the shards that nobody holds, if an urgent event waits there: not behind a backlog of ours."""
    with runtime.database.read_session() as session:
        is_waiting = leasing.has_urgent(session, runtime.now(), runtime.settings)
    shards = leasing.claim_shards(runtime, owner, urgent=True) if is_waiting else []
    try:
        return _apply_batch(runtime, owner, shards, limit) if shards else 0
    finally:
        if shards:
            leasing.release_shards(runtime, owner, shards)


def _apply_batch(runtime: Runtime, owner: str, shards: list[int], limit: int) -> int:
    with runtime.database.read_session() as session:
        events = next_events(session, shards, limit, runtime.now())
        session.expunge_all()
    if not events:
        return 0
    batch = _parsed(events, runtime)
    try:
        _apply(runtime, owner, shards, batch)
    except LeaseLost:
        raise
    except Exception as error:
        if not isinstance(error, Refused | EarlierEventWaits):  # neither is a failure.
            log.warning("a batch of %d events is applied one by one", len(batch), exc_info=True)
        _apply_one_by_one(runtime, owner, shards, batch)
    return len(batch)


def _parsed(events: list[InboxEvent], runtime: Runtime) -> list[ParsedEvent]:
    """As many of the events as are parsed in the time of a batch: a host's mapping may be slow, and the lease ends."""
    begun_s = time.monotonic()
    parsed: list[ParsedEvent] = []
    for event in events:
        parsed.append(parse_any(event, runtime.settings))
        if time.monotonic() - begun_s > BATCH_S:
            break
    return parsed


def _apply_one_by_one(runtime: Runtime, owner: str, shards: list[int], batch: list[ParsedEvent]) -> None:
    """Apply each event in a transaction of its own; those about a subject of which one has failed wait behind it."""
    resting: set[str] = set()
    for parsed in batch:
        if parsed.event.subject not in resting and not _apply_alone(runtime, owner, shards, parsed):
            resting.add(parsed.event.subject)


def _apply_alone(runtime: Runtime, owner: str, shards: list[int], parsed: ParsedEvent) -> bool:
    """Apply one event; False when it failed and rests.

    A mistake of ours is counted, and in the end shown to a person; what passes by itself is not.
    """
    try:
        _apply(runtime, owner, shards, [parsed])
    except LeaseLost:
        raise
    except Refused as refusal:
        errors: list[dict[str, Any]] = [{"path": "", "message": refusal.detail, "code": refusal.code}]
        if isinstance(refusal, PayloadRejected):
            errors = [dict(error) for error in refusal.errors]
        _apply(runtime, owner, shards, [ParsedEvent(event=parsed.event, type=parsed.type, errors=errors)])
    except Exception as error:
        if not isinstance(error, EarlierEventWaits):
            with bound(event_id=parsed.event.event_id):
                log.exception("event %s failed", parsed.event.event_id)
        with runtime.database.session() as session:
            now = runtime.now()
            leasing.renew_lease(session, runtime, owner, shards, now)
            message = f"{type(error).__name__}: {error}"
            counts = not passes_by_itself(error)
            return not leasing.rest(session, parsed.event.id, now, runtime, error=message, counts=counts)
    return True


def _apply(runtime: Runtime, owner: str, shards: list[int], batch: list[ParsedEvent]) -> None:
    """Apply the events and record their results in one transaction, under the lease."""

    def apply(uow: UnitOfWork) -> list[EventResult]:
        leasing.renew_lease(uow.session, runtime, owner, shards, uow.now)
        locked_subjects = LockedSubjects(uow.session)
        valid = [(parsed.type, parsed.inbound.data) for parsed in batch if parsed.type and parsed.inbound]
        locked_subjects.load(subject for type_, data in valid for subject in type_.touches(data))
        created: list[str] = []
        results = [_apply_one(runtime, uow, locked_subjects, parsed, created) for parsed in batch]
        uow.write()
        leasing.record_results(uow.session, results)
        if created and leasing.release_parked(uow.session, created):
            uow.wakeups.add(JobKind.INBOX)
        return results

    for parsed, result in zip(batch, run_in_transaction(runtime, apply), strict=True):
        runtime.counters.add(CounterName.EVENTS_PROCESSED, result.state)
        _log_result(parsed, result)
        if result.state is InboxState.APPLIED and result.applied_at is not None:
            runtime.counters.add_lag((result.applied_at - parsed.event.received_at).total_seconds())


def _log_result(parsed: ParsedEvent, result: EventResult) -> None:
    """What came of an event, after its commit; of the faults of a rejected one only their number, for they quote it."""
    level = logging.INFO if result.state in (InboxState.REJECTED, InboxState.PARKED) else logging.DEBUG
    if log.isEnabledFor(level):
        with bound(event_id=parsed.event.event_id):
            faults = f", {len(result.errors)} faults" if result.state is InboxState.REJECTED and result.errors else ""
            log.log(level, "%s is %s%s", parsed.event.type, result.state.value, faults)


def _apply_one(
    runtime: Runtime, uow: UnitOfWork, locked_subjects: LockedSubjects, parsed: ParsedEvent, created: list[str]
) -> EventResult:
    """Apply one event; what it created, on which others may be parked, is added to `created`."""
    with bound(event_id=parsed.event.event_id), span("apply event", origin=parsed.event.event_id) as opened:
        result = _apply_bound(runtime, uow, locked_subjects, parsed, created)
        annotate(opened, type=parsed.event.type, state=result.state.value)
        return result


def _apply_bound(
    runtime: Runtime, uow: UnitOfWork, locked_subjects: LockedSubjects, parsed: ParsedEvent, created: list[str]
) -> EventResult:
    event = parsed.event

    def result(state: InboxState, outcome: str | None = None, errors: Any = None) -> EventResult:
        return EventResult(
            id=event.id, state=state, attempts=event.attempts, outcome=outcome, errors=errors, applied_at=uow.now
        )

    if parsed.failure is not None:
        raise parsed.failure
    if parsed.errors is not None:
        return result(InboxState.REJECTED, errors=parsed.errors)
    if parsed.mapped:
        store_mapped(uow, event, parsed.mapped)
        return result(InboxState.APPLIED, Applied.MAPPED)
    if parsed.type is None or parsed.inbound is None:
        return result(InboxState.IGNORED)
    try:
        done = parsed.type.handle(uow, locked_subjects, parsed.inbound)
    except ParentUnknown as unknown:
        return leasing.parked(event, unknown.parent, uow.now, runtime)
    if done.created is not None:
        created.append(done.created)
    note = None if done.note is None else [{"path": "", "message": done.note}]
    return result(InboxState.APPLIED, done.applied, note)
