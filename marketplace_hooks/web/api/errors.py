"""What is answered below the API's prefix to whatever is wrong, unknown or too much?

Everything is a problem document, and everything is answered by our own blueprint: a host's error handlers neither see
our errors nor are changed by them.
"""

from __future__ import annotations

import logging
from typing import Any

from flask import Response, current_app, request
from werkzeug.exceptions import HTTPException, default_exceptions

from ...errors import MarketplaceHooksError, NotFound, TooManyRequests
from ...events.envelope import NotAnEnvelope
from ..identity.authorization import audience, check_audience, identify
from ..identity.identity import Identity
from ..problems import problem, problem_of
from ..state import current_web_state
from .operations import NAME, blueprint

log = logging.getLogger(__name__)

UNKNOWN = f"{NAME}.unknown"
LONGEST_ID = 256
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_CODES = {413: "too_large", 400: "bad_request", 415: "unsupported_media_type"}


def guard() -> None:
    """Before each call: who may, how often, and is this an id at all?"""
    check_audience()
    identity = identify()
    _check_rate(identity)
    _check_origin(identity)
    for value in (request.view_args or {}).values():
        if len(str(value)) > LONGEST_ID or not str(value).isprintable():
            raise NotFound("there is nothing of this name")


def _check_rate(identity: Identity | None) -> None:
    web_state = current_web_state()
    if identity is None:
        who = ("address", request.remote_addr or "unknown")
    else:
        who = ("token", identity.token_id) if identity.token_id else ("person", f"{identity.role}:{identity.subject}")
    if wait_s := web_state.rate_limits.seconds_to_wait(web_state.runtime.settings.api_rate_per_minute, "api", *who):
        raise TooManyRequests("too many calls", retry_after_s=wait_s)


def _check_origin(identity: Identity | None) -> None:
    """A host's people are known by a cookie, which a browser also sends with a form on somebody else's page.

    Such a form cannot say that it is JSON, and a modern browser says where it is from; a token is sent by nobody
    unasked.
    """
    if identity is None or identity.token_id is not None or request.method in ("GET", "HEAD", "OPTIONS"):
        return
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise _Answered(problem(403, "cross_site", "this call was sent by a page of another site"))
    if request.method == "POST" and request.mimetype != "application/json":
        raise _Answered(problem(415, "unsupported_media_type", "send Content-Type: application/json"))


class _Answered(HTTPException):
    """An answer that is ready."""

    def __init__(self, response: Response) -> None:
        super().__init__(response=response)


@audience()
def unknown(rest: str = "") -> Response:
    """Any path or method under our prefix that is none of ours."""
    allowed = _allowed_methods()
    if not allowed:
        return problem(404, "not_found", "there is nothing here; the calls are listed in openapi.json")
    headers = {"Allow": ", ".join([*allowed, "OPTIONS"])}
    if request.method == "OPTIONS":
        answer = Response(status=204, headers=headers)
        del answer.headers["Content-Type"]
        return answer
    return problem(405, "method_not_allowed", f"{request.method} is not among {', '.join(allowed)}", headers=headers)


def _allowed_methods() -> list[str]:
    """The methods that this path has, by asking the router for each."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        return []
    found = [method for method in _METHODS if adapter.match(method=method)[0] != UNKNOWN]
    return [*found, "HEAD"] if "GET" in found else found


def show_own(error: MarketplaceHooksError) -> Response:
    """One of our own errors."""
    return problem_of(error)


def show_not_json(error: NotAnEnvelope) -> Response:
    """A body that is not strict JSON."""
    return problem(400, error.code, str(error))


def show_http(error: HTTPException) -> Any:
    """An error of werkzeug's, such as a body that is too large or ends too early."""
    if isinstance(error.response, Response):
        return error.response
    status = error.code or 500
    code = _CODES.get(status) or error.name.lower().replace(" ", "_")
    return problem(status, code, error.description or error.name)


def show_fault(error: Exception) -> Response:
    """A fault of ours. A developer gets the traceback; everybody else a 500 without a word of it."""
    if current_app.testing or current_app.debug:
        raise error
    log.exception("%s %s failed", request.method, request.path)
    return problem(500, "internal_error", "this is a fault of ours; it has been logged")


blueprint.before_request(guard)
blueprint.register_error_handler(MarketplaceHooksError, show_own)
blueprint.register_error_handler(NotAnEnvelope, show_not_json)
blueprint.register_error_handler(Exception, show_fault)
# By their codes as well: a host's handler of a code would come before ours of the class.
for _kind in (HTTPException, *default_exceptions.values()):
    blueprint.register_error_handler(_kind, show_http)
