"""Ping: a signed test event to one endpoint, sent at once, and the receiver's answer."""

from __future__ import annotations

from ...domain.audit_actions import AuditAction
from ...models.outbox import OutgoingEvent, new_event_id
from ..core.runtime import Runtime
from ..core.unit_of_work import UnitOfWork, run_in_transaction
from .dispatcher import render
from .endpoints import read_endpoint
from .sending import AttemptResult, Recipient, send_signed

PING = "endpoint.ping"


def ping_endpoint(runtime: Runtime, endpoint_id: str) -> AttemptResult:
    """Send a test event as deliveries are sent, also to a disabled endpoint; it counts as none. Raises `NotFound`."""
    result = send_ping(runtime, endpoint_id)
    run_in_transaction(runtime, lambda uow: audit_ping(uow, endpoint_id, result))
    return result


def send_ping(runtime: Runtime, endpoint_id: str) -> AttemptResult:
    """The same without its entry in the audit log."""
    now = runtime.now()
    with runtime.database.read_session() as session:
        recipient = Recipient.of(read_endpoint(session, endpoint_id), runtime.encryption, now)
    event = OutgoingEvent(
        event_id=new_event_id(now),
        type=PING,
        sequence=0,
        data={"endpoint_id": endpoint_id},
        cause={"event_id": None, "actor": "operator", "reason": "a test"},
        created_at=now,
    )
    return send_signed(runtime, recipient, event_id=event.event_id, body=render(event))


def audit_ping(uow: UnitOfWork, endpoint_id: str, result: AttemptResult) -> None:
    """Enter in the audit log that somebody tested the endpoint, and what it answered."""
    uow.audit(AuditAction.ENDPOINT_PINGED, endpoint_id, status=result.status)
