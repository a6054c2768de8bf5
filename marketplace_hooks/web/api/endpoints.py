"""Endpoints: who is subscribed to outgoing events; added, changed, tested, rotated, stopped and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from ...models.access import Role
from ...models.outbox import Endpoint
from ...services.core.unit_of_work import UnitOfWork, run_in_transaction
from ...services.outbox.endpoint_health import read_health
from ...services.outbox.endpoints import (
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
from ...services.outbox.ping import audit_ping, send_ping
from ..endpoint_url import require_fresh_sign_in_for_url
from ..identity.fresh_sign_in import require_fresh_sign_in
from ..state import current_runtime
from .endpoint_schemas import (
    DisableSchema,
    EndpointChangesSchema,
    EndpointDetailSchema,
    EndpointListSchema,
    EndpointSchema,
    EndpointSettingsSchema,
    EndpointWithSecretSchema,
    PingAnswerSchema,
)
from .idempotency import respond_once, respond_prepared_once
from .operations import operation
from .responses import uncached_response

ROLES = (Role.OPERATOR, Role.PLATFORM)


_ONE = EndpointSchema()
_DETAIL = EndpointDetailSchema()
_WITH_SECRET = EndpointWithSecretSchema()
_LIST = EndpointListSchema()
_PINGED = PingAnswerSchema()


@operation("GET", "/endpoints", tag="Endpoints", roles=ROLES, response=EndpointListSchema)
def list_all_endpoints() -> Response:
    """Every endpoint, oldest first.

    Enabled or disabled. Secrets and the values of custom headers are never returned.
    """
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
    """Subscribe an endpoint. Its secret is returned only once.

    The URL must be public and https. Events that are published from now on are delivered, signed with the secret.
    """
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
    """One endpoint, with its deliveries of the last 24 hours by hour, and their success rate.

    Says whether it is enabled, since when it has been failing, and what share of its deliveries arrived.
    """
    runtime = current_runtime()
    with runtime.database.read_session() as session:
        endpoint = read_endpoint(session, endpoint_id)
        health = read_health(session, endpoint_id, runtime.now())
        return uncached_response(
            _DETAIL, {**_view(endpoint), "hours": health.hours, "success_rate": health.success_rate}
        )


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
    """Change an endpoint's URL, event types, headers or rate. Existing deliveries are kept.

    Only the given members are changed. To change the secret, call `rotate`.
    """
    runtime = current_runtime()
    if "url" in body:
        require_fresh_sign_in_for_url(endpoint_id, body["url"])
    changed = run_in_transaction(runtime, lambda uow: _view(change_endpoint(runtime, uow, endpoint_id, **body)))
    return uncached_response(_ONE, changed)


@operation("DELETE", "/endpoints/<endpoint_id>", tag="Endpoints", roles=ROLES, status=204, refusals=(404,))
def remove_endpoint(endpoint_id: str) -> Response:
    """Remove an endpoint: what was not delivered yet is discarded, past deliveries stay in the log.

    To stop deliveries for a while, disable the endpoint instead.
    """
    run_in_transaction(current_runtime(), lambda uow: delete_endpoint(uow, endpoint_id))
    return Response(status=204, headers={"Cache-Control": "no-store"})


@operation(
    "POST", "/endpoints/<endpoint_id>/ping", tag="Endpoints", roles=ROLES, response=PingAnswerSchema, refusals=(404,)
)
def ping(endpoint_id: str) -> Response:
    """Send a signed `endpoint.ping` now, and return the receiver's answer.

    Use it to test a receiver: the call waits for its response, and returns the status, the duration and the beginning
    of the body. It returns 200 whatever the receiver responds.
    """
    runtime = current_runtime()

    def send() -> Callable[[UnitOfWork], dict[str, Any]]:
        result = send_ping(runtime, endpoint_id)
        answer = {
            "status": result.status,
            "error": result.error,
            "took_ms": round(result.took_s * 1000),
            "answer": result.excerpt,
            "delivered": result.is_success,
        }

        def act(uow: UnitOfWork) -> dict[str, Any]:
            audit_ping(uow, endpoint_id, result)
            return answer

        return act

    return respond_prepared_once(send, _PINGED, status=200)


@operation(
    "POST",
    "/endpoints/<endpoint_id>/rotate",
    tag="Endpoints",
    roles=ROLES,
    response=EndpointWithSecretSchema,
    refusals=(404,),
)
def rotate_endpoint_secret(endpoint_id: str) -> Response:
    """Create a new secret, returned only once. For 24 hours deliveries are signed with the old one as well.

    During that time `webhook-signature` contains both signatures, so that the receiver can change its secret at any
    moment.
    """
    runtime = current_runtime()
    require_fresh_sign_in()

    def act(uow: UnitOfWork) -> dict[str, Any]:
        endpoint, secret = rotate_secret(runtime, uow, endpoint_id)
        return {**_view(endpoint), "secret": secret}

    return respond_once(act, _WITH_SECRET, status=200)


@operation(
    "POST", "/endpoints/<endpoint_id>/enable", tag="Endpoints", roles=ROLES, response=EndpointSchema, refusals=(404,)
)
def enable(endpoint_id: str) -> Response:
    """Resume deliveries, starting with those that waited.

    Deliveries that waited while the endpoint was disabled are sent, oldest first.
    Its earlier failures no longer count.
    """
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
    """Stop deliveries: new events wait until the endpoint is enabled again.

    Nothing is lost: what waits is sent when the endpoint is enabled again. Disabling it twice changes nothing.
    """

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
