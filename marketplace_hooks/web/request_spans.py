"""Request spans: a span for each request of a page or the API, where the stand-alone service makes traces.

Events are posted on the fast path, which has its own span (`events/intake.py`). In a host its own instrumentation makes
these spans.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Flask, request, request_started

from ..telemetry.tracing import is_tracing, span
from .fast_path import StartResponse

_ROUTE = "marketplace_hooks.route"


class RequestSpans:
    """The app's WSGI callable, before Flask's own."""

    def __init__(self, app: Flask) -> None:
        self._app = app.wsgi_app
        request_started.connect(_remember_route, app)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        method = environ["REQUEST_METHOD"]
        statuses: list[int] = []

        def start(status: str, *rest: Any) -> Any:
            statuses[:] = [int(status[:3])]
            return start_response(status, *rest)

        with span(method, kind="server", caller=environ.get("HTTP_TRACEPARENT")) as opened:
            answer = self._app(environ, start)
            if opened is not None:
                # The route, and never the address: ids and words that somebody searched for are in that.
                route = environ.get(_ROUTE, "unknown")
                opened.update_name(f"{method} {route}")
                opened.set_attributes({"http.request.method": method, "http.route": route})
                opened.set_attribute("http.response.status_code", statuses[0] if statuses else 0)
        return answer


def _remember_route(sender: Flask, **_: object) -> None:
    if request.url_rule is not None:
        request.environ[_ROUTE] = request.url_rule.rule


def install_request_spans(app: Flask) -> None:
    """Put the spans before an app that is ours alone, if spans are made at all."""
    if is_tracing():
        app.wsgi_app = RequestSpans(app)  # type: ignore[method-assign] # the hook that Flask documents
