"""nginx as `deploy/nginx/` configures it, in front of a running service: TLS, addresses, slow and broken clients.

The configuration is the shipped one. Its ports, certificate and folders are put in place of the printed ones.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import select

from marketplace_hooks.models.inbox import InboxEvent

from ..support import databases
from ..support.binaries import find_service
from ..support.fault_events import seller, signed
from ..support.nginx import running, write_configuration
from ..support.ports import free_port, takes_connections
from ..support.processes import STARTED_WITHIN_S, Deployment, wait_until
from ..support.source_tree import ROOT

KIT = ROOT / "deploy" / "nginx"
HOST = "hooks.example.com"
MOST_OF_ONE_ADDRESS = 100
PATHS_OF_PROGRAMS = ("/api/v1/products", "/api", "/webhooks/marketplace", "/healthz", "/readyz", "/metrics")
REQUEST_WITHIN_S = 60
"""A restart of a busy machine takes its time, and requests wait for it."""
STALLED = 60
"""Half-sent requests at once: many times the threads of the service."""


class Proxy:
    """A running nginx in front of a deployment."""

    def __init__(self, folder: Path, deployment: Deployment) -> None:
        self.deployment = deployment
        self.port = free_port(2)
        self.plain_port = self.port + 1
        self.folder = folder
        certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
        files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
        subprocess.run([*certificate, *files], check=True, capture_output=True)
        replaced = {
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl": f"listen 127.0.0.1:{self.port} ssl",
            "listen [::]:80;": "",
            "listen [::]:443 ssl http2;": "",
            f"/etc/letsencrypt/live/{HOST}": str(folder),
            "/etc/nginx/": f"{folder}/",
            "127.0.0.1:8000": f"127.0.0.1:{deployment.port}",
        }
        for path in KIT.iterdir():
            text = path.read_text(encoding="utf-8")
            for printed, ours in replaced.items():
                text = text.replace(printed, ours)
            (folder / path.name).write_text(text, encoding="utf-8")
        write_configuration(folder, f"include {folder}/marketplace-hooks.conf;")
        self.command = [str(find_service("nginx")), "-p", str(folder), "-c", str(folder / "nginx.conf")]

    def check(self) -> subprocess.CompletedProcess[str]:
        """What `nginx -t` says."""
        return subprocess.run([*self.command, "-t"], capture_output=True, text=True, check=False)

    def connect(self, address: str = "127.0.0.1") -> ssl.SSLSocket:
        """A TLS connection of a client with this address that has not sent anything."""
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        context.check_hostname = False
        opened = socket.create_connection(("127.0.0.1", self.port), 10, source_address=(address, 0))
        return context.wrap_socket(opened, server_hostname=HOST)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, http.client.HTTPMessage]:
        """Status, body and headers of an answer over TLS."""
        with closing(http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.sock = self.connect()
            connection.sock.settimeout(REQUEST_WITHIN_S)
            connection.request(method, path, body, {"Host": HOST, **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers

    def post(self, event: tuple[dict[str, str], bytes]) -> tuple[int, bytes, http.client.HTTPMessage]:
        """Post a signed event."""
        headers, body = event
        return self.request("POST", "/webhooks/marketplace", body, {"Content-Type": "application/json", **headers})


def half_sent(length: int, sent: str = "") -> bytes:
    """The beginning of a request that announces so many bytes."""
    head = ("POST /webhooks/marketplace HTTP/1.1", f"Host: {HOST}", "Content-Type: application/json")
    return "\r\n".join([*head, f"Content-Length: {length}", "", sent]).encode()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx in front of one web process on SQLite that believes one proxy."""
    folder = tmp_path_factory.mktemp("nginx")
    url = databases.sqlite_url(folder / "hooks.db")
    databases.apply_migrations(url)
    deployment = Deployment(
        folder, url, None, PUBLIC_URL=f"https://{HOST}", TRUSTED_PROXIES="1", FAILURE_RATE_PER_MINUTE=5
    )
    deployment.start_web()
    made = Proxy(folder, deployment)
    with running(made.command), closing(deployment):
        wait_until(lambda: takes_connections(made.port), STARTED_WITHIN_S, "nginx did not start")
        yield made


def test_nginx_accepts_the_configuration(proxy: Proxy) -> None:
    checked = proxy.check()
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr


def plain(proxy: Proxy, method: str, path: str) -> tuple[int, str | None]:
    """Status and target of an answer over http."""
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.plain_port, timeout=30)) as connection:
        connection.request(method, path, headers={"Host": HOST})
        answer = connection.getresponse()
        return answer.status, answer.headers["Location"]


@pytest.mark.parametrize("path", ["/", "/seller?page=2", "/apiary", "/products/api/", "/api/v1/docs"])
def test_pages_by_plain_http_are_sent_to_https(proxy: Proxy, path: str) -> None:
    assert plain(proxy, "GET", path) == (301, f"https://{HOST}{path}")


@pytest.mark.parametrize(
    "path", ["/api/v1/products", "/api", "/webhooks/marketplace", "/healthz", "/readyz", "/metrics"]
)
def test_programs_that_call_by_plain_http_are_refused(proxy: Proxy, path: str) -> None:
    assert [plain(proxy, method, path) for method in ("GET", "POST")] == [(403, None)] * 2


def test_a_signed_event_is_stored_byte_by_byte(proxy: Proxy) -> None:
    event = signed(seller(), "evt-proxied")
    status, answer, _ = proxy.post(event)
    assert (status, json.loads(answer)) == (202, {"event_id": "evt-proxied", "duplicate": False})
    query = select(InboxEvent.body).where(InboxEvent.event_id == "evt-proxied")
    assert bytes(proxy.deployment.read(lambda session: session.scalar(query))) == event[1]


def test_pages_know_that_they_are_served_by_https(proxy: Proxy) -> None:
    status, body, headers = proxy.request("GET", "/")
    assert status == 200
    assert headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]
    assert all("Secure" in cookie for cookie in headers.get_all("Set-Cookie") or [])
    assert b"http://127.0.0.1" not in body


def test_what_a_client_writes_into_the_forwarding_headers_is_not_believed(proxy: Proxy) -> None:
    """Refused tokens are counted by client address: whoever invents addresses is counted all the same."""
    statuses = []
    for number in range(8):
        invented = {"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=192.0.2.{number}"}
        headers = {"Authorization": "Bearer wrong", **invented}
        statuses.append(proxy.request("GET", "/api/v1/events", headers=headers)[0])
    assert statuses[0] == 401
    assert statuses[-1] == 429


def test_half_sent_requests_cost_the_service_nothing(proxy: Proxy) -> None:
    with ExitStack() as stalled:
        for _ in range(STALLED):
            stalled.enter_context(proxy.connect()).sendall(half_sent(5_000, "{"))
        assert proxy.request("GET", "/healthz")[0] == 200
        assert proxy.post(signed(seller("s2"), "evt-beside-stalled"))[0] == 202


def test_one_address_holds_so_many_slow_requests_and_delays_nobody_else(proxy: Proxy) -> None:
    slow_address = "127.0.0.2"
    with ExitStack() as slow:
        drips = [slow.enter_context(proxy.connect(slow_address)) for _ in range(MOST_OF_ONE_ADDRESS)]
        for drip in drips:
            drip.sendall(half_sent(5_000, "{"))
        wait_until(lambda: _is_refused(proxy, slow_address), 10, "one address may open as many as it likes")
        for drip in drips:
            drip.sendall(b" ")
        assert proxy.post(signed(seller("s3"), "evt-beside-drips"))[0] == 202
    wait_until(lambda: not _is_refused(proxy, slow_address), 10, "the address is refused for ever")


def _is_refused(proxy: Proxy, address: str) -> bool:
    with proxy.connect(address) as client:
        client.sendall(half_sent(5_000)[:-2].replace(b"5000", b"0") + b"\r\n")
        return client.recv(100).startswith(b"HTTP/1.1 429")


def test_a_body_over_the_limit_is_refused_before_it_is_sent(proxy: Proxy) -> None:
    with proxy.connect() as client:
        client.sendall(half_sent(2 * 1024 * 1024))
        assert client.recv(100).startswith(b"HTTP/1.1 413")
