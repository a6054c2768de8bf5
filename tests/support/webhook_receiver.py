"""Webhook receiver: a real HTTP server on loopback that records every request and answers as the test decides."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DRIP_S = 0.2


@dataclass(frozen=True)
class Answer:
    """The endpoint's answer. With `drips`, its body is a byte every 0.2 s for as long as the receiver listens."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drips: bool = False


@dataclass(frozen=True)
class Delivered:
    """One received request; `arrived_s` is monotonic."""

    path: str
    headers: dict[str, str]
    body: bytes
    arrived_s: float

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """An endpoint for the length of a `with`. `answer` decides the answer to each request, and may block."""

    answer: Callable[[Delivered], Answer] = lambda request: Answer()
    requests: list[Delivered] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> Receiver:
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks"

    @property
    def ids(self) -> list[str]:
        return [request.id for request in self.requests]

    def take(self, request: Delivered) -> Answer:
        with self._lock:
            self.requests.append(request)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return self.answer(request)
        finally:
            with self._lock:
                self.at_once -= 1

    def wait_for_close(self, within_s: float) -> bool:
        """Wait for the end of the `with`; false when it has not come within this time."""
        return self._closing.wait(within_s)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.do_POST()  # a client that follows a redirect may switch to GET.

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            if len(body) < length:  # its sender was killed in the middle of it: that is no delivery.
                self.close_connection = True
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Delivered(path=self.path, headers=headers, body=body, arrived_s=time.monotonic())
            answer = receiver.take(request)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if not answer.drips:
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
                return
            self.close_connection = True
            self.end_headers()
            with contextlib.suppress(OSError):
                while not receiver.wait_for_close(DRIP_S):
                    self.wfile.write(b".")
                    self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            """No log: the test reads `requests`."""

    return Handler
