"""Endpoints: who is subscribed to outgoing events, under which settings, and which endpoints are disabled."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from ...database.encryption import Encryption
from ...database.types import constant
from ...domain.audit_actions import AuditAction
from ...domain.outbox.event_types import EVERYTHING, OUTGOING
from ...errors import NotFound, PayloadRejected
from ...models.audit import AuditOutcome
from ...models.outbox import Delivery, DeliveryState, Endpoint, EndpointType
from ...remote.http.headers import check_custom_headers
from ...remote.signatures import new_secret
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import Cause, UnitOfWork, run_in_transaction
from .old_secrets import replace_secret

LONGEST_URL = 2_000
LONGEST_DESCRIPTION = 500
MOST_PER_S = 1_000.0
_UNFINISHED = (DeliveryState.PENDING, DeliveryState.PARKED)


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """What may be set. `rate_per_s` None: the installation's. `headers` are sent with every delivery."""

    url: str
    types: Sequence[str] = (EVERYTHING,)
    description: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    rate_per_s: float | None = None


def add_endpoint(runtime: Runtime, url: str, **settings: Any) -> tuple[Endpoint, str]:
    """Subscribe an endpoint in a transaction of its own; see `create_endpoint`."""
    wanted = EndpointSettings(url=url, **settings)
    return run_in_transaction(runtime, lambda uow: create_endpoint(runtime, uow, wanted))


def create_endpoint(runtime: Runtime, uow: UnitOfWork, wanted: EndpointSettings) -> tuple[Endpoint, str]:
    """Subscribe an endpoint; return it with its secret, which is shown this once.

    Raises `OutboundRefused` for a URL that nothing may be delivered to, or a header that we do not send,
    `PayloadRejected` for everything else.
    """
    _check(runtime, wanted)
    secret = new_secret()
    endpoint = Endpoint(
        id=f"end_{uuid.uuid4().hex}",
        secret=runtime.encryption.encrypt(secret),
        created_at=uow.now,
        sequence=0,
        enabled=True,
        tokens=wanted.rate_per_s or runtime.settings.delivery_rate_per_s,
    )
    uow.session.add(endpoint)
    _set(runtime, uow, endpoint, wanted)
    uow.audit(AuditAction.ENDPOINT_CREATED, endpoint.id, types=list(wanted.types))
    return endpoint, secret


def change_endpoint(runtime: Runtime, uow: UnitOfWork, endpoint_id: str, **changes: Any) -> Endpoint:
    """Change settings of an endpoint, those that are named; deliveries that were made stay. Raises as above."""
    endpoint = locked_endpoint(uow.session, endpoint_id)
    before = settings_of(endpoint, runtime.encryption)
    wanted = EndpointSettings(**{**{one.name: getattr(before, one.name) for one in fields(before)}, **changes})
    _check(runtime, wanted)
    _set(runtime, uow, endpoint, wanted)
    changed = sorted(one.name for one in fields(wanted) if getattr(wanted, one.name) != getattr(before, one.name))
    outcome = AuditOutcome.DONE if changed else AuditOutcome.UNCHANGED
    uow.audit(AuditAction.ENDPOINT_CHANGED, endpoint_id, outcome=outcome, changed=changed)
    return endpoint


def settings_of(endpoint: Endpoint, encryption: Encryption) -> EndpointSettings:
    """The settings of an endpoint, its headers deciphered."""
    return EndpointSettings(
        url=endpoint.url,
        types=endpoint.types,
        description=endpoint.description,
        headers={} if endpoint.headers is None else json.loads(encryption.decrypt(endpoint.headers)),
        rate_per_s=endpoint.rate_per_s,
    )


def rotate_secret(runtime: Runtime, uow: UnitOfWork, endpoint_id: str) -> tuple[Endpoint, str]:
    """Give the endpoint a new secret, shown this once; for 24 hours deliveries are signed with the old one too."""
    endpoint = locked_endpoint(uow.session, endpoint_id)
    secret = new_secret()
    replace_secret(endpoint, runtime.encryption, secret, uow.now)
    uow.audit(AuditAction.ENDPOINT_ROTATED, endpoint_id)
    return endpoint, secret


def list_endpoints(session: Session) -> list[Endpoint]:
    """Every endpoint, oldest first."""
    known = select(Endpoint).where(Endpoint.deleted_at.is_(None))
    return list(session.scalars(known.order_by(Endpoint.created_at, Endpoint.id)))


def read_endpoint(session: Session, endpoint_id: str) -> Endpoint:
    """The endpoint. Raises `NotFound`, also for one that was deleted."""
    endpoint = session.get(Endpoint, endpoint_id)
    if endpoint is None or endpoint.deleted_at is not None:
        raise NotFound(f"no endpoint {endpoint_id}")
    return endpoint


def disable_endpoint(uow: UnitOfWork, endpoint: Endpoint, reason: str) -> None:
    """Stop delivering to an endpoint: its pending deliveries are parked, and `endpoint.disabled` is published."""
    outcome = AuditOutcome.DONE if endpoint.enabled else AuditOutcome.UNCHANGED
    uow.audit(AuditAction.ENDPOINT_DISABLED, endpoint.id, outcome=outcome)
    if not endpoint.enabled:
        return
    endpoint.enabled = False
    endpoint.disabled_reason = reason
    _move(uow.session, endpoint.id, DeliveryState.PENDING, state=DeliveryState.PARKED)
    publish_about(uow, endpoint, "endpoint.disabled", reason)


def enable_endpoint(runtime: Runtime, endpoint_id: str) -> Endpoint:
    """Deliver again, in a transaction of its own; see `resume_endpoint`."""
    return run_in_transaction(runtime, lambda uow: resume_endpoint(uow, endpoint_id))


def resume_endpoint(uow: UnitOfWork, endpoint_id: str) -> Endpoint:
    """Deliver again, beginning with what was parked; what failed before is forgotten."""
    endpoint = locked_endpoint(uow.session, endpoint_id)
    outcome = AuditOutcome.UNCHANGED if endpoint.enabled else AuditOutcome.DONE
    uow.audit(AuditAction.ENDPOINT_ENABLED, endpoint_id, outcome=outcome)
    endpoint.enabled = True
    endpoint.disabled_reason = None
    endpoint.failing_since = endpoint.warned_at = endpoint.rests_until = None
    # Due all at once, so that they go in their order: an older one may have been in a long pause of its schedule.
    _move(uow.session, endpoint.id, DeliveryState.PARKED, state=DeliveryState.PENDING, due_at=uow.now)
    uow.wakeups.add(JobKind.DELIVERIES)
    return endpoint


def delete_endpoint(uow: UnitOfWork, endpoint_id: str) -> None:
    """End a subscription for good: what was not delivered yet is discarded, what was stays in the log."""
    endpoint = locked_endpoint(uow.session, endpoint_id)
    endpoint.enabled = False
    endpoint.deleted_at = uow.now
    endpoint.headers = endpoint.previous_secret = endpoint.older_secrets = endpoint.previous_secret_until = None
    _quietly(uow.session, delete(EndpointType).where(EndpointType.endpoint_id == endpoint_id))
    states = [constant(state) for state in _UNFINISHED]
    _quietly(uow.session, delete(Delivery).where(Delivery.endpoint_id == endpoint_id, Delivery.state.in_(states)))
    uow.audit(AuditAction.ENDPOINT_DELETED, endpoint_id)


def publish_about(uow: UnitOfWork, endpoint: Endpoint, type_: str, reason: str) -> None:
    """Publish an operational event about an endpoint."""
    cause = Cause(actor="marketplace_hooks", reason=reason)
    uow.publish(type_, "endpoint", endpoint, {"endpoint_id": endpoint.id, "url": endpoint.url}, cause)


def locked_endpoint(session: Session, endpoint_id: str) -> Endpoint:
    """The endpoint, locked until the transaction ends. Raises `NotFound`, also for one that was deleted."""
    known = select(Endpoint).where(Endpoint.id == endpoint_id, Endpoint.deleted_at.is_(None))
    endpoint = session.scalar(known.with_for_update())
    if endpoint is None:
        raise NotFound(f"no endpoint {endpoint_id}")
    return endpoint


def _check(runtime: Runtime, wanted: EndpointSettings) -> None:
    runtime.outbound.check_url(wanted.url)
    check_custom_headers(wanted.headers)
    errors = [
        {"path": "types", "message": f"{type_} is not an outgoing event"}
        for type_ in wanted.types
        if type_ != EVERYTHING and type_ not in OUTGOING
    ]
    if not wanted.types:
        errors.append({"path": "types", "message": "must name a type, or * for all"})
    if len(wanted.url) > LONGEST_URL:
        errors.append({"path": "url", "message": f"must be at most {LONGEST_URL} characters"})
    if len(wanted.description) > LONGEST_DESCRIPTION or not wanted.description.isprintable():
        errors.append({"path": "description", "message": f"must be {LONGEST_DESCRIPTION} printable characters at most"})
    if wanted.rate_per_s is not None and not 0 < wanted.rate_per_s <= MOST_PER_S:
        errors.append({"path": "rate_per_s", "message": f"must be above 0, and at most {MOST_PER_S:g}"})
    if errors:
        raise PayloadRejected("an endpoint cannot be set up so", errors=errors)


def _set(runtime: Runtime, uow: UnitOfWork, endpoint: Endpoint, wanted: EndpointSettings) -> None:
    types = list(dict.fromkeys(wanted.types))
    endpoint.url = wanted.url
    endpoint.types = types
    endpoint.description = wanted.description
    endpoint.headers = runtime.encryption.encrypt(json.dumps(dict(wanted.headers))) if wanted.headers else None
    endpoint.rate_per_s = wanted.rate_per_s
    uow.session.flush()
    _quietly(uow.session, delete(EndpointType).where(EndpointType.endpoint_id == endpoint.id))
    uow.session.execute(insert(EndpointType), [{"endpoint_id": endpoint.id, "type": type_} for type_ in types])


def _move(session: Session, endpoint_id: str, before: DeliveryState, **after: Any) -> None:
    change = update(Delivery).where(Delivery.endpoint_id == endpoint_id, Delivery.state == constant(before))
    _quietly(session, change.values(**after))


def _quietly(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
