"""A merchant site that answers over real HTTP as PrestaShop 1.6, 1.7, 8 or 9 does, on this machine alone.

    with FakeShop(Shop(version="9.1.4", modules=[Module(name="ps_checkout")])).start() as site:
        requests.get(site.url)

What it answers is decided by `pages.py`, `webservice.py`, `admin_api.py` and `companion.py`,
from `Shop` alone.
"""

from __future__ import annotations

import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from . import admin_api, companion, faults, pages, webservice
from .exchanges import ShopRequest, ShopResponse, redirect
from .model import ApiClient, Fault, Key, Module, Server, Shop, ShopUrl

__all__ = ["ApiClient", "FakeShop", "Fault", "Key", "Module", "Server", "Shop", "ShopUrl", "answer"]


def answer(shop: Shop, request: ShopRequest) -> ShopResponse:
    """Return what the shop answers to a request; faults are not in it."""
    return _answer(shop, request) if shop.gate is None else pages.gate(shop.gate)


def _answer(shop: Shop, request: ShopRequest) -> ShopResponse:
    path = request.path
    if shop.domain is not None and request.host not in (shop.domain, shop.domain.partition(":")[0]):
        return _to_main_domain(shop, path)
    if path == "/" and shop.root_leads_to is not None:
        return redirect(shop.root_leads_to)
    if not path.startswith(shop.physical_uri):
        return pages.not_found(shop, request)
    path = path.removeprefix(shop.physical_uri)
    if path == "api" and not shop.is_since("8"):
        return redirect(f"{shop.physical_uri}api/", 301)
    if shop.has_webservice_files and (path == "api" or path.startswith("api/")):
        return pages.blocked() if shop.firewall else webservice.answer(shop, request, path[4:])
    if path == "webservice/dispatcher.php" and shop.has_webservice_files:
        resource = request.parameter("url") or ""
        return pages.blocked() if shop.firewall else webservice.answer(shop, request, resource)
    if path.startswith("admin-api/"):
        found = admin_api.answer(shop, request, path.removeprefix("admin-api/"))
        if shop.firewall:
            return pages.blocked()
        return pages.not_found(shop, request) if found is None else found
    if companion.is_asked(request, path):
        return companion.answer(shop, request) or pages.not_found(shop, request)
    return pages.answer(shop, request, path)


def _to_main_domain(shop: Shop, path: str) -> ShopResponse:
    """PrestaShop sends whoever asks under another host to its main domain, and loses the path of the API on the way."""
    path = path.removeprefix(shop.physical_uri)
    target = f"index.php?url={path.removeprefix('api/')}" if path.startswith("api/") else path
    return redirect(f"http://{shop.domain}{shop.physical_uri}{target}")


class FakeShop:
    """Serves one `Shop` on a loopback port, from `start()` to `stop()` or the end of its `with` block.

    `requests` are those received so far, in order, with their headers: what a test may hold against the client.
    """

    def __init__(self, shop: Shop, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """`port` 0: any free one."""
        self.shop = shop
        self.requests: list[ShopRequest] = []
        self._stopped = threading.Event()
        server = _QuietServerOfIPv6 if ":" in host else _QuietServer
        self._server = server((host, port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def origin(self) -> str:
        """Scheme, host and port, without a slash behind."""
        return f"http://{self._server.server_address[0]!s}:{self.port}"

    @property
    def url(self) -> str:
        """The shop's home page."""
        return self.origin + self.shop.physical_uri

    def start(self) -> Self:
        """Begin to serve; the port has been taken already, so requests may come at once."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and let go of the port; what still drips ends."""
        self._stopped.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(_Handler):
            def respond(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                request = ShopRequest(
                    method=self.command,
                    target=self.path,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                )
                site.requests.append(request)
                self.write(answer(site.shop, request), request, site.shop, site._stopped)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = respond  # noqa: N815 http.server names them so

        return Handler


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # clients hang up on faulty shops; that is no news
            super().handle_error(request, client_address)


class _QuietServerOfIPv6(_QuietServer):
    address_family = socket.AF_INET6


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def write(self, found: ShopResponse, request: ShopRequest, shop: Shop, stopped: threading.Event) -> None:
        self.close_connection = True
        fault = shop.fault if shop.fault is not None and request.path.startswith(shop.fault_under) else None
        if fault is not None:
            found = faults.spoil(found, fault)
        if fault is Fault.SLOW:
            stopped.wait(shop.pause_s * faults.SLOW_PAUSES)
        self.send_response_only(found.status, found.reason)
        for name, value in found.headers:
            self.send_header(name, value)
        if fault not in (Fault.DRIP, Fault.ENDLESS, Fault.RESET):
            self.send_header("Content-Length", str(len(found.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if request.method == "HEAD":
            return
        if fault is None:
            self.wfile.write(found.body)
        else:
            faults.write_body(self, found.body, shop, fault, stopped)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the requests are kept, and tests print enough."""
