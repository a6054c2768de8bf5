"""Leases on the inbox: which worker applies which events, and what became of each.

A worker leases shards, applies their events in the order of receipt, and renews the lease in every commit: a worker
that was taken for dead and comes back finds its transaction refused (`LeaseLost`), and nothing is applied twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.exists_apart import exists_apart
from ...database.types import constant
from ...domain.audit_actions import AuditAction
from ...errors import Conflict, LeaseLost, NotFound
from ...models.inbox import InboxEvent, InboxState, Shard, has_event_id
from ..core.leases import is_over, latest_end
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction
from .order import is_urgent, may_apply

SHARDS_AT_ONCE = 16
"""Shards leased by one worker at a time: a quarter, so that other workers find some."""


@dataclass(frozen=True, kw_only=True)
class EventResult:
    """What became of one event: the columns of its row after it was tried. `parked_on` names the missing parent."""

    id: int
    state: InboxState
    attempts: int
    outcome: str | None = None
    errors: list[dict[str, Any]] | None = None
    parked_on: str | None = None
    due_at: datetime | None = None
    applied_at: datetime | None = None


def _has(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL for: a shard with such an event."""
    return exists_apart(select(InboxEvent.id).where(condition, InboxEvent.shard == Shard.shard).correlate(Shard))


def _is_free(now: datetime, settings: Settings) -> ColumnElement[bool]:
    return is_over(Shard.leased_until, now, settings.lease_s)


def has_pending(session: Session, now: datetime, settings: Settings) -> bool:
    """Whether some event may be applied in a shard that nobody holds."""
    waiting = select(Shard.shard).where(_is_free(now, settings), _has(may_apply(now)))
    return session.scalar(waiting.limit(1)) is not None


def has_urgent(session: Session, now: datetime, settings: Settings) -> bool:
    """Whether one of them is urgent."""
    waiting = select(Shard.shard).where(_is_free(now, settings), _has(is_urgent(now)))
    return session.scalar(waiting.limit(1)) is not None


def claim_shards(runtime: Runtime, owner: str, *, urgent: bool = False) -> list[int]:
    """Lease free shards that have events to apply; empty when there are none.

    Those with an urgent event come first, then those that have waited longest; `urgent`: no others.
    """
    now = runtime.now()
    oldest = (
        select(func.min(InboxEvent.id))
        .where(InboxEvent.state == constant(InboxState.RECEIVED), InboxEvent.shard == Shard.shard)
        .correlate(Shard)
        .scalar_subquery()
    )
    has_urgent = _has(is_urgent(now))
    has_work = has_urgent if urgent else _has(may_apply(now))
    order = case((has_urgent, 0), else_=1), oldest
    free = select(Shard.shard).where(_is_free(now, runtime.settings), has_work).order_by(*order).limit(SHARDS_AT_ONCE)
    claim = (
        update(Shard)
        .where(Shard.shard.in_(free.with_for_update(skip_locked=True).scalar_subquery()))
        .values(owner=owner, leased_until=now + timedelta(seconds=runtime.settings.lease_s))
        .returning(Shard.shard)
        .execution_options(synchronize_session=False)
    )
    with runtime.database.session() as session:
        return sorted(session.scalars(claim))


def release_shards(runtime: Runtime, owner: str, shards: Iterable[int]) -> None:
    """End the lease on these shards, if it is still ours."""
    mine = update(Shard).where(Shard.shard.in_(list(shards)), Shard.owner == owner)
    with runtime.database.session() as session:
        session.execute(mine.values(owner=None, leased_until=None).execution_options(synchronize_session=False))


def renew_lease(session: Session, runtime: Runtime, owner: str, shards: Sequence[int], now: datetime) -> None:
    """Renew the lease in this transaction, which keeps everybody else off the shards until it ends.

    Raises `LeaseLost` when another worker has taken a shard over.
    """
    renew = (
        update(Shard)
        .where(Shard.shard.in_(shards), Shard.owner == owner)
        .values(leased_until=now + timedelta(seconds=runtime.settings.lease_s))
        .returning(Shard.shard)
        .execution_options(synchronize_session=False)
    )
    if len(session.scalars(renew).all()) != len(shards):
        raise LeaseLost(f"shards {list(shards)} are no longer ours")


def release_parked(session: Session, parents: Iterable[str]) -> int:
    """Let the events be applied that were parked on these parents, which are known now. Returns how many there were."""
    return _receive_again(
        session, InboxEvent.state == constant(InboxState.PARKED), InboxEvent.parked_on.in_(list(parents))
    )


def release_all_parked(session: Session) -> int:
    """Let every parked event be tried again, after many parents have become known. Returns how many there were."""
    return _receive_again(session, InboxEvent.state == constant(InboxState.PARKED))


def has_parked_due(session: Session, now: datetime) -> bool:
    """Whether a parked event is due to be tried again."""
    due = InboxEvent.state == constant(InboxState.PARKED), InboxEvent.due_at <= now
    return session.scalar(select(InboxEvent.id).where(*due).limit(1)) is not None


def retry_parked(session: Session, now: datetime, limit: int = 1_000) -> int:
    """Let parked events be tried again that are due: their parent may have become known unnoticed."""
    due = (
        select(InboxEvent.id)
        .where(InboxEvent.state == constant(InboxState.PARKED), InboxEvent.due_at <= now)
        .order_by(InboxEvent.id)
        .limit(limit)
    )
    return _receive_again(session, InboxEvent.id.in_(due.scalar_subquery()))


def _receive_again(session: Session, *conditions: ColumnElement[bool]) -> int:
    """Put parked events back to where they wait to be applied; how many there were."""
    change = update(InboxEvent).where(*conditions).values(state=InboxState.RECEIVED, parked_on=None, due_at=None)
    return int(session.execute(change.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined] # a cursor result


def parked(event: InboxEvent, parent: str, now: datetime, runtime: Runtime) -> EventResult:
    """The result of an event whose parent is unknown: it is released by the parent, tried again on a schedule, and in
    the end only shown to a person.
    """
    schedule = runtime.settings.park_retries_s
    due_at = now + timedelta(seconds=schedule[event.attempts]) if event.attempts < len(schedule) else None
    return EventResult(
        id=event.id, state=InboxState.PARKED, attempts=event.attempts + 1, parked_on=parent, due_at=due_at
    )


def rest(session: Session, event_id: int, now: datetime, runtime: Runtime, *, error: str, counts: bool) -> bool:
    """Have an event that failed tried again after a rest, which grows with its attempts; False after the last of them.

    `counts` False: it is no fault of the event's, and no attempt of it is spent.
    """
    settings = runtime.settings
    event = session.get_one(InboxEvent, event_id)
    event.errors = [{"path": "", "message": error[:500]}]
    rests_s = settings.apply_retries_s
    if not counts:
        event.due_at = now + timedelta(seconds=rests_s[0])
        return True
    event.attempts += 1
    event.due_at = now + timedelta(seconds=rests_s[min(event.attempts, len(rests_s)) - 1])
    if event.attempts >= settings.apply_attempts:
        event.state = InboxState.FAILED
        event.due_at = None
    return event.due_at is not None


def end_long_rests(session: Session, now: datetime, settings: Settings) -> int:
    """End rests that are longer than any: they were made by a clock that was ahead. Returns how many there were."""
    is_resting = InboxEvent.state == constant(InboxState.RECEIVED), InboxEvent.due_at.is_not(None)
    return _receive_again(session, *is_resting, InboxEvent.due_at > latest_end(now, max(settings.apply_retries_s)))


def record_results(session: Session, results: Sequence[EventResult]) -> None:
    """Write what became of each event, all in one statement. Raises `LeaseLost` when another worker was quicker."""
    table = cast(Table, InboxEvent.__table__)
    columns = [field.name for field in fields(EventResult) if field.name != "id"]
    change = (
        update(table)
        .where(table.c.id == bindparam("result_id"), table.c.state == constant(InboxState.RECEIVED))
        .values({name: bindparam(f"result_{name}") for name in columns})
    )
    rows = [{f"result_{name}": value for name, value in vars(result).items()} for result in results]
    if session.connection().execute(change, rows).rowcount != len(results):
        raise LeaseLost("another worker has recorded the result of an event")


def locked_event(session: Session, event_id: str, *, source: str | None = None) -> InboxEvent:
    """One event, its row locked. Raises `NotFound`; `Conflict` when several sources have the id and none is named."""
    query = select(InboxEvent).where(has_event_id(event_id))
    if source is not None:
        query = query.where(InboxEvent.source == source)
    found = list(session.scalars(query.with_for_update()))
    if not found:
        raise NotFound(f"no event {event_id}")
    if len(found) > 1:
        raise Conflict(
            f"several sources have an event {event_id}: say which",
            code="several_sources",
            sources=[event.source for event in found],
        )
    return found[0]


def refuse_corrected(event: InboxEvent) -> None:
    """Raise `Conflict` for an event that was corrected: its copy has taken its place."""
    if event.corrected_by is not None:
        raise Conflict(
            f"the event was corrected: {event.corrected_by} has taken its place",
            code="already_corrected",
            state=event.state,
            corrected_by=event.corrected_by,
        )


def replay(runtime: Runtime, event_id: str, *, source: str | None = None) -> InboxEvent:
    """Have an event applied again that was not: ignored, rejected, failed or parked. Raises `Conflict`, `NotFound`."""
    return run_in_transaction(runtime, lambda uow: replay_event(uow, event_id, source=source))


def replay_event(uow: UnitOfWork, event_id: str, *, source: str | None = None) -> InboxEvent:
    """The same, in the caller's transaction."""
    event = locked_event(uow.session, event_id, source=source)
    uow.audit(AuditAction.EVENT_REPLAYED, event.event_id, source=event.source)
    if event.state in (InboxState.APPLIED, InboxState.RECEIVED):
        raise Conflict(
            f"the event is {event.state}; only an ignored, rejected, failed or parked one can be replayed",
            code="not_replayable",
            state=event.state,
            asked=InboxState.RECEIVED,
        )
    refuse_corrected(event)
    if event.body is None:
        raise Conflict("the event's payload has been purged", code="payload_purged", state=event.state)
    event.state = InboxState.RECEIVED
    event.attempts = 0
    event.errors = event.parked_on = event.due_at = event.outcome = None
    uow.wakeups.add(JobKind.INBOX)
    return event
