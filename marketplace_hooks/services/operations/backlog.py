"""Backlog: how much work of each kind waits, and since when the oldest of it does.

Read along the indexes by which the work itself is found, the oldest first, and never beyond `MOST_COUNTED` rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ...database.types import constant
from ...models.cascades import Cascade, CascadeState
from ...models.inbox import InboxEvent, InboxState, needs_correction
from ...models.mails import Mail, MailState
from ...models.outbox import Delivery, DeliveryState

MOST_COUNTED = 100_000


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Rows of one kind that wait. `count` goes to `MOST_COUNTED`; `oldest_s` is 0 when nothing waits."""

    count: int
    oldest_s: float


def read_backlog(session: Session, now: datetime) -> Mapping[str, Waiting]:
    """What waits at `now`, by kind: for a worker, or, where its name begins with a state, for a person."""
    events = {
        "events": InboxEvent.state == constant(InboxState.RECEIVED),
        "parked_events": InboxEvent.state == constant(InboxState.PARKED),
        "rejected_events": needs_correction(),
        "failed_events": InboxEvent.state == constant(InboxState.FAILED),
    }
    cascades = {"cascades": CascadeState.RUNNING, "failed_cascades": CascadeState.FAILED}
    due = (Delivery.state == constant(DeliveryState.PENDING)) & (Delivery.due_at <= now)
    exhausted = Delivery.state == constant(DeliveryState.EXHAUSTED)
    mails = (Mail.state == constant(MailState.PENDING)) & (Mail.due_at <= now)
    return {
        **{
            name: _waiting(session, now, waits, InboxEvent.received_at, InboxEvent.id) for name, waits in events.items()
        },
        **{
            name: _waiting(session, now, Cascade.state == constant(state), Cascade.created_at, Cascade.number)
            for name, state in cascades.items()
        },
        "deliveries": _waiting(session, now, due, Delivery.due_at, Delivery.id),
        "exhausted_deliveries": _waiting(session, now, exhausted, Delivery.due_at, Delivery.id),
        "mails": _waiting(session, now, mails, Mail.due_at, Mail.id),
    }


def _waiting(
    session: Session,
    now: datetime,
    waits: ColumnElement[bool],
    since: InstrumentedAttribute[Any],
    key: InstrumentedAttribute[int],
) -> Waiting:
    some = select(since.label("since")).where(waits).order_by(key).limit(MOST_COUNTED).subquery()
    count, oldest = session.execute(select(func.count(), func.min(some.c.since)).select_from(some)).one()
    return Waiting(count=count, oldest_s=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
