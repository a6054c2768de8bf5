"""Errors of the API: problem documents (RFC 9457) for every refusal, unknown path and fault.

All are answered by our own blueprint: a host's error handlers neither see our errors nor are changed by them.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException, default_exceptions

from ...errors import MarketplaceHooksError, NotFound
from ...events.envelope import NotAnEnvelope
from ...services.core.rate_limits import LimitName, client_key
from ...telemetry.log_context import get_logger
from ..csrf import is_sent_by_another_site
from ..identity.acting import audit_refusal, end_acting, name_request
from ..identity.authorization import audience, check_audience, identify
from ..identity.identity import Identity
from ..problems import problem, problem_of
from ..rate_limits import require_rate
from ..response_headers import secure_response
from .operations import NAME

log = get_logger(__name__)

UNKNOWN_ENDPOINT = f"{NAME}.unknown"
MAX_ID_LENGTH = 256
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CODES = {413: "too_large", 400: "bad_request", 415: "unsupported_media_type"}


def check_call() -> None:
    """Before each call: check the audience, the rate limit, the origin, and that ids can be ids."""
    check_audience()
    identity = identify()
    _check_rate(identity)
    _check_origin(identity)
    for value in (request.view_args or {}).values():
        if len(str(value)) > MAX_ID_LENGTH or not str(value).isprintable():
            raise NotFound("nothing has this name")


def _check_rate(identity: Identity | None) -> None:
    if identity is None:
        caller = ("address", client_key(request.remote_addr))
    else:
        caller = (
            ("token", identity.token_id) if identity.token_id else ("person", f"{identity.role}:{identity.subject}")
        )
    require_rate(LimitName.API_CALLS, *caller, detail="too many calls")


def _check_origin(identity: Identity | None) -> None:
    """Refuse cross-site requests of people whom a host knows by a cookie, which a browser sends with any page's form.

    Such a form cannot be sent as JSON, and a modern browser names its site; a token is never sent by itself.
    """
    if identity is None or identity.token_id is not None or request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if is_sent_by_another_site():
        raise _ReadyResponse(problem(403, "cross_site", "this call was sent by a page of another site"))
    if request.method == "POST" and request.mimetype != "application/json":
        raise _ReadyResponse(problem(415, "unsupported_media_type", "send Content-Type: application/json"))


class _ReadyResponse(HTTPException):
    """A response raised as an exception."""

    def __init__(self, response: Response) -> None:
        super().__init__(response=response)


@audience()
def unknown_path(rest: str = "") -> Response:
    """Any path or method under the prefix that is no operation."""
    allowed = _allowed_methods()
    if not allowed:
        return problem(404, "not_found", "there is nothing here; the calls are listed in openapi.json")
    headers = {"Allow": ", ".join([*allowed, "OPTIONS"])}
    if request.method == "OPTIONS":
        response = Response(status=204, headers=headers)
        del response.headers["Content-Type"]
        return response
    return problem(405, "method_not_allowed", f"{request.method} is not among {', '.join(allowed)}", headers=headers)


def _allowed_methods() -> list[str]:
    """The methods that this path has, by matching each against the router."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return []
    methods = [method for method in _METHODS if adapter.match(method=method)[0] != UNKNOWN_ENDPOINT]
    return [*methods, "HEAD"] if "GET" in methods else methods


def handle_own_error(error: MarketplaceHooksError) -> Response:
    """One of our own errors."""
    audit_refusal(error)
    return problem_of(error)


def handle_invalid_json(error: NotAnEnvelope) -> Response:
    """A body that is not strict JSON."""
    return problem(400, error.code, str(error))


def handle_http_error(error: HTTPException) -> Any:
    """An error of werkzeug's, such as a body that is too large or ends too early."""
    if isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    code = _CODES.get(status) or error.name.lower().replace(" ", "_")
    return problem(status, code, error.description or error.name)


def handle_unexpected_error(error: Exception) -> Response:
    """A fault of ours. A developer gets the traceback; everybody else a 500 without a word of it."""
    if current_app.testing or current_app.debug:
        raise error
    log.exception("%s %s failed", request.method, request.path)
    return problem(500, "internal_error", "this is an error on our side; it has been logged")


def add_checks_and_handlers(blueprint: Blueprint) -> None:
    """Check each call before its view, and answer its errors."""
    blueprint.before_request(check_call)
    blueprint.after_request(name_request)
    blueprint.after_request(secure_response)
    blueprint.teardown_request(end_acting)
    blueprint.register_error_handler(MarketplaceHooksError, handle_own_error)
    blueprint.register_error_handler(NotAnEnvelope, handle_invalid_json)
    blueprint.register_error_handler(Exception, handle_unexpected_error)
    # By their codes as well: a host's handler of a code would come before ours of the class.
    blueprint.register_error_handler(HTTPException, handle_http_error)
    for error in default_exceptions.values():
        blueprint.register_error_handler(error, handle_http_error)
