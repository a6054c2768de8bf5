"""Endpoint health: how the deliveries of the last 24 hours have ended, in all and by hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from ...database.types import constant, rfc_3339
from ...models.outbox import Delivery, DeliveryState, OutgoingEvent, time_prefix

HOURS = 24


@dataclass(frozen=True, kw_only=True)
class HourOfDeliveries:
    """The deliveries of events published in one hour: arrived, failed until now, and not attempted yet."""

    begins_at: datetime
    delivered: int = 0
    failed: int = 0
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class EndpointHealth:
    """The last 24 hours, oldest first."""

    hours: tuple[HourOfDeliveries, ...]

    @property
    def success_rate(self) -> float | None:
        """The part that arrived of what was attempted, from 0 to 1; None when nothing was."""
        delivered = sum(hour.delivered for hour in self.hours)
        attempted = delivered + sum(hour.failed for hour in self.hours)
        return delivered / attempted if attempted else None


def read_health(session: Session, endpoint_id: str, now: datetime) -> EndpointHealth:
    """How this endpoint's deliveries of the last 24 hours have ended."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    hour = func.substr(rfc_3339(OutgoingEvent.created_at), 1, len("2026-03-02T10"))
    is_delivered = Delivery.state == constant(DeliveryState.DELIVERED)
    is_failed = and_(Delivery.state != constant(DeliveryState.DELIVERED), Delivery.attempts > 0)
    counts = (func.count(case((is_delivered, 1))), func.count(case((is_failed, 1))), func.count())
    # Ids of events are ordered as their instants are, and indexed.
    query = (
        select(hour, *counts)
        .join(OutgoingEvent, OutgoingEvent.id == Delivery.outbox_id)
        .where(Delivery.endpoint_id == endpoint_id, OutgoingEvent.event_id >= time_prefix(first))
        .group_by(hour)
    )
    found = {name: (delivered, failed, total) for name, delivered, failed, total in session.execute(query)}
    hours = []
    for number in range(HOURS):
        begins_at = first + timedelta(hours=number)
        delivered, failed, total = found.get(f"{begins_at:%Y-%m-%dT%H}", (0, 0, 0))
        waiting = total - delivered - failed
        hours.append(HourOfDeliveries(begins_at=begins_at, delivered=delivered, failed=failed, waiting=waiting))
    return EndpointHealth(hours=tuple(hours))
