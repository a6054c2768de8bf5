"""Order of the inbox: which waiting events may be applied now, and which of them first.

Events about one subject are applied in the order of their receipt. So an event that pauses after a failure only holds
back later events about the same subject. An urgent event (a status change) is applied before everything else that
waits, except earlier events about its own subject (`webhooks.md` 6 and 7). Events about one charge are applied in the
order of their receipt too, whatever their subjects.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session, aliased

from ...database.exists_apart import exists_apart
from ...database.types import constant
from ...models.inbox import InboxEvent, InboxState, Shard, is_waiting


@cache
def _other() -> type[InboxEvent]:
    """Another event about the same subject. An alias configures every model: not while modules are imported."""
    return aliased(InboxEvent)


def may_apply(now: datetime) -> ColumnElement[bool]:
    """SQL for: an event that waits, and that none about its subject holds back by resting."""
    other = _other()
    resting = select(other.id).where(
        other.subject == InboxEvent.subject,
        other.due_at.is_not(None),
        other.due_at > now,
        is_waiting(other),
    )
    rests = exists_apart(resting.correlate(InboxEvent))
    return and_(InboxEvent.state == constant(InboxState.RECEIVED), ~rests)


def is_urgent(now: datetime) -> ColumnElement[bool]:
    """SQL for: a status change that waits and may be applied."""
    return and_(InboxEvent.urgent, may_apply(now))


def has_rested(session: Session, now: datetime) -> bool:
    """Whether some event that failed may be tried again."""
    rested = InboxEvent.state == constant(InboxState.RECEIVED), InboxEvent.due_at.is_not(None), InboxEvent.due_at <= now
    return session.scalar(select(InboxEvent.id).where(*rested).limit(1)) is not None


def earlier_about_charge(session: Session, charge_id: str, before: int) -> str | None:
    """The id of an event about this charge that waits and was received before the event of the number `before`."""
    waiting = select(InboxEvent.event_id).where(
        InboxEvent.charge_id == charge_id, InboxEvent.id < before, is_waiting(InboxEvent)
    )
    return session.scalar(waiting.limit(1))


def next_events(session: Session, shards: Sequence[int], limit: int, now: datetime) -> list[InboxEvent]:
    """The next events of these shards to apply, in the order of their receipt: the oldest.

    Where more wait than `limit`: the urgent ones alone, as long as there are any, so that their commit is soon. With
    each of them goes what was received before it about its subject; those of which nothing was are chosen first.
    """
    oldest = _oldest(session, shards, limit, now)
    if len(oldest) < limit or all(event.urgent for event in oldest):
        return oldest
    urgent = _urgent_by_subject(session, shards, limit, now)
    if not urgent:
        return oldest
    # No event before the oldest waits: this keeps the search off the history of a subject.
    since = InboxEvent.id >= oldest[0].id
    waiting = select(InboxEvent).where(InboxEvent.shard.in_(shards), since).order_by(InboxEvent.id).limit(limit)
    first_other = _first_other_by_subject(session, urgent, oldest[0].id)
    at_the_front = [subject for subject, (first, _) in urgent.items() if first < first_other.get(subject, math.inf)]
    found = session.scalars(waiting.where(is_urgent(now), InboxEvent.subject.in_(at_the_front))) if at_the_front else ()
    chosen = [event for event in found if event.id < first_other.get(event.subject, math.inf)]
    if len(chosen) < limit:
        last = max(last for _, last in urgent.values())
        chosen += session.scalars(waiting.where(may_apply(now), InboxEvent.subject.in_(urgent), InboxEvent.id <= last))
    return sorted(list(dict.fromkeys(chosen))[:limit], key=lambda event: event.id)


def _oldest(session: Session, shards: Sequence[int], limit: int, now: datetime) -> list[InboxEvent]:
    """The oldest events of these shards that may be applied."""
    events = select(InboxEvent).order_by(InboxEvent.id).limit(limit)
    if session.get_bind().dialect.name == "sqlite":
        return list(session.scalars(events.where(InboxEvent.shard.in_(shards), may_apply(now))))
    # PostgreSQL would look for them all at once in the order of their ids, behind all that was ever applied.
    of_shard = select(InboxEvent.id).where(InboxEvent.shard == Shard.shard, may_apply(now)).correlate(Shard)
    first = of_shard.order_by(InboxEvent.id).limit(limit).lateral()
    ids = select(first.c.id).select_from(Shard).join(first, true()).where(Shard.shard.in_(shards))
    return list(session.scalars(events.where(InboxEvent.id.in_(ids.order_by(first.c.id).limit(limit)))))


def _urgent_by_subject(
    session: Session, shards: Sequence[int], limit: int, now: datetime
) -> dict[str, tuple[int, int]]:
    """The first and the last urgent event about each subject, for the subjects whose urgent events are the oldest."""
    first = func.min(InboxEvent.id)
    last = func.max(InboxEvent.id)
    urgent = select(InboxEvent.subject, first, last).where(InboxEvent.shard.in_(shards), is_urgent(now))
    found = session.execute(urgent.group_by(InboxEvent.subject).order_by(first).limit(limit))
    return {subject: (first_id, last_id) for subject, first_id, last_id in found}


def _first_other_by_subject(session: Session, subjects: Iterable[str], since: int) -> dict[str, int]:
    """The first event about each of these subjects that waits and is not urgent."""
    others = select(InboxEvent.subject, func.min(InboxEvent.id)).where(
        InboxEvent.state == constant(InboxState.RECEIVED),
        ~InboxEvent.urgent,
        InboxEvent.id >= since,
        InboxEvent.subject.in_(list(subjects)),
    )
    return dict(session.execute(others.group_by(InboxEvent.subject)).all())
