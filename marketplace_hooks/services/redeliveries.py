"""How is a delivery made once more, that arrived and was lost there, or that never arrived? (`webhooks.md` 10)"""

from __future__ import annotations

from sqlalchemy import select

from ..errors import Conflict, NotFound
from ..store.outbox import Delivery, DeliveryState, OutgoingEvent
from .endpoints import locked_endpoint
from .installation import Bell
from .logs import Sent
from .work import Work


def redeliver(work: Work, delivery_id: int) -> Sent:
    """Send it again, under the same `webhook-id`, with all its attempts before it; what was met before stays logged.

    Parked where its endpoint is disabled. Raises `NotFound`, or `Conflict` (`not_replayable`) for one that still waits.
    """
    # The endpoint's row first, as whoever claims a delivery of it does.
    endpoint_id = work.session.scalar(select(Delivery.endpoint_id).where(Delivery.id == delivery_id))
    if endpoint_id is None:
        raise NotFound(f"no delivery {delivery_id}")
    endpoint = locked_endpoint(work.session, endpoint_id)
    delivery = work.session.get_one(Delivery, delivery_id, with_for_update=True)
    if delivery.state not in (DeliveryState.DELIVERED, DeliveryState.EXHAUSTED):
        raise Conflict(
            f"the delivery is {delivery.state}; only a delivered or exhausted one can be replayed",
            code="not_replayable",
            state=delivery.state,
            asked=DeliveryState.PENDING,
        )
    delivery.state = DeliveryState.PENDING if endpoint.enabled else DeliveryState.PARKED
    delivery.attempts, delivery.due_at, delivery.delivered_at = 0, work.now, None
    work.rings.add(Bell.DELIVERIES)
    return Sent(delivery=delivery, event=work.session.get_one(OutgoingEvent, delivery.outbox_id))
