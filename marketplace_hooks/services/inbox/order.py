"""Order of the inbox: which waiting events may be applied now, and which of them first.

Events about one subject are applied in the order of their receipt. So an event that pauses after a failure only holds
back later events about the same subject. An urgent event (a status change) is applied before everything else that
waits, except earlier events about its own subject (`webhooks.md` 6 and 7). Events about one charge are applied in the
order of their receipt too, whatever their subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session, aliased

from ...database.types import constant
from ...models.inbox import InboxEvent, InboxState


@cache
def _other() -> type[InboxEvent]:
    """Another event about the same subject. An alias configures every model: not while modules are imported."""
    return aliased(InboxEvent)


def may_apply(now: datetime) -> ColumnElement[bool]:
    """SQL for: an event that waits, and that none about its subject holds back by resting."""
    other = _other()
    rests = _another(other.due_at.is_not(None), other.due_at > now)
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
        InboxEvent.state == constant(InboxState.RECEIVED), InboxEvent.charge_id == charge_id, InboxEvent.id < before
    )
    return session.scalar(waiting.limit(1))


def next_events(session: Session, shards: Sequence[int], limit: int, now: datetime) -> list[InboxEvent]:
    """The next events of these shards to apply, in the order of their receipt: the oldest.

    Where more wait than `limit`: the urgent ones alone, as long as there are any, so that their commit is soon.
    """
    waiting = select(InboxEvent).where(InboxEvent.shard.in_(shards)).order_by(InboxEvent.id).limit(limit)
    oldest = list(session.scalars(waiting.where(may_apply(now))))
    if len(oldest) < limit:
        return oldest
    urgent = and_(InboxEvent.shard.in_(shards), is_urgent(now))
    last_of = select(InboxEvent.subject, func.max(InboxEvent.id)).where(urgent).group_by(InboxEvent.subject)
    last_ids = dict(session.execute(last_of.order_by(func.max(InboxEvent.id)).limit(limit)).all())
    if not last_ids:
        return oldest
    # No event before the oldest waits: this keeps the search off the history of a subject.
    since = InboxEvent.id >= oldest[0].id
    other = _other()
    is_first = ~_another(other.id < InboxEvent.id, other.id >= oldest[0].id)
    chosen = list(session.scalars(waiting.where(since, is_urgent(now), is_first)))
    if len(chosen) < limit:
        up_to_them = InboxEvent.subject.in_(last_ids), InboxEvent.id <= max(last_ids.values())
        chosen += session.scalars(waiting.where(since, *up_to_them, may_apply(now)))
    return sorted(list(dict.fromkeys(chosen))[:limit], key=lambda event: event.id)


def _another(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """SQL for: such an event about the same subject waits."""
    other = _other()
    is_other = other.state == constant(InboxState.RECEIVED), other.subject == InboxEvent.subject
    return select(other.id).where(*is_other, *conditions).correlate(InboxEvent).exists()
