"""Redelivery: repeats a delivery that its receiver has lost, or that never arrived (`webhooks.md` 10)."""

from __future__ import annotations

from sqlalchemy import select

from ...domain.audit_actions import AuditAction
from ...errors import Conflict, NotFound
from ...models.outbox import Delivery, DeliveryState, OutgoingEvent
from ..core.runtime import JobKind
from ..core.unit_of_work import UnitOfWork
from .delivery_log import DeliveryWithEvent
from .endpoints import locked_endpoint
from .payload_retention import is_purged


def redeliver(uow: UnitOfWork, delivery_id: int) -> DeliveryWithEvent:
    """Send it again, under the same `webhook-id`, with all its attempts before it; the log of earlier attempts stays.

    Parked where its endpoint is disabled. Raises `NotFound`, or `Conflict` for one that is still pending
    (`not_replayable`) and for one whose payload was purged (`payload_purged`).
    """
    # The endpoint's row first, as in claiming a delivery; then the event's, as in a purge, which checks for deliveries
    # that are still to be made.
    query = select(Delivery.endpoint_id, Delivery.outbox_id).where(Delivery.id == delivery_id)
    found = uow.session.execute(query).one_or_none()
    if found is None:
        raise NotFound(f"no delivery {delivery_id}")
    uow.audit(AuditAction.DELIVERY_REPLAYED, str(delivery_id))
    endpoint = locked_endpoint(uow.session, found.endpoint_id)
    event = uow.session.get_one(
        OutgoingEvent, found.outbox_id, with_for_update={"key_share": True}, populate_existing=True
    )
    delivery = uow.session.get_one(Delivery, delivery_id, with_for_update=True)
    if delivery.state not in (DeliveryState.DELIVERED, DeliveryState.EXHAUSTED):
        raise Conflict(
            f"the delivery is {delivery.state}; only a delivered or exhausted one can be replayed",
            code="not_replayable",
            state=delivery.state,
            asked=DeliveryState.PENDING,
        )
    if is_purged(event):
        raise Conflict("the delivery's payload has been purged", code="payload_purged", state=delivery.state)
    delivery.state = DeliveryState.PENDING if endpoint.enabled else DeliveryState.PARKED
    delivery.attempts = 0
    delivery.due_at = uow.now
    delivery.delivered_at = None
    uow.wakeups.add(JobKind.DELIVERIES)
    return DeliveryWithEvent(delivery=delivery, event=event)
