"""How is what is asked and told most often answered without the whole way through Flask?

Only the stand-alone service takes it, and only for `GET …/entitlements` under a token that is remembered, and for an
event that is kept: whatever is out of the ordinary, a refusal of any kind included, goes the whole way. What is
answered is the same, byte for byte. Flask's own part of such small answers is most of their cost: without this way they
do not reach the throughput that `benchmarks/entitlement.py` and `benchmarks/ingest.py` ask for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from flask import Flask

from .api.entitlements import PATH, answer_now, headers_of
from .api.responses import JSON
from .state import WebState, state
from .webhooks import PATH as EVENTS
from .webhooks import accept_fast

StartResponse = Callable[..., Any]


class FastPath:
    """The app's WSGI callable, with two paths cut short: that of the question, and those of events."""

    def __init__(self, app: Flask, question: str, events: str) -> None:
        self._app = app
        self._question = question
        self._events = events
        self._full_path = app.wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        method = environ["REQUEST_METHOD"]
        if method == "GET" and path == self._question:
            body = _answer(state(self._app), environ)
            if body is not None:
                start_response("200 OK", headers_of(body))
                return [body]
        elif method == "POST" and path.startswith(self._events):
            body = accept_fast(state(self._app), path.removeprefix(self._events), environ)
            if body is not None:
                start_response("202 ACCEPTED", [("Content-Type", JSON), ("Content-Length", str(len(body)))])
                return [body]
        return self._full_path(environ, start_response)


def install_fast_path(app: Flask, *, prefix: str, api: str) -> None:
    """Cut the ways short in an app that is ours alone. `prefix` is that of our paths, `api` the API's under it."""
    short = FastPath(app, f"{prefix}{api}{PATH}", f"{prefix}{EVENTS}")
    app.wsgi_app = short  # type: ignore[method-assign] # the hook that Flask documents


def _answer(web_state: WebState, environ: dict[str, Any]) -> bytes | None:
    """The body of the 200; None for everything else."""
    scheme, _, text = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    identity = web_state.token_cache.find(text) if scheme == "Bearer" else None
    if identity is None:
        return None
    settings = web_state.runtime.settings
    limit = settings.api_rate_per_minute
    client = environ.get("REMOTE_ADDR") or "unknown"
    if web_state.rate_limits.is_spent(settings.failure_rate_per_minute, "failures", client):
        return None
    try:
        query = environ.get("QUERY_STRING", "").encode("latin-1").decode()
        # Of a name that is given twice, the first counts, as in Flask's `request.args`.
        given = dict(reversed(parse_qsl(query, keep_blank_values=True, errors="werkzeug.url_quote")))
        if "at" in given or web_state.rate_limits.is_spent(limit, "api", "token", identity.token_id or ""):
            return None
        body = answer_now(web_state.runtime, identity, given)
    except Exception:
        return None  # whatever it was, the whole way meets it again, and says so.
    web_state.rate_limits.seconds_to_wait(limit, "api", "token", identity.token_id or "")
    return body
