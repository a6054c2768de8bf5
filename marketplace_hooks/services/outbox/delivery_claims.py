"""Delivery claims: a lane leases an endpoint's next deliveries, as many as the endpoint may be sent now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.outbox.retry_policy import BUSY_PAUSE_S
from ...errors import EncryptionKeyLost, NotFound
from ...models.outbox import Delivery, Endpoint, OutgoingEvent
from ...telemetry.log_context import get_logger
from ..core.leases import is_over
from ..core.runtime import Runtime
from .dispatcher import is_due, lease_s, render
from .endpoints import locked_endpoint
from .sending import Recipient

log = get_logger(__name__)

KEY_LOOK_AGAIN = timedelta(minutes=1)
"""When deliveries are tried again whose secret no key opens."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One delivery, claimed: what to send, and how many attempts came before."""

    delivery_id: int
    endpoint_id: str
    attempts: int
    event_id: str
    cause_event_id: str | None
    origin: str
    body: bytes

    @classmethod
    def of(cls, delivery: Delivery, event: OutgoingEvent) -> Attempt:
        """The next attempt of a delivery. What it goes back to: a received event, else a cascade, else itself."""
        cause_event_id = event.cause.get("event_id")
        return cls(
            delivery_id=delivery.id,
            endpoint_id=delivery.endpoint_id,
            attempts=delivery.attempts,
            event_id=event.event_id,
            cause_event_id=cause_event_id,
            origin=cause_event_id or event.cascade_id or event.event_id,
            body=render(event),
        )

    @property
    def log_ids(self) -> dict[str, Any]:
        """By which ids a line of the log names it."""
        return {
            "event_id": self.event_id,
            "cause_event_id": self.cause_event_id,
            "endpoint_id": self.endpoint_id,
            "delivery_id": self.delivery_id,
        }


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """The deliveries that a lane has leased, in their order, and whom they go to."""

    recipient: Recipient
    attempts: Sequence[Attempt]


def claim(
    runtime: Runtime, session: Session, endpoint: Endpoint | None, owner: str, most: int
) -> tuple[Claimed | None, float | None]:
    """Lease the endpoint's next deliveries, `most` of them at most.

    Or how long to wait for a token, in seconds; or (None, None): nothing to do. The endpoint's row is locked by the
    caller: cap and bucket hold over all workers. One that rests is served nothing, and after its rest one delivery at a
    time, until one arrives.
    """
    now = runtime.now()
    settings = runtime.settings
    if endpoint is None or not endpoint.enabled or _is_at_rest(endpoint, now):
        return None, None
    was_at_rest = endpoint.rests_until is not None
    if _count_lanes(session, endpoint.id, now, settings) >= (1 if was_at_rest else settings.delivery_concurrency):
        return None, None
    rate_per_s = endpoint.rate_per_s or settings.delivery_rate_per_s
    _fill_bucket(endpoint, now, rate_per_s)
    next_ones = (
        select(Delivery, OutgoingEvent)
        .join(OutgoingEvent, OutgoingEvent.id == Delivery.outbox_id)
        .where(is_due(now, settings), Delivery.endpoint_id == endpoint.id)
        .order_by(Delivery.due_at, Delivery.id)
        .limit(1 if was_at_rest else max(1, min(most, int(endpoint.tokens))))
    )
    found = session.execute(next_ones).all()
    if not found:
        return None, None
    try:
        recipient = Recipient.of(endpoint, runtime.encryption, now)
    except EncryptionKeyLost as lost:
        log.error("nothing is sent to endpoint %s: %s", endpoint.id, lost)
        _postpone(session, endpoint.id, now, settings)
        return None, None
    if endpoint.tokens < 1:
        return None, (1 - endpoint.tokens) / rate_per_s
    endpoint.tokens -= len(found)
    leased = update(Delivery).where(Delivery.id.in_([delivery.id for delivery, _ in found]))
    until = now + timedelta(seconds=lease_s(settings))
    session.execute(leased.values(owner=owner, leased_until=until).execution_options(synchronize_session=False))
    return Claimed(recipient=recipient, attempts=[Attempt.of(delivery, event) for delivery, event in found]), None


def find_locked(session: Session, endpoint_id: str) -> Endpoint | None:
    """The endpoint, locked; None once it was deleted."""
    try:
        return locked_endpoint(session, endpoint_id)
    except NotFound:
        return None


def _count_lanes(session: Session, endpoint_id: str, now: datetime, settings: Settings) -> int:
    """How many lanes, of all workers, hold leases on deliveries to this endpoint.

    Whatever the state of a delivery: a statement that names `pending` may read all that wait (`models/inbox.py`).
    """
    leased = select(func.count(Delivery.owner.distinct())).where(
        Delivery.endpoint_id == endpoint_id,
        Delivery.owner.is_not(None),
        ~is_over(Delivery.leased_until, now, lease_s(settings)),
    )
    return session.scalar(leased) or 0


def _is_at_rest(endpoint: Endpoint, now: datetime) -> bool:
    """Whether nothing may be sent now; a rest that ends later than any can was set by another clock."""
    until = endpoint.rests_until
    return until is not None and now < until <= now + timedelta(seconds=BUSY_PAUSE_S)


def _fill_bucket(endpoint: Endpoint, now: datetime, rate_per_s: float) -> None:
    """Add the tokens that have come since the bucket was last filled; it holds those of one second at most."""
    since_s = (now - endpoint.refilled_at).total_seconds() if endpoint.refilled_at else 0.0
    endpoint.tokens = min(max(rate_per_s, 1.0), endpoint.tokens + max(0.0, since_s) * rate_per_s)
    endpoint.refilled_at = now


def _postpone(session: Session, endpoint_id: str, now: datetime, settings: Settings) -> None:
    """Leave what is due at an endpoint for later: it is no fault of the endpoint's, and no attempt is spent."""
    due = update(Delivery).where(is_due(now, settings), Delivery.endpoint_id == endpoint_id)
    session.execute(due.values(due_at=now + KEY_LOOK_AGAIN).execution_options(synchronize_session=False))
