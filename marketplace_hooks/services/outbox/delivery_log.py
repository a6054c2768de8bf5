"""Delivery log: pages of the deliveries of outgoing events, the newest first, and one with its endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ...database.keyset import Rows, count_rows, read_newest
from ...domain.instants import parse_instant
from ...models.outbox import Delivery, DeliveryState, Endpoint, OutgoingEvent, time_prefix
from .dispatcher import render
from .payload_retention import is_purged

GRACE = timedelta(hours=1)
BEYOND = 2**62
"""No row has such a number."""


@dataclass(frozen=True, kw_only=True)
class DeliveryWithEvent:
    """One delivery with the event that it carries."""

    delivery: Delivery
    event: OutgoingEvent


@dataclass(frozen=True, kw_only=True)
class AddressedDelivery(DeliveryWithEvent):
    """The same with the endpoint that it goes to."""

    endpoint: Endpoint

    @property
    def body(self) -> bytes | None:
        """What every attempt sends; None once it was purged."""
        return None if is_purged(self.event) else render(self.event)

    @property
    def attempts(self) -> list[dict[str, Any]]:
        """The result of each attempt, the oldest first, with the instant at which it was recorded."""
        return [{**one, "at": parse_instant(one["at"])} for one in self.delivery.attempt_log or []]


def find_delivery(session: Session, delivery_id: int) -> AddressedDelivery | None:
    """One delivery with what it carries and whom it goes to."""
    query = (
        select(Delivery, OutgoingEvent, Endpoint)
        .join(OutgoingEvent, OutgoingEvent.id == Delivery.outbox_id)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(Delivery.id == delivery_id)
    )
    row = session.execute(query).one_or_none()
    return None if row is None else AddressedDelivery(delivery=row[0], event=row[1], endpoint=row[2])


def find_deliveries(
    session: Session,
    *,
    state: DeliveryState | None = None,
    endpoint_id: str | None = None,
    type_: str | None = None,
    event_id: str | None = None,
    subject: tuple[str, str] | None = None,
    cascade_id: str | None = None,
    published_from: datetime | None = None,
    published_before: datetime | None = None,
    before: int | None = None,
    is_backward: bool = False,
    limit: int = 20,
) -> tuple[Rows[DeliveryWithEvent], int | None]:
    """Deliveries, the newest first, those whose row is older than `before`; and the next page's `before`.

    `published_from` and `published_before` are about the event, to the millisecond.
    """
    of_deliveries = _conditions((Delivery.state, state), (Delivery.endpoint_id, endpoint_id))
    of_events = _conditions(
        (OutgoingEvent.type, type_),
        (OutgoingEvent.event_id, event_id),
        (OutgoingEvent.subject_kind, subject[0] if subject else None),
        (OutgoingEvent.subject_id, subject[1] if subject else None),
        (OutgoingEvent.cascade_id, cascade_id),
    )
    of_events += _published_within(session, published_from, published_before)
    query = select(Delivery, OutgoingEvent).join(OutgoingEvent, OutgoingEvent.id == Delivery.outbox_id)
    query = query.where(*of_deliveries, *of_events)
    rows, following = read_newest(session, query, Delivery.id, before=before, limit=limit, is_backward=is_backward)
    found = rows.mapped(DeliveryWithEvent(delivery=delivery, event=event) for delivery, event in rows)
    if not of_events:  # each delivery has one event: they are counted without them.
        found.count_up_to = partial(count_rows, session, select(Delivery).where(*of_deliveries))
    return found, following


def subject_of(text: str | None) -> tuple[str, str] | None:
    """Kind and id of a subject written as `product:12`."""
    if text is None:
        return None
    kind, _, id_ = text.partition(":")
    return kind, id_


def _published_within(
    session: Session, published_from: datetime | None, published_before: datetime | None
) -> list[ColumnElement[bool]]:
    """What was published in [from, before), and the range of deliveries that holds it.

    Ids of events are ordered as their instants are, and indexed. Deliveries are numbered as they are made: those made
    before the range began are none of it, nor those made long after its last event was dispatched. An hour's grace is
    far more than any transaction takes.
    """
    event_id = OutgoingEvent.event_id
    conditions: list[ColumnElement[bool]] = []
    if published_from is not None:
        begin = published_from - GRACE
        earlier = select(OutgoingEvent.id).where(event_id < time_prefix(begin)).order_by(event_id.desc()).limit(1)
        first = _first_made(session, Delivery.outbox_id <= earlier.scalar_subquery(), Delivery.outbox_id.desc())
        number = first[0] if first and first[1] < begin else 0
        conditions += [event_id >= time_prefix(published_from), Delivery.id > number]
    if published_before is not None:
        end = time_prefix(published_before)
        ended = select(OutgoingEvent.dispatched_at).where(event_id < end).order_by(event_id.desc()).limit(1)
        ended_at = session.scalar(ended)
        beyond = time_prefix(published_before + 2 * GRACE)
        later = select(OutgoingEvent.id).where(event_id >= beyond).order_by(event_id).limit(1)
        first = _first_made(session, Delivery.outbox_id >= later.scalar_subquery(), Delivery.outbox_id)
        number = first[0] if first and ended_at and first[1] > ended_at + GRACE else BEYOND
        conditions += [event_id < end, Delivery.id < number]
    return conditions


def _first_made(session: Session, of_events: ColumnElement[bool], order: Any) -> tuple[int, datetime] | None:
    """The number of the first delivery of some events, in this order, and when that event was dispatched."""
    query = select(Delivery.id, OutgoingEvent.dispatched_at).join(OutgoingEvent, OutgoingEvent.id == Delivery.outbox_id)
    row = session.execute(query.where(of_events).order_by(order).limit(1)).one_or_none()
    return None if row is None or row[1] is None else (row[0], row[1])


def _conditions(*given: tuple[Any, Any]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in given if value is not None]
