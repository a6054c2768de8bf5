"""Real endpoints on loopback: one that answers and keeps what came, one that drips its answer without end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DRIP_S = 0.2


class Listener(ThreadingHTTPServer):
    """An endpoint. `heard` holds the `webhook-id` and the instant (monotonic, seconds) of each request, in order."""

    daemon_threads = True

    def __init__(self, *, drips: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.drips = drips
        self.closing = threading.Event()
        self.heard: list[tuple[str, float]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks"


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append((self.headers["webhook-id"], time.monotonic()))
        self.send_response(200)
        if not self.server.drips:
            self.send_header("content-length", "0")
            self.end_headers()
            return
        self.end_headers()
        with suppress(OSError):
            while not self.server.closing.wait(DRIP_S):
                self.wfile.write(b".")
                self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def listening(*, drips: bool = False) -> Iterator[Listener]:
    """An endpoint for the length of a `with`."""
    with Listener(drips=drips) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield listener
        finally:
            listener.closing.set()
            listener.shutdown()
            thread.join()
