"""What was received and what was sent: pages of both logs, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from ..errors import Conflict, NotFound
from ..store.inbox import InboxConflict, InboxEvent, InboxState
from ..store.outbox import Delivery, DeliveryState, OutgoingEvent


@dataclass(frozen=True, kw_only=True)
class Received:
    """One event with the other bodies that came under its id, which were put aside."""

    event: InboxEvent
    conflicts: Sequence[InboxConflict]


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One delivery with the event that it carries."""

    delivery: Delivery
    event: OutgoingEvent


def find_events(
    session: Session,
    *,
    type_: str | None = None,
    state: InboxState | None = None,
    subject: str | None = None,
    source: str | None = None,
    search: str | None = None,
    before: int | None = None,
    limit: int = 20,
) -> tuple[list[InboxEvent], int | None]:
    """Events received, the newest first, those whose row is older than `before`; and the next page's `before`.

    `search` is a part of an event's id or of its subject (`product:12`).
    """
    query = select(InboxEvent).order_by(InboxEvent.id.desc()).limit(limit + 1)
    given = ((InboxEvent.type, type_), (InboxEvent.state, state), (InboxEvent.subject, subject))
    for column, value in (*given, (InboxEvent.source, source)):
        if value is not None:
            query = query.where(column == value)
    if search:
        found = (column.contains(search, autoescape=True) for column in (InboxEvent.event_id, InboxEvent.subject))
        query = query.where(or_(*found))
    if before is not None:
        query = query.where(InboxEvent.id < before)
    rows = list(session.scalars(query))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def find_event(session: Session, event_id: str, *, source: str | None = None) -> Received:
    """One event. Raises `NotFound`; `Conflict` when several sources have the id and none is named."""
    query: Select[InboxEvent] = select(InboxEvent).where(InboxEvent.event_id == event_id)
    if source is not None:
        query = query.where(InboxEvent.source == source)
    found = list(session.scalars(query))
    if not found:
        raise NotFound(f"no event {event_id}")
    if len(found) > 1:
        raise Conflict(
            f"several sources have an event {event_id}: say which",
            code="several_sources",
            sources=[event.source for event in found],
        )
    aside = select(InboxConflict).where(
        InboxConflict.source == found[0].source, InboxConflict.event_id == found[0].event_id
    )
    return Received(event=found[0], conflicts=list(session.scalars(aside.order_by(InboxConflict.id))))


def find_deliveries(
    session: Session,
    *,
    state: DeliveryState | None = None,
    endpoint_id: str | None = None,
    type_: str | None = None,
    event_id: str | None = None,
    before: int | None = None,
    limit: int = 20,
) -> tuple[list[Sent], int | None]:
    """Deliveries, the newest first, those whose row is older than `before`; and the next page's `before`."""
    query = select(Delivery, OutgoingEvent).join(OutgoingEvent, OutgoingEvent.id == Delivery.outbox_id)
    query = query.order_by(Delivery.id.desc()).limit(limit + 1)
    given: tuple[tuple[Any, Any], ...] = (
        (Delivery.state, state),
        (Delivery.endpoint_id, endpoint_id),
        (OutgoingEvent.type, type_),
        (OutgoingEvent.event_id, event_id),
    )
    for column, value in given:
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(Delivery.id < before)
    rows = [Sent(delivery=delivery, event=event) for delivery, event in session.execute(query)]
    return rows[:limit], rows[limit - 1].delivery.id if len(rows) > limit else None
