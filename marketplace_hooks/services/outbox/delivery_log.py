"""Delivery log: pages of the deliveries of outgoing events, the newest first, and one with its endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ...database.keyset import Rows, count_rows, read_newest
from ...models.outbox import Delivery, DeliveryState, Endpoint, OutgoingEvent
from .dispatcher import render
from .payload_retention import is_purged


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
    before: int | None = None,
    is_backward: bool = False,
    limit: int = 20,
) -> tuple[Rows[DeliveryWithEvent], int | None]:
    """Deliveries, the newest first, those whose row is older than `before`; and the next page's `before`."""
    of_deliveries = _conditions((Delivery.state, state), (Delivery.endpoint_id, endpoint_id))
    of_events = _conditions(
        (OutgoingEvent.type, type_),
        (OutgoingEvent.event_id, event_id),
        (OutgoingEvent.subject_kind, subject[0] if subject else None),
        (OutgoingEvent.subject_id, subject[1] if subject else None),
        (OutgoingEvent.cascade_id, cascade_id),
    )
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


def _conditions(*given: tuple[Any, Any]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in given if value is not None]
