"""Endpoints: who is subscribed to outgoing events; added, changed, tested, rotated, stopped and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response
from marshmallow import Schema, fields, validate

from ...domain.outbox.event_types import EVERYTHING
from ...models.access import Role
from ...models.outbox import Endpoint
from ...services.core.unit_of_work import UnitOfWork, run_in_transaction
from ...services.outbox.endpoint_health import read_health
from ...services.outbox.endpoints import (
    LONGEST_DESCRIPTION,
    LONGEST_URL,
    MOST_PER_S,
    EndpointSettings,
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    disable_endpoint,
    list_endpoints,
    locked_endpoint,
    read_endpoint,
    resume_endpoint,
    rotate_secret,
    settings_of,
)
from ...services.outbox.ping import ping_endpoint
from ..identity.fresh_sign_in import require_fresh_sign_in
from ..state import current_runtime
from .fields import ResponseSchema, Rfc3339Instant, TextField
from .idempotency import respond_once
from .operations import operation
from .responses import uncached_response

ROLES = (Role.OPERATOR, Role.PLATFORM)
_TYPES = "Which outgoing events it is sent; `*` is all of them."
_HEADERS = "Sent with every delivery: at most 20, none that we set ourselves. Their values are never answered."
_RATE = "Attempts started each second; null: the installation's DELIVERY_RATE_PER_S."


class EndpointSettingsSchema(Schema):
    """What may be set."""

    url = TextField(max_length=LONGEST_URL, required=True, metadata={"description": "https, on port 443 or 8443."})
    types = fields.List(TextField(), load_default=[EVERYTHING], metadata={"description": _TYPES})
    description = TextField(min_length=0, max_length=LONGEST_DESCRIPTION, load_default="")
    headers = fields.Dict(
        keys=fields.String(), values=fields.String(), load_default=dict, metadata={"description": _HEADERS}
    )
    rate_per_s = fields.Float(
        allow_none=True,
        load_default=None,
        validate=validate.Range(0, MOST_PER_S, min_inclusive=False),
        metadata={"description": _RATE},
    )


class EndpointChangesSchema(EndpointSettingsSchema):
    """What is to be changed; a member that is left out stays."""


class EndpointSchema(ResponseSchema):
    """One endpoint. `header_names` are those of its custom headers."""

    endpoint_id = fields.String(required=True, attribute="endpoint.id")
    url = fields.String(required=True, attribute="endpoint.url")
    types = fields.List(fields.String(), required=True, attribute="endpoint.types")
    description = fields.String(required=True, attribute="endpoint.description")
    header_names = fields.List(fields.String(), required=True)
    rate_per_s = fields.Float(required=True, allow_none=True, attribute="endpoint.rate_per_s")
    enabled = fields.Boolean(required=True, attribute="endpoint.enabled")
    disabled_reason = fields.String(required=True, allow_none=True, attribute="endpoint.disabled_reason")
    failing_since = Rfc3339Instant(required=True, allow_none=True, attribute="endpoint.failing_since")
    rests_until = Rfc3339Instant(required=True, allow_none=True, attribute="endpoint.rests_until")
    old_secret_until = Rfc3339Instant(required=True, allow_none=True, attribute="endpoint.previous_secret_until")
    created_at = Rfc3339Instant(required=True, attribute="endpoint.created_at")


class EndpointWithSecretSchema(EndpointSchema):
    """An endpoint with its new secret, which is shown this once."""

    secret = fields.String(required=True)


class EndpointDetailSchema(EndpointSchema):
    """An endpoint and how its deliveries of the last 24 hours ended, from 0 to 1; null when none was attempted."""

    success_rate = fields.Float(required=True, allow_none=True)


class EndpointListSchema(ResponseSchema):
    """Every endpoint, the oldest first."""

    items = fields.List(fields.Nested(EndpointSchema), required=True)


class DisableSchema(Schema):
    """Why nothing is delivered any more."""

    reason = TextField(max_length=200, load_default="by an operator")


class PingAnswerSchema(ResponseSchema):
    """What the receiver answered to a test event; `status` is null where there was no answer, `error` says why."""

    status = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    took_ms = fields.Integer(required=True)
    answer = fields.String(required=True, metadata={"description": "The beginning of the answer's body."})
    delivered = fields.Boolean(required=True)


_ONE = EndpointSchema()
_DETAIL = EndpointDetailSchema()
_WITH_SECRET = EndpointWithSecretSchema()
_LIST = EndpointListSchema()
_PINGED = PingAnswerSchema()


@operation("GET", "/endpoints", tag="Endpoints", roles=ROLES, response=EndpointListSchema)
def list_all_endpoints() -> Response:
    """Every endpoint, the oldest first."""
    with current_runtime().database.read_session() as session:
        return uncached_response(_LIST, {"items": [_view(endpoint) for endpoint in list_endpoints(session)]})


@operation(
    "POST",
    "/endpoints",
    tag="Endpoints",
    roles=ROLES,
    body=EndpointSettingsSchema,
    response=EndpointWithSecretSchema,
    status=201,
    refusals=(400, 415),
)
def add_endpoint(body: dict[str, Any]) -> Response:
    """Subscribe an endpoint. Its secret is answered this once."""
    runtime = current_runtime()

    require_fresh_sign_in()

    def act(uow: UnitOfWork) -> dict[str, Any]:
        endpoint, secret = create_endpoint(runtime, uow, EndpointSettings(**body))
        return {**_view(endpoint), "secret": secret}

    return respond_once(act, _WITH_SECRET, status=201)


@operation(
    "GET", "/endpoints/<endpoint_id>", tag="Endpoints", roles=ROLES, response=EndpointDetailSchema, refusals=(404,)
)
def get_endpoint(endpoint_id: str) -> Response:
    """One endpoint, and how its deliveries of the last 24 hours ended."""
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        endpoint = read_endpoint(session, endpoint_id)
        health = read_health(session, endpoint_id, runtime.now())
        return uncached_response(_DETAIL, {**_view(endpoint), "success_rate": health.success_rate})


@operation(
    "PATCH",
    "/endpoints/<endpoint_id>",
    tag="Endpoints",
    roles=ROLES,
    body=EndpointChangesSchema(partial=True),
    response=EndpointSchema,
    refusals=(400, 404, 415, 422),
)
def change_endpoint_settings(body: dict[str, Any], endpoint_id: str) -> Response:
    """Change an endpoint: its URL, its filter by type, its headers, its rate. Deliveries that were made stay."""
    runtime = current_runtime()
    changed = run_in_transaction(runtime, lambda uow: _view(change_endpoint(runtime, uow, endpoint_id, **body)))
    return uncached_response(_ONE, changed)


@operation("DELETE", "/endpoints/<endpoint_id>", tag="Endpoints", roles=ROLES, status=204, refusals=(404,))
def remove_endpoint(endpoint_id: str) -> Response:
    """End a subscription for good: what was not delivered yet is discarded, what was stays in the log."""
    run_in_transaction(current_runtime(), lambda uow: delete_endpoint(uow, endpoint_id))
    return Response(status=204, headers={"Cache-Control": "no-store"})


@operation(
    "POST", "/endpoints/<endpoint_id>/ping", tag="Endpoints", roles=ROLES, response=PingAnswerSchema, refusals=(404,)
)
def ping(endpoint_id: str) -> Response:
    """Send a signed `endpoint.ping` now, and answer what the receiver answered; under a known key too."""
    result = ping_endpoint(current_runtime(), endpoint_id)
    return uncached_response(
        _PINGED,
        {
            "status": result.status,
            "error": result.error,
            "took_ms": round(result.took_s * 1000),
            "answer": result.excerpt,
            "delivered": result.is_success,
        },
    )


@operation(
    "POST",
    "/endpoints/<endpoint_id>/rotate",
    tag="Endpoints",
    roles=ROLES,
    response=EndpointWithSecretSchema,
    refusals=(404,),
)
def rotate_endpoint_secret(endpoint_id: str) -> Response:
    """Make a new secret, answered this once. For 24 hours deliveries are signed with the old one as well."""
    runtime = current_runtime()

    def act(uow: UnitOfWork) -> dict[str, Any]:
        endpoint, secret = rotate_secret(runtime, uow, endpoint_id)
        return {**_view(endpoint), "secret": secret}

    return respond_once(act, _WITH_SECRET, status=200)


@operation(
    "POST", "/endpoints/<endpoint_id>/enable", tag="Endpoints", roles=ROLES, response=EndpointSchema, refusals=(404,)
)
def enable(endpoint_id: str) -> Response:
    """Deliver again, beginning with what waited."""
    return _respond(lambda uow: resume_endpoint(uow, endpoint_id))


@operation(
    "POST",
    "/endpoints/<endpoint_id>/disable",
    tag="Endpoints",
    roles=ROLES,
    body=DisableSchema,
    response=EndpointSchema,
    refusals=(400, 404, 415),
)
def disable(body: dict[str, Any], endpoint_id: str) -> Response:
    """Deliver no more: what is published waits until the endpoint is enabled again."""

    def act(uow: UnitOfWork) -> Endpoint:
        endpoint = locked_endpoint(uow.session, endpoint_id)
        disable_endpoint(uow, endpoint, body["reason"])
        return endpoint

    return _respond(act)


def _respond(act: Callable[[UnitOfWork], Endpoint]) -> Response:
    return respond_once(lambda uow: _view(act(uow)), _ONE, status=200)


def _view(endpoint: Endpoint) -> dict[str, Any]:
    headers = settings_of(endpoint, current_runtime().encryption).headers
    return {"endpoint": endpoint, "header_names": sorted(headers)}
