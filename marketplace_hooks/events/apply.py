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

from ..errors import LeaseLost, PayloadRejected, Refused, Unavailable
from ..services import inbox
from ..services.installation import Bell, Installation
from ..services.standings import Standings
from ..services.work import Work, carry_out
from ..store.database import is_passing
from ..store.inbox import InboxEvent, InboxState
from .fields import every_error
from .registry import EVENTS, EventType, ParentUnknown, Result, Told

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Reading:
    """One event with what its body says: a known type and valid data, or why not.

    `failure` is what went wrong here and not there: it is met again when the event is applied, and counted then.
    """

    event: InboxEvent
    type: EventType | None = None
    told: Told | None = None
    errors: list[dict[str, Any]] | None = None
    failure: Exception | None = None


def drain(installation: Installation, owner: str, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Apply waiting events until none is left that nobody else holds; return how many were settled."""
    settled = 0
    while not stop() and (shards := inbox.claim_shards(installation, owner)):
        try:
            with installation.database.reading() as session:
                more = inbox.pending(session, installation.now())
            if more:
                installation.bells.ring(Bell.INBOX)  # another idle worker may take the other shards.
            while not stop() and (applied := _apply_batch(installation, owner, shards)):
                settled += applied
        except LeaseLost as lost:
            log.warning("%s", lost)
        finally:
            inbox.release_shards(installation, owner, shards)
    return settled


def _apply_batch(installation: Installation, owner: str, shards: list[int]) -> int:
    with installation.database.reading() as session:
        events = inbox.next_events(session, shards, installation.settings.drain_batch)
        session.expunge_all()
    if not events:
        return 0
    readings = [read(event) for event in events]
    try:
        _apply(installation, owner, shards, readings)
    except (LeaseLost, Unavailable):
        raise
    except Refused:
        for reading in readings:  # one of them contradicts what is known: it is marked alone.
            _apply_alone(installation, owner, shards, reading)
    except Exception:
        log.warning("a batch of %d events is applied one by one", len(readings), exc_info=True)
        for reading in readings:
            _apply_alone(installation, owner, shards, reading)
    return len(readings)


def _apply_alone(installation: Installation, owner: str, shards: list[int], reading: Reading) -> None:
    """Apply one event; a failure of its handler is counted, and in the end shown to a person."""
    try:
        _apply(installation, owner, shards, [reading])
    except (LeaseLost, Unavailable):
        raise
    except Refused as refusal:
        refused: list[dict[str, Any]] = [{"path": "", "message": refusal.detail}]
        if isinstance(refusal, PayloadRejected):
            refused = [dict(one) for one in refusal.errors]
        _apply(installation, owner, shards, [Reading(event=reading.event, type=reading.type, errors=refused)])
    except Exception as error:
        if isinstance(error, DBAPIError) and is_passing(error):
            raise
        log.exception("event %s failed", reading.event.event_id)
        with installation.database.session() as session:
            inbox.hold_lease(session, installation, owner, shards, installation.now())
            event = session.get_one(InboxEvent, reading.event.id)
            event.attempts += 1
            event.errors = [{"path": "", "message": f"{type(error).__name__}: {error}"[:500]}]
            if event.attempts >= installation.settings.apply_attempts:
                event.state = InboxState.FAILED


def _apply(installation: Installation, owner: str, shards: list[int], readings: list[Reading]) -> None:
    def work_on(work: Work) -> None:
        inbox.hold_lease(work.session, installation, owner, shards, work.now)
        standings = Standings(work.session)
        valid = [(one.type, one.told.data) for one in readings if one.type and one.told]
        standings.load(subject for type_, data in valid for subject in type_.touches(data))
        settled = [_settle(installation, work, standings, reading) for reading in readings]
        work.write()
        inbox.settle(work.session, [row for row, _ in settled])
        created = [parent for _, parent in settled if parent is not None]
        if created and inbox.call_parked(work.session, created):
            work.rings.add(Bell.INBOX)

    carry_out(installation, work_on)


def _settle(
    installation: Installation, work: Work, standings: Standings, reading: Reading
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
        "applied_at": work.now,
    }
    if reading.failure is not None:
        raise reading.failure
    if reading.errors is not None:
        return {**row, "state": InboxState.REJECTED, "errors": reading.errors}, None
    if reading.type is None or reading.told is None:
        return {**row, "state": InboxState.IGNORED}, None
    try:
        result: Result = reading.type.handle(work, standings, reading.told)
    except ParentUnknown as unknown:
        return {**row, **inbox.parked(event, unknown.parent, work.now, installation), "applied_at": None}, None
    note = None if result.note is None else [{"path": "", "message": result.note}]
    return {**row, "outcome": result.applied, "errors": note}, result.created


def read(event: InboxEvent) -> Reading:
    """Parse the body and hold it against the schema of its type; every error at once. Never raises."""
    known = EVENTS.get(event.type)
    if known is None:
        return Reading(event=event)
    if event.body is None:
        return Reading(event=event, type=known, errors=[{"path": "", "message": "its body is no longer kept"}])
    try:
        loaded = known.schema.load(json.loads(event.body)["data"])
    except ValidationError as error:
        return Reading(event=event, type=known, errors=every_error(error.messages, "data"))
    except Exception as error:  # one event that cannot be read must not hold up its neighbours for ever.
        return Reading(event=event, type=known, failure=error)
    told = Told(
        event_id=event.event_id,
        type=event.type,
        sent_at=event.sent_at,
        received_at=event.received_at,
        data=loaded,
    )
    return Reading(event=event, type=known, told=told)
