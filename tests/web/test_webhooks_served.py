"""Webhook endpoint behind the server that `up` starts, and not only in a test client."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.remote.signatures import signed_headers

from ..support.marketplace import SECRET, sample
from ..support.ports import free_port, takes_connections

MIB = 1_048_576
BODY = json.dumps(sample("seller.upserted")).encode()
PATH = "/webhooks/marketplace"
PATIENCE_S = 60.0


@pytest.fixture
def port(sqlite_url: str, tmp_path: Path) -> Iterator[int]:
    """The service on granian, with one process, on loopback."""
    port = free_port()
    settings = {"DATABASE_URL": sqlite_url, "INSTANCE": str(tmp_path), "WEBHOOK_SECRETS": SECRET}
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--no-ws", "--http", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--blocking-threads", "2"]
    environment = {**os.environ, **{f"{PREFIX}{name}": value for name, value in settings.items()}}
    root = Path(__file__).resolve().parent.parent.parent
    server = subprocess.Popen([*command, "marketplace_hooks.standalone:create_app"], env=environment, cwd=root)
    try:
        wait_until_served(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(PATIENCE_S)


def wait_until_served(port: int, server: subprocess.Popen[bytes]) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while server.poll() is None and time.monotonic() < give_up_s:
        if takes_connections(port):
            return
        time.sleep(0.05)
    raise AssertionError("the server did not start")


def chunks(body: bytes) -> Iterator[bytes]:
    """The body in pieces, so that its length cannot be announced."""
    for start in range(0, len(body), 65_536):
        yield body[start : start + 65_536]


def post(port: int, body: bytes, event_id: str, *, chunked: bool) -> tuple[int, str | None, dict[str, object]]:
    """Post a signed body: the answer's status, media type and content."""
    signed = signed_headers(event_id, datetime.now(UTC), body, [SECRET])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    with contextlib.closing(connection):
        headers = {"Content-Type": "application/json", **signed}
        # What is too large is answered, and the connection closed, before all of it has been sent.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", PATH, chunks(body) if chunked else body, headers, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type"), json.loads(answer.read())


def large(size: int) -> bytes:
    frame = b'{"type":"a.b","timestamp":"2026-03-02T09:30:00Z","data":{"a":"%s"}}'
    return frame % (b"x" * (size - len(frame) + 2))


def test_events_are_taken_whether_or_not_they_announce_their_length(port: int) -> None:
    assert post(port, BODY, "evt_1", chunked=False) == (
        202,
        "application/json",
        {"event_id": "evt_1", "duplicate": False},
    )
    status, _, answer = post(port, BODY, "evt_1", chunked=True)
    assert (status, answer) == (202, {"event_id": "evt_1", "duplicate": True})
    for number, chunked in enumerate((False, True)):
        body = large(MIB)
        assert len(body) == MIB
        assert post(port, body, f"evt_large_{number}", chunked=chunked)[0] == 202
        status, media_type, answer = post(port, large(MIB + 1), f"evt_larger_{number}", chunked=chunked)
        assert (status, media_type, answer["code"]) == (413, "application/problem+json", "too_large")


def test_a_body_that_does_not_end_is_cut_off_with_413(port: int) -> None:
    def send_on(talker: socket.socket) -> None:
        with contextlib.suppress(OSError):  # the server closes when it has had enough.
            for _ in range(1_000):
                talker.sendall(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as talker:
        head = f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        talker.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        sender = threading.Thread(target=send_on, args=(talker,))
        sender.start()
        answered = talker.recv(65_536)
        with contextlib.suppress(OSError):
            talker.shutdown(socket.SHUT_RDWR)
        sender.join(PATIENCE_S)
    assert answered.startswith(b"HTTP/1.1 413")
