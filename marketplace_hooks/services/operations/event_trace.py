"""Event trace: what followed from one event, in cascades, outgoing events and their deliveries.

Found by the event's subject, and among what is about it by the cause that every outgoing event carries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ...models.cascades import Cascade
from ...models.inbox import InboxEvent
from ...models.outbox import Delivery, OutgoingEvent
from ...models.products import SubjectKind

MOST = 20
_OUTBOX_KINDS = {"request": "support_request"}
"""The kind of a subject in the outbox, where the inbox calls it otherwise."""


@dataclass(frozen=True, kw_only=True)
class TracedEvent:
    """One outgoing event with its deliveries."""

    event: OutgoingEvent
    deliveries: Sequence[Delivery]


@dataclass(frozen=True, kw_only=True)
class EventTrace:
    """What followed, in its order. `has_more`: more was published than is shown here."""

    cascades: Sequence[Cascade]
    published: Sequence[TracedEvent]
    has_more: bool


def trace_event(session: Session, event: InboxEvent) -> EventTrace:
    """What followed from an event, as far as it has come."""
    kind, _, id_ = event.subject.partition(":")
    cascades: list[Cascade] = []
    if kind in list(SubjectKind):
        about = select(Cascade).where(Cascade.subject_kind == SubjectKind(kind), Cascade.subject_id == id_)
        caused = about.where(Cascade.cause["event_id"].as_string() == event.event_id)
        cascades = list(session.scalars(caused.order_by(Cascade.number).limit(MOST)))
    of_subject = select(OutgoingEvent).where(
        OutgoingEvent.subject_kind == _OUTBOX_KINDS.get(kind, kind),
        OutgoingEvent.subject_id == id_,
        OutgoingEvent.cause["event_id"].as_string() == event.event_id,
    )
    found = {one.id: one for one in _first(session, of_subject)}
    if cascades:
        found |= {one.id: one for one in _first(session, _of_cascades([one.id for one in cascades]))}
    events = [found[number] for number in sorted(found)]
    return EventTrace(
        cascades=cascades, published=_with_deliveries(session, events[:MOST]), has_more=len(events) > MOST
    )


def trace_cascade(session: Session, cascade_id: str) -> EventTrace:
    """What one cascade has published so far."""
    events = _first(session, _of_cascades([cascade_id]))
    return EventTrace(cascades=[], published=_with_deliveries(session, events[:MOST]), has_more=len(events) > MOST)


def _of_cascades(ids: Sequence[str]) -> Select[OutgoingEvent]:
    return select(OutgoingEvent).where(OutgoingEvent.cascade_id.in_(ids))


def _first(session: Session, query: Select[Any]) -> list[OutgoingEvent]:
    return list(session.scalars(query.order_by(OutgoingEvent.id).limit(MOST + 1)))


def _with_deliveries(session: Session, events: Iterable[OutgoingEvent]) -> list[TracedEvent]:
    shown = list(events)
    query = select(Delivery).where(Delivery.outbox_id.in_([event.id for event in shown])).order_by(Delivery.id)
    found: dict[int, list[Delivery]] = defaultdict(list)
    for delivery in session.scalars(query) if shown else ():
        found[delivery.outbox_id].append(delivery)
    return [TracedEvent(event=event, deliveries=found[event.id]) for event in shown]
