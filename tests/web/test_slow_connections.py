"""Connections that keep the real web server waiting: hundreds of them cost the others nothing, and they are ended."""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import json
import os
import select
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url

from marketplace_hooks.config.settings import PREFIX
from marketplace_hooks.remote.signatures import signed_headers
from marketplace_hooks.web.slow_connections import INTERVAL_S, connections_at

from ..support import databases
from ..support.marketplace import SECRET, sample
from ..support.ports import free_port, takes_connections
from ..support.processes import wait_until

PATIENCE_S = 60.0
BODY_S = 4.0
FEW_FILES = 400
HEAD = b"POST /webhooks/marketplace HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
HALF_SENT = [
    HEAD + b"Content-Length: 600\r\n\r\n",
    HEAD + b'Content-Length: 600\r\n\r\n{"type":',
    HEAD + b"Content-Length: 600\r\nExpect: 100-continue\r\n\r\n",
    HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    HEAD.replace(b"/webhooks/marketplace", b"/sign-in") + b"Content-Length: 600\r\n\r\nname=",
]

OPENS_AND_CLOSES = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM mh_inbox").fetchall()
connection.close()
"""
LOCKS = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"


class Server:
    """The web server that `marketplace-hooks web` becomes, with one process that works on two requests at a time."""

    def __init__(
        self, folder: Path, database_url: str, *, body_s: float = BODY_S, most_files: int | None = None
    ) -> None:
        self.port = free_port()
        named = {"DATABASE_URL": database_url, "INSTANCE": str(folder), "WEBHOOK_SECRETS": SECRET}
        named |= {"WEB_PROCESSES": "1", "WEB_THREADS": "2", "BODY_S": str(body_s)}
        environment = {f"{PREFIX}{name}": value for name, value in named.items()}
        command = [sys.executable, "-m", "marketplace_hooks", "web", "--port", str(self.port)]
        if most_files is not None:
            command = ["sh", "-c", f'ulimit -n {most_files}; exec "$@"', "sh", *command]
        self.process = subprocess.Popen(command, env={**os.environ, **environment})
        wait_until(lambda: takes_connections(self.port), PATIENCE_S, "the server did not start", str)

    def open(self, sent: bytes) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        connection.sendall(sent)
        return connection

    def status_of_health(self) -> int:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request("GET", "/healthz")
            return connection.getresponse().status

    def status_of_event(self, event_id: str) -> int:
        body = json.dumps(sample("seller.upserted")).encode()
        headers = {"Content-Type": "application/json"}
        headers |= signed_headers(event_id, datetime.now(UTC), body, [SECRET])
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request("POST", "/webhooks/marketplace", body, headers)
            return connection.getresponse().status


@pytest.fixture(scope="module")
def server(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("slow")
    server = Server(folder, databases.copy_sqlite(_sqlite_template, folder / "marketplace.db"))
    try:
        yield server
    finally:
        server.process.terminate()
        server.process.wait(PATIENCE_S)


def answer_of(connection: socket.socket) -> bytes:
    """All that is answered until the server closes; a 100 before it is left out."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            received += part
    return received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")


def is_answered(connection: socket.socket) -> bool:
    """Whether more than a 100 has come."""
    ready, _, _ = select.select([connection], [], [], 0)
    return bool(ready) and connection.recv(8_192, socket.MSG_PEEK) != b"HTTP/1.1 100 Continue\r\n\r\n"


def test_half_sent_bodies_cost_the_others_nothing_and_are_ended(server: Server) -> None:
    with contextlib.ExitStack() as opened:
        half_sent = [opened.enter_context(server.open(HALF_SENT[number % len(HALF_SENT)])) for number in range(200)]
        for _ in range(200):
            opened.enter_context(server.open(b""))  # says nothing.
        for _ in range(20):
            opened.enter_context(server.open(b"GET /healthz HTTP/1.1\r\nHost:"))
        assert [server.status_of_event(f"evt_{number}") for number in range(3)] == [202] * 3
        assert server.status_of_health() == 200
        assert not any(map(is_answered, half_sent[-8:])), "the crowd was ended before anybody else was served"
        for connection in half_sent:
            answer = answer_of(connection)
            assert answer.startswith(b"HTTP/1.1 408 "), answer
            assert b'"code": "request_timeout"' in answer
    assert server.status_of_event("evt_9") == 202


def test_a_body_that_drips_has_no_more_time_than_one_that_does_not_come(server: Server) -> None:
    with server.open(HEAD + b"Content-Length: 100000\r\n\r\n") as dripping, contextlib.suppress(OSError):
        give_up_s = time.monotonic() + PATIENCE_S
        while not is_answered(dripping) and time.monotonic() < give_up_s:
            dripping.sendall(b" ")
            time.sleep(0.2)
        assert answer_of(dripping).startswith(b"HTTP/1.1 408 ")


def test_an_answer_to_a_large_body_says_what_is_wrong_before_it_is_sent(server: Server) -> None:
    with server.open(HEAD + b"Content-Length: 9000000\r\n\r\n") as refused:
        answer = refused.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 413 ")


# SQLite keeps others off its files by locks that a process loses when it closes any descriptor of such a file. The last
# process that closes the database, as it seems to it, removes the log in which the others still write.
def test_the_watch_over_connections_leaves_the_locks_of_the_database_alone(sqlite_url: str, tmp_path: Path) -> None:
    server = Server(tmp_path, sqlite_url)
    path = str(make_url(sqlite_url).database)
    try:
        assert server.status_of_event("evt_before") == 202
        time.sleep(4 * INTERVAL_S)
        for event_id in ("evt_between", "evt_after"):
            subprocess.run([sys.executable, "-c", OPENS_AND_CLOSES, path], check=True)
            assert server.status_of_event(event_id) == 202
        with contextlib.closing(sqlite3.connect(path)) as connection:
            stored = connection.execute("SELECT event_id FROM mh_inbox ORDER BY id").fetchall()
            assert [event_id for (event_id,) in stored] == ["evt_before", "evt_between", "evt_after"]
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        server.process.terminate()
        server.process.wait(PATIENCE_S)


def test_looking_at_connections_releases_no_lock_on_a_file(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, (tmp_path / "locked").open("w") as locked:
        port = listener.getsockname()[1]
        fcntl.lockf(locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with socket.create_connection(("127.0.0.1", port)), listener.accept()[0]:
            states = list(connections_at(port))
            for state in states:
                state.connection.close()
        assert states
        other = subprocess.run([sys.executable, "-c", LOCKS, locked.name], check=False, stderr=subprocess.DEVNULL)
        assert other.returncode != 0, "another process got the lock"


def test_a_stop_does_not_wait_for_half_a_body(server: Server) -> None:
    with server.open(HALF_SENT[0]):
        assert server.status_of_health() == 200
        server.process.terminate()
        server.process.wait(PATIENCE_S)


def test_half_sent_bodies_are_ended_also_where_the_system_allows_few_open_files(
    sqlite_url: str, tmp_path: Path
) -> None:
    """Whoever ends them opens files itself."""
    server = Server(tmp_path, sqlite_url, body_s=1.0, most_files=FEW_FILES)
    try:
        with contextlib.ExitStack() as opened:
            for _ in range(FEW_FILES):
                opened.enter_context(server.open(HALF_SENT[0]))
            assert server.status_of_health() == 200
    finally:
        server.process.terminate()
        server.process.wait(PATIENCE_S)
