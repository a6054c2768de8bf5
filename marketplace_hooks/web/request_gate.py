"""Request gate: a request's body is received before the request occupies one of the threads that handle requests.

A web process handles few requests at a time (`WEB_THREADS`), since each may need a database connection. A client that
sends half a body could occupy such a place for as long as it likes; here it occupies a thread that only waits, until
`SlowConnections` ends it. Only the stand-alone service's own web server has the gate; a host's server has its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from queue import SimpleQueue
from typing import Any

from flask import Flask, Response
from werkzeug.wsgi import get_content_length

from ..config.settings import Settings
from .fast_path import StartResponse
from .problems import problem
from .slow_connections import SlowConnections
from .standstill import RequestPlace, end_at_standstill
from .state import state


class RequestGate:
    """The app's WSGI callable, before the fast path."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app = app.wsgi_app
        self._largest_body = settings.max_body_bytes
        self._connections = SlowConnections(body_s=settings.body_s, most_bodies=settings.bodies_at_once)
        self.places = [RequestPlace() for _ in range(settings.web_threads)]
        self._free: SimpleQueue[RequestPlace] = SimpleQueue()
        for place in self.places:
            self._free.put(place)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ:
            refusal = self._take_in_body(environ)
            if refusal is not None:
                return refusal(environ, start_response)
        place = self._free.get()
        place.take()
        try:
            return self._app(environ, start_response)
        finally:
            place.leave()
            self._free.put(place)

    def _take_in_body(self, environ: dict[str, Any]) -> Response | None:
        """Put the whole body into the environment, or say why it cannot be had."""
        announced = get_content_length(environ)
        if announced is not None and announced > self._largest_body:
            return None  # whoever answers refuses it, and nothing of it is read.
        # One byte more than may be shows that a body of unannounced length is too long.
        size = self._largest_body + 1 if announced is None else announced
        arriving = self._connections.begin(environ, size)
        try:
            body: bytes = environ["wsgi.input"].read(size)
        finally:
            self._connections.end(arriving)
        if arriving.is_cut:
            headers = {"Connection": "close"}
            return problem(408, "request_timeout", "the body did not arrive in time", headers=headers)
        if announced is not None and len(body) < announced:
            return problem(400, "incomplete_body", "the body ended before its end")
        environ["wsgi.input"] = BytesIO(body)
        return None


def install_request_gate(app: Flask) -> None:
    """Put the gate before everything else of an app that is ours alone, in the process that serves it."""
    settings = state(app).runtime.settings
    gate = RequestGate(app, settings)
    app.wsgi_app = gate  # type: ignore[method-assign] # the hook that Flask documents
    end_at_standstill(gate.places, settings)
