"""Problem details (RFC 9457): how a refusal reaches a machine, with a code that never changes.

The only place that knows which HTTP status an error or a refusal of ours is.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from flask import Response

from .. import errors
from ..events.intake import Refusal, RefusalKind
from .response_headers import secure_response

CONTENT_TYPE = "application/problem+json"

STATUSES: tuple[tuple[type[errors.MarketplaceHooksError], int], ...] = (
    (errors.SignatureRejected, 401),
    (errors.PayloadRejected, 422),
    (errors.Conflict, 409),
    (errors.Withdrawn, 410),
    (errors.NotFound, 404),
    (errors.NotSignedIn, 401),
    (errors.Forbidden, 403),
    (errors.NotConfigured, 503),
    (errors.OutboundRefused, 422),
    (errors.Refused, 400),
    (errors.TooManyRequests, 429),
    (errors.Unavailable, 503),
)
REFUSAL_STATUSES = {
    RefusalKind.MALFORMED: 400,
    RefusalKind.NOT_VERIFIED: 401,
    RefusalKind.TOO_LARGE: 413,
    RefusalKind.UNSUPPORTED: 415,
    RefusalKind.TOO_MANY: 429,
    RefusalKind.UNAVAILABLE: 503,
}
_CHALLENGES = {
    "invalid_token": ', error="invalid_token"',
    errors.FreshSignInNeeded.code: ', error="insufficient_user_authentication"',  # RFC 9470
}
RETRY_AFTER_S = 5
"""When to come back after a 503: nobody knows, and a client that asks every few seconds does no harm."""


def problem(status: int, code: str, detail: str, *, headers: dict[str, str] | None = None, **members: Any) -> Response:
    """A problem document. `code` is for machines and stable; `detail` is for the developer who reads it."""
    body = {
        "type": f"about:blank#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **{name: value for name, value in members.items() if value is not None},
    }
    answer = Response(json.dumps(body, ensure_ascii=False, default=str), status, content_type=CONTENT_TYPE)
    answer.headers["Cache-Control"] = "no-store"
    secure_response(answer)
    answer.headers.extend(headers or {})
    return answer


def problem_of(error: errors.MarketplaceHooksError) -> Response:
    """The problem document of one of our own errors."""
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), 500)
    if isinstance(error, errors.PayloadRejected):
        return problem(status, error.code, error.detail, errors=error.errors)
    if isinstance(error, errors.NotSignedIn):
        known = _CHALLENGES.get(error.code, "")
        challenge = f'Bearer realm="marketplace_hooks"{known}'
        return problem(status, error.code, error.detail, headers={"WWW-Authenticate": challenge})
    if isinstance(error, errors.TooManyRequests):
        wait = {"Retry-After": str(error.retry_after_s)}
        return problem(status, "too_many_requests", str(error), headers=wait)
    if isinstance(error, errors.Refused):
        return problem(status, error.code, error.detail, **error.facts)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status == 503 else None
    return problem(status, "unavailable", str(error), headers=headers)


def problem_of_refusal(refusal: Refusal) -> Response:
    """The problem document of an event that the intake refused."""
    status = REFUSAL_STATUSES[refusal.kind]
    wait_s = RETRY_AFTER_S if status == 503 else refusal.retry_after_s
    headers = None if wait_s is None else {"Retry-After": str(wait_s)}
    return problem(status, refusal.code, refusal.detail, headers=headers, **refusal.facts)
