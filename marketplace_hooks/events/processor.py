"""How do waiting events become effects, each exactly once, many in one transaction?

Bodies are parsed and held against their schemas outside any transaction; then a whole batch is applied in one, which
also marks each event. When a handler fails, the batch is rolled back and applied again one event at a time, so that one
bad event neither loses nor delays its neighbours.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError
from sqlalchemy.exc import DBAPIError

from ..database.engine import is_passing
from ..errors import LeaseLost, PayloadRejected, Refused, Unavailable
from ..models.inbox import InboxEvent, InboxState
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.core.runtime import JobKind, Runtime
from ..services.core.unit_of_work import UnitOfWork, run_in_transaction
from ..services.inbox import leasing
from .fields import every_error
from .registry import EVENTS, EventType, InboundEvent, ParentUnknown, Result

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class ParsedEvent:
    """One event with what its body says: a known type and valid data, or why not.

    `failure` is what went wrong here and not there: it is met again when the event is applied, and counted then.
    """

    event: InboxEvent
    type: EventType | None = None
    told: InboundEvent | None = None
    errors: list[dict[str, Any]] | None = None
    failure: Exception | None = None


def process_pending(runtime: Runtime, owner: str, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Apply waiting events until none is left that nobody else holds; return how many were settled."""
    settled = 0
    while not stop() and (shards := leasing.claim_shards(runtime, owner)):
        try:
            with runtime.database.reading() as session:
                more = leasing.pending(session, runtime.now())
            if more:
                runtime.wakeups.wake_worker(JobKind.INBOX)  # another idle worker may take the other shards.
            while not stop() and (applied := _apply_batch(runtime, owner, shards)):
                settled += applied
        except LeaseLost as lost:
            log.warning("%s", lost)
        finally:
            leasing.release_shards(runtime, owner, shards)
    return settled


def _apply_batch(runtime: Runtime, owner: str, shards: list[int]) -> int:
    with runtime.database.reading() as session:
        events = leasing.next_events(session, shards, runtime.settings.drain_batch)
        session.expunge_all()
    if not events:
        return 0
    parsed_events = [read(event) for event in events]
    try:
        _apply(runtime, owner, shards, parsed_events)
    except (LeaseLost, Unavailable):
        raise
    except Refused:
        for reading in parsed_events:  # one of them contradicts what is known: it is marked alone.
            _apply_alone(runtime, owner, shards, reading)
    except Exception:
        log.warning("a batch of %d events is applied one by one", len(parsed_events), exc_info=True)
        for reading in parsed_events:
            _apply_alone(runtime, owner, shards, reading)
    return len(parsed_events)


def _apply_alone(runtime: Runtime, owner: str, shards: list[int], reading: ParsedEvent) -> None:
    """Apply one event; a failure of its handler is counted, and in the end shown to a person."""
    try:
        _apply(runtime, owner, shards, [reading])
    except (LeaseLost, Unavailable):
        raise
    except Refused as refusal:
        refused: list[dict[str, Any]] = [{"path": "", "message": refusal.detail}]
        if isinstance(refusal, PayloadRejected):
            refused = [dict(one) for one in refusal.errors]
        _apply(runtime, owner, shards, [ParsedEvent(event=reading.event, type=reading.type, errors=refused)])
    except Exception as error:
        if isinstance(error, DBAPIError) and is_passing(error):
            raise
        log.exception("event %s failed", reading.event.event_id)
        with runtime.database.session() as session:
            leasing.hold_lease(session, runtime, owner, shards, runtime.now())
            event = session.get_one(InboxEvent, reading.event.id)
            event.attempts += 1
            event.errors = [{"path": "", "message": f"{type(error).__name__}: {error}"[:500]}]
            if event.attempts >= runtime.settings.apply_attempts:
                event.state = InboxState.FAILED


def _apply(runtime: Runtime, owner: str, shards: list[int], parsed_events: list[ParsedEvent]) -> None:
    def work_on(uow: UnitOfWork) -> None:
        leasing.hold_lease(uow.session, runtime, owner, shards, uow.now)
        locked_subjects = LockedSubjects(uow.session)
        valid = [(one.type, one.told.data) for one in parsed_events if one.type and one.told]
        locked_subjects.load(subject for type_, data in valid for subject in type_.touches(data))
        settled = [_settle(runtime, uow, locked_subjects, reading) for reading in parsed_events]
        uow.write()
        leasing.settle(uow.session, [row for row, _ in settled])
        created = [parent for _, parent in settled if parent is not None]
        if created and leasing.call_parked(uow.session, created):
            uow.wakeups.add(JobKind.INBOX)

    run_in_transaction(runtime, work_on)


def _settle(
    runtime: Runtime, uow: UnitOfWork, locked_subjects: LockedSubjects, reading: ParsedEvent
) -> tuple[dict[str, Any], str | None]:
    """Apply one event and say what becomes of its row; with the parent that it created, if any."""
    event = reading.event
    row: dict[str, Any] = {
        "id": event.id,
        "state": InboxState.APPLIED,
        "outcome": None,
        "errors": None,
        "parked_on": None,
        "due_at": None,
        "attempts": event.attempts,
        "applied_at": uow.now,
    }
    if reading.failure is not None:
        raise reading.failure
    if reading.errors is not None:
        return {**row, "state": InboxState.REJECTED, "errors": reading.errors}, None
    if reading.type is None or reading.told is None:
        return {**row, "state": InboxState.IGNORED}, None
    try:
        result: Result = reading.type.handle(uow, locked_subjects, reading.told)
    except ParentUnknown as unknown:
        return {**row, **leasing.parked(event, unknown.parent, uow.now, runtime), "applied_at": None}, None
    note = None if result.note is None else [{"path": "", "message": result.note}]
    return {**row, "outcome": result.applied, "errors": note}, result.created


def read(event: InboxEvent) -> ParsedEvent:
    """Parse the body and hold it against the schema of its type; every error at once. Never raises."""
    known = EVENTS.get(event.type)
    if known is None:
        return ParsedEvent(event=event)
    if event.body is None:
        return ParsedEvent(event=event, type=known, errors=[{"path": "", "message": "its body is no longer kept"}])
    try:
        loaded = known.schema.load(json.loads(event.body)["data"])
    except ValidationError as error:
        return ParsedEvent(event=event, type=known, errors=every_error(error.messages, "data"))
    except Exception as error:  # one event that cannot be read must not hold up its neighbours for ever.
        return ParsedEvent(event=event, type=known, failure=error)
    told = InboundEvent(
        event_id=event.event_id,
        type=event.type,
        sent_at=event.sent_at,
        received_at=event.received_at,
        data=loaded,
    )
    return ParsedEvent(event=event, type=known, told=told)
