"""HTTP server on a loopback port in a thread of its own, from `start()` to `stop()`."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class BackgroundServer:
    """Answers every request by `answer`, which a class of its own defines."""

    def __init__(self, *, port: int = 0) -> None:
        """`port` 0: any free one."""
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def start(self) -> Self:
        """Begin to serve; the port has been taken already."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and let go of the port."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def answer(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """The status, the content type and the body for a request; header names are lower case."""
        raise NotImplementedError

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def respond(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status, content_type, body = server.answer(self.command, self.path, headers)
                self.send_response_only(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_HEAD = do_POST = respond  # noqa: N815 http.server names them so

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
