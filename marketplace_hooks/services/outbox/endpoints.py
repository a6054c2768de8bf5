"""Endpoints: who is subscribed to outgoing events, and which endpoints are disabled."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.audit_actions import AuditAction
from ...domain.outbox.event_types import EVERYTHING, OUTGOING
from ...errors import NotFound, PayloadRejected
from ...models.audit import AuditOutcome
from ...models.outbox import Delivery, DeliveryState, Endpoint, EndpointType
from ...remote.signatures import new_secret
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import Cause, UnitOfWork, run_in_transaction


def add_endpoint(
    runtime: Runtime, url: str, *, types: Sequence[str] = (EVERYTHING,), description: str = ""
) -> tuple[Endpoint, str]:
    """Subscribe an endpoint; return it with its secret, which is shown this once.

    Raises `OutboundRefused` for a URL that nothing may be delivered to, `PayloadRejected` for an unknown type.
    """
    runtime.outbound.check_url(url)
    unknown = [type_ for type_ in types if type_ != EVERYTHING and type_ not in OUTGOING]
    if unknown:
        raise PayloadRejected(
            "some types are never told",
            errors=[{"path": "types", "message": f"{type_} is not an outgoing event"} for type_ in unknown],
        )
    secret = new_secret()
    endpoint = Endpoint(
        id=f"end_{uuid.uuid4().hex}",
        url=url,
        description=description,
        types=list(types),
        secret=runtime.encryption.encrypt(secret),
        created_at=runtime.now(),
        sequence=0,
        enabled=True,
        tokens=runtime.settings.delivery_rate_per_s,
    )

    def act(uow: UnitOfWork) -> None:
        uow.session.add(endpoint)
        uow.session.flush()
        rows = [{"endpoint_id": endpoint.id, "type": type_} for type_ in dict.fromkeys(types)]
        uow.session.execute(insert(EndpointType), rows)
        uow.audit(AuditAction.ENDPOINT_CREATED, endpoint.id, types=list(types))

    run_in_transaction(runtime, act)
    return endpoint, secret


def list_endpoints(session: Session) -> list[Endpoint]:
    """Every endpoint, the oldest first."""
    return list(session.scalars(select(Endpoint).order_by(Endpoint.created_at, Endpoint.id)))


def disable_endpoint(uow: UnitOfWork, endpoint: Endpoint, reason: str) -> None:
    """Stop delivering to an endpoint: its pending deliveries are parked, and `endpoint.disabled` is published."""
    outcome = AuditOutcome.DONE if endpoint.enabled else AuditOutcome.UNCHANGED
    uow.audit(AuditAction.ENDPOINT_DISABLED, endpoint.id, outcome=outcome)
    if not endpoint.enabled:
        return
    endpoint.enabled = False
    endpoint.disabled_reason = reason
    _move(uow.session, endpoint.id, DeliveryState.PENDING, DeliveryState.PARKED)
    cause = Cause(actor="marketplace_hooks", reason=reason)
    uow.publish("endpoint.disabled", "endpoint", endpoint, {"endpoint_id": endpoint.id, "url": endpoint.url}, cause)


def enable_endpoint(runtime: Runtime, endpoint_id: str) -> Endpoint:
    """Deliver again, beginning with what was parked."""

    def act(uow: UnitOfWork) -> Endpoint:
        endpoint = locked_endpoint(uow.session, endpoint_id)
        outcome = AuditOutcome.UNCHANGED if endpoint.enabled else AuditOutcome.DONE
        uow.audit(AuditAction.ENDPOINT_ENABLED, endpoint_id, outcome=outcome)
        endpoint.enabled = True
        endpoint.disabled_reason = None
        endpoint.failing_since = None
        _move(uow.session, endpoint.id, DeliveryState.PARKED, DeliveryState.PENDING)
        uow.wakeups.add(JobKind.DELIVERIES)
        return endpoint

    return run_in_transaction(runtime, act)


def locked_endpoint(session: Session, endpoint_id: str) -> Endpoint:
    """The endpoint, locked until the transaction ends. Raises `NotFound`."""
    endpoint = session.scalar(select(Endpoint).where(Endpoint.id == endpoint_id).with_for_update())
    if endpoint is None:
        raise NotFound(f"no endpoint {endpoint_id}")
    return endpoint


def _move(session: Session, endpoint_id: str, before: DeliveryState, after: DeliveryState) -> None:
    change = update(Delivery).where(Delivery.endpoint_id == endpoint_id, Delivery.state == constant(before))
    session.execute(change.values(state=after).execution_options(synchronize_session=False))
