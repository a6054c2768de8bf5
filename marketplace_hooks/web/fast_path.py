"""Fast path: the two calls that come thousands of times a minute, answered as a bare WSGI application.

Only the stand-alone service has it. Every POST to a webhook path is answered here; of `GET …/entitlements` what a
remembered token asks about now, and the rest goes the full path through Flask. What is answered is the same, byte for
byte. Flask's own part of such small answers is most of their cost: without this they do not reach the throughput that
`benchmarks/entitlement.py` and `benchmarks/ingest.py` ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask
from werkzeug.exceptions import ClientDisconnected
from werkzeug.wsgi import get_input_stream

from ..domain.token_scopes import Scope, permits
from ..events.intake import Refusal
from ..services.core.rate_limits import LimitName
from ..telemetry.log_context import bound
from .api.entitlements import PATH as ENTITLEMENTS
from .api.entitlements import answer_now, headers_of
from .api.responses import JSON
from .problems import problem_of_refusal
from .request_ids import current_environ
from .response_headers import SECURITY_HEADERS
from .state import WebState, state
from .webhooks import PATH as WEBHOOKS
from .webhooks import body_of, incoming_request

LONGEST_EVENT_ID = 256
StartResponse = Callable[..., Any]


class FastPath:
    """The app's WSGI callable, before Flask's own."""

    def __init__(self, app: Flask, *, entitlements: str, webhooks: str) -> None:
        self._app = app
        self._entitlements = entitlements
        self._webhooks = webhooks
        self._full_path = app.wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        token = current_environ.set(environ)
        try:
            return self._answer(environ, start_response)
        finally:
            current_environ.reset(token)

    def _answer(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        method = environ["REQUEST_METHOD"]
        if method == "GET" and path == self._entitlements:
            body = _entitlement(state(self._app), environ)
            if body is not None:
                start_response("200 OK", headers_of(body))
                return [body]
        elif method == "POST" and path.startswith(self._webhooks):
            source = path.removeprefix(self._webhooks)
            if source and "/" not in source:  # what Flask's route takes for a source.
                return self._accept(source.encode("latin-1").decode(errors="replace"), environ, start_response)
        return self._full_path(environ, start_response)

    def _accept(self, source: str, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        def read(most: int | None) -> bytes:
            if most is not None:
                return get_input_stream(environ, max_content_length=most).read()
            announced = int(environ["CONTENT_LENGTH"])
            body: bytes = environ["wsgi.input"].read(announced)
            if len(body) < announced:
                raise ClientDisconnected
            return body

        try:
            outcome = state(self._app).intake.accept(incoming_request(environ, source, read))
        except Exception as error:  # a fault of ours, which Flask logs and answers as any other.
            event_id = environ.get("HTTP_WEBHOOK_ID", "")[:LONGEST_EVENT_ID]
            with bound(event_id=event_id or None), self._app.request_context(environ):
                return self._app.handle_exception(error)(environ, start_response)
        if isinstance(outcome, Refusal):
            return problem_of_refusal(outcome)(environ, start_response)
        body = body_of(outcome)
        start_response("202 ACCEPTED", [("Content-Type", JSON), *SECURITY_HEADERS, ("Content-Length", str(len(body)))])
        return [body]


def install_fast_path(app: Flask, *, prefix: str, api: str) -> None:
    """Put the fast path before an app that is ours alone. `prefix` is that of our paths, `api` the API's under it."""
    fast_path = FastPath(app, entitlements=f"{prefix}{api}{ENTITLEMENTS}", webhooks=f"{prefix}{WEBHOOKS}")
    app.wsgi_app = fast_path  # type: ignore[method-assign] # the hook that Flask documents


def _entitlement(web_state: WebState, environ: dict[str, Any]) -> bytes | None:
    """The body of the 200; None for everything else."""
    scheme, _, text = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    identity = web_state.token_cache.find(text) if scheme == "Bearer" else None
    if identity is None:
        return None
    if identity.scopes and not permits(identity.scopes, area=Scope.BUSINESS_CARE, is_read=True):
        return None
    caller = (LimitName.API_CALLS, "token", identity.token_id or "")
    try:
        query = environ.get("QUERY_STRING", "").encode("latin-1").decode()
        # Of a name that is given twice, the first counts, as in Flask's `request.args`.
        given = dict(reversed(parse_qsl(query, keep_blank_values=True, errors="werkzeug.url_quote")))
        if "at" in given or web_state.rate_limits.is_spent(*caller):
            return None
        body = answer_now(web_state.runtime, identity, given)
    except Exception:
        return None  # nothing was written or counted: the full path meets it again, and answers.
    web_state.rate_limits.seconds_to_wait(*caller)
    return body
