"""Servers of a host, tried with the tiny application, by the suite and by `python -m tests.hosts`.

gevent and uWSGI are not among the packages of the lock: where they are not installed, the suite skips them.
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from marketplace_hooks.remote.signatures import signed_headers
from tests.support.marketplace import SECRET, sample
from tests.support.ports import free_port
from tests.support.source_tree import ROOT

TINY = "tests.hosts.tiny:app"
STARTS_S = 60.0
_GUNICORN = ["-m", "gunicorn", "--bind", "127.0.0.1:{port}", "--workers", "1", "--no-control-socket"]
COMMANDS = {
    "gunicorn sync": [*_GUNICORN, "{app}"],
    "gunicorn gthread": [*_GUNICORN, "--worker-class", "gthread", "--threads", "4", "{app}"],
    "waitress": ["-m", "waitress", "--listen", "127.0.0.1:{port}", "{app}"],
    "gevent": [*_GUNICORN, "--worker-class", "gevent", "{app}"],
    "uwsgi": ["--http-socket", "127.0.0.1:{port}", "--module", "{app}", "--enable-threads", "--master"],
}
"""The arguments with which each server serves the application, of the interpreter or of uWSGI."""


UWSGI = Path(sys.executable).with_name("uwsgi")


def is_installed(name: str) -> bool:
    """Whether this environment has the server."""
    if name == "uwsgi":
        return UWSGI.is_file()
    return importlib.util.find_spec(name.partition(" ")[0]) is not None


@contextlib.contextmanager
def served(name: str, database_url: str, instance: Path, *, app: str = TINY) -> Iterator[int]:
    """The application, served by this server on the port that is returned."""
    port = free_port()
    words = [word.replace("{port}", str(port)).replace("{app}", app) for word in COMMANDS[name]]
    program = UWSGI if name == "uwsgi" else Path(sys.executable)
    command = [str(program), *words]
    environment = {**os.environ, "TINY_DATABASE": database_url, "TINY_INSTANCE": str(instance)}
    log = instance / "server.log"
    instance.mkdir(exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        give_up_s = time.monotonic() + STARTS_S
        while not _answers(port):
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < give_up_s, log.read_text(errors="replace")
            time.sleep(0.05)
        yield port
    finally:
        process.send_signal(2 if name == "uwsgi" else 15)
        process.wait(timeout=STARTS_S)


def try_server(name: str, port: int) -> None:
    """Post a signed event of announced and of unannounced length, repeat it, and read a page and the API.

    uWSGI gives an application no body of unannounced length: there, such an event is refused.
    """
    body = json.dumps(sample("seller.upserted")).encode()
    signed = {"Content-Type": "application/json", **signed_headers("evt_1", datetime.now(UTC), body, [SECRET])}
    assert ask(port, "POST", "/addons/webhooks/marketplace", body, signed) == (202, False)
    assert ask(port, "POST", "/addons/webhooks/marketplace", body, signed) == (202, True)
    chunked = (body[:10], body[10:])
    expected = (401, None) if name == "uwsgi" else (202, True)
    assert ask(port, "POST", "/addons/webhooks/marketplace", chunked, signed) == expected
    assert ask(port, "POST", "/addons/webhooks/marketplace", body + b" ", signed)[0] == 401
    assert ask(port, "GET", "/addons/")[0] == 200
    assert ask(port, "GET", "/addons/api/v1/products")[0] == 200


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes | tuple[bytes, ...] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, bool | None]:
    """The status of the answer, and whether it calls the event a duplicate."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTS_S)
    try:
        given = body if body is None or isinstance(body, bytes) else iter(body)
        connection.request(method, path, given, headers or {}, encode_chunked=isinstance(body, tuple))
        answer = connection.getresponse()
        content = answer.read()
        is_json = answer.headers.get_content_type() == "application/json"
        found = json.loads(content) if is_json else {}
        return answer.status, found.get("duplicate")
    finally:
        connection.close()


def _answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/addons/healthz")[0] == 200
    except OSError:
        return False
