"""Webhook endpoint `POST /webhooks/<source>`: the HTTP side of `events/intake.py`, for Flask and for bare WSGI.

Both adapters turn a WSGI environment into an `IncomingRequest` and an outcome into an answer here, so that nobody can
tell by which of them an event was answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import EnvironHeaders
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wsgi import get_content_length

from ..events.intake import INCOMPLETE_BODY, Accepted, IncomingRequest, Refusal, too_large
from .api.responses import JSON
from .problems import problem, problem_of_refusal
from .response_headers import secure_response
from .state import current_web_state

blueprint = Blueprint("mh_webhooks", __name__)
blueprint.after_request(secure_response)

PATH = "/webhooks/"

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


class RequestHeaders:
    """The headers of a WSGI environment. werkzeug's raise an exception for each one that is not there: 25 µs."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ

    def get(self, name: str, /) -> str | None:
        """The value of a header, in any letter case; None where there is none."""
        value: str | None = self._environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        return value

    def items(self) -> Iterable[tuple[str, str]]:
        """Every header with its value."""
        return EnvironHeaders(self._environ).items()


@blueprint.route(f"{PATH}<source>", methods=_METHODS, provide_automatic_options=False)
def receive(source: str) -> Response:
    """Accept one event. Answers 202 `{"event_id", "duplicate"}`, or a problem document."""
    if request.method != "POST":
        return problem(405, "method_not_allowed", "events are posted", headers={"Allow": "POST"})
    outcome = current_web_state().intake.accept(incoming_request(request.environ, source, _read))
    if isinstance(outcome, Refusal):
        return problem_of_refusal(outcome)
    return Response(body_of(outcome), 202, content_type=JSON)


def incoming_request(environ: dict[str, Any], source: str, read: Callable[[int | None], bytes]) -> IncomingRequest:
    """The request of a WSGI environment. `read` gives its body; the argument bounds one of unannounced length."""
    announced = get_content_length(environ)

    def read_body(limit: int) -> bytes | Refusal:
        try:
            # One byte more than may be: a body that did not announce its length shows that it is longer. An empty or
            # unreadable announcement, which PEP 3333 allows, is read as 0: no announcement either.
            return read(None if announced else limit + 1)
        except RequestEntityTooLarge:
            return too_large(limit)
        except (HTTPException, OSError):
            return INCOMPLETE_BODY

    return IncomingRequest(
        source=source,
        client=environ.get("REMOTE_ADDR") or "unknown",
        headers=RequestHeaders(environ),
        content_type=environ.get("CONTENT_TYPE", ""),
        content_encoding=environ.get("HTTP_CONTENT_ENCODING", ""),
        content_length=announced,
        read_body=read_body,
    )


def body_of(accepted: Accepted) -> bytes:
    """The body of the 202."""
    # Written by hand: an encoder of whole objects costs several times as much, on the path of every event.
    duplicate = "true" if accepted.duplicate else "false"
    conflict = ', "conflict": true' if accepted.conflict else ""
    return f'{{"event_id": {json.dumps(accepted.event_id)}, "duplicate": {duplicate}{conflict}}}'.encode()


def _read(most: int | None) -> bytes:
    """The body through Flask: a host may have read it already, and remembers it then."""
    request.max_content_length = most
    return request.get_data(cache=False)
