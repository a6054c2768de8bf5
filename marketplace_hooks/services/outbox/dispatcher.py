"""Dispatcher: fans outgoing events out into deliveries, one for each subscribed endpoint, by set statements."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.types import constant
from ...domain.instants import format_instant
from ...domain.outbox.event_types import EVERYTHING
from ...domain.outbox.retry_policy import BUSY_PAUSE_S
from ...models.outbox import Delivery, DeliveryState, Endpoint, EndpointType, OutgoingEvent
from ..core.leases import is_over
from ..core.runtime import Runtime
from ..notifications.mail_queue import create_mails

DISPATCH_CHUNK = 2_000
"""Events dispatched in one transaction, at most."""
MOST_DELIVERIES = 20_000
"""Deliveries made in one transaction, at most, unless one event alone has more: other writers of SQLite wait for it."""


def dispatch(runtime: Runtime, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Make the deliveries of every outgoing event that has none yet, by set statements; return how many events.

    Goes on after each chunk unless `stop` says so: a withdrawal writes a million events.
    """
    total = 0
    while True:
        with runtime.database.session() as session:
            count, is_last = _dispatch_chunk(session, runtime.now(), runtime.settings)
        total += count
        if is_last or stop():
            return total
        runtime.database.yield_to_writers()


def _dispatch_chunk(session: Session, now: datetime, settings: Settings) -> tuple[int, bool]:
    """How many events it has dispatched, and whether there were no more."""
    undispatched = (
        select(OutgoingEvent.id)
        .where(OutgoingEvent.dispatched_at.is_(None))
        .order_by(OutgoingEvent.id)
        .limit(DISPATCH_CHUNK)
        .with_for_update(skip_locked=True)
    )
    found = list(session.scalars(undispatched))
    if not found:
        return 0, True
    endpoints = session.scalar(select(func.count()).select_from(Endpoint).where(Endpoint.deleted_at.is_(None)))
    ids = found[: max(1, MOST_DELIVERIES // (endpoints or 1))]
    # Enabling or disabling an endpoint comes before or after: no event may be parked at an enabled endpoint.
    locked = select(Endpoint.id).order_by(Endpoint.id).with_for_update(read=True, key_share=True)
    session.execute(locked).all()
    state = case((Endpoint.enabled, literal(DeliveryState.PENDING.value)), else_=literal(DeliveryState.PARKED.value))
    wanted = (
        select(OutgoingEvent.id, Endpoint.id, state, literal(now, Delivery.__table__.c.due_at.type))
        .select_from(OutgoingEvent)
        .join(EndpointType, or_(EndpointType.type == OutgoingEvent.type, EndpointType.type == EVERYTHING))
        .join(Endpoint, Endpoint.id == EndpointType.endpoint_id)
        .where(OutgoingEvent.id.in_(ids))
    )
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    into = dialect.insert(Delivery).from_select(["outbox_id", "endpoint_id", "state", "due_at"], wanted)
    session.execute(into.on_conflict_do_nothing())
    if settings.smtp_url is not None:
        create_mails(session, ids, now, settings)
    dispatched = update(OutgoingEvent).where(OutgoingEvent.id.in_(ids)).values(dispatched_at=now)
    session.execute(dispatched.execution_options(synchronize_session=False))
    return len(ids), len(ids) == len(found) < DISPATCH_CHUNK


def has_pending(session: Session, now: datetime, settings: Settings) -> bool:
    """Whether there is work now: an event without deliveries, or a delivery whose time has come."""
    undispatched = select(OutgoingEvent.id).where(OutgoingEvent.dispatched_at.is_(None)).limit(1)
    if session.scalar(undispatched) is not None:
        return True
    deliverable = select(Delivery.id).join(Endpoint, Endpoint.id == Delivery.endpoint_id)
    return session.scalar(deliverable.where(is_due(now, settings), is_served(now)).limit(1)) is not None


def is_served(now: datetime) -> ColumnElement[bool]:
    """SQL for: an endpoint that may be sent something, being enabled and not at rest."""
    return and_(Endpoint.enabled, is_over(Endpoint.rests_until, now, BUSY_PAUSE_S))


def is_due(now: datetime, settings: Settings) -> ColumnElement[bool]:
    """SQL for: a pending delivery whose time has come and that nobody is attempting."""
    free = is_over(Delivery.leased_until, now, lease_s(settings))
    return and_(Delivery.state == constant(DeliveryState.PENDING), Delivery.due_at <= now, free)


def lease_s(settings: Settings) -> float:
    """For how long a delivery is leased: longer than any attempt, for nobody else may send what is still being sent."""
    return max(settings.lease_s, settings.delivery_total_s + 10)


def render(event: OutgoingEvent) -> bytes:
    """The body of every attempt: `id, type, timestamp, sequence, data`, the cause inside `data`."""
    body = {
        "id": event.event_id,
        "type": event.type,
        "timestamp": format_instant(event.created_at),
        "sequence": event.sequence,
        "data": {**event.data, "caused_by": event.cause},
    }
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
