"""OpenID Connect provider in its own process on loopback, and the browser of a person who signs in at it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import requests

from .ports import free_port, takes_connections
from .processes import wait_until

STARTED_WITHIN_S = 30.0


@dataclass
class Provider:
    """A running provider, used as a person's browser would."""

    url: str
    process: subprocess.Popen[bytes]

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """It takes connections, and says nothing."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def signs_in(self, address: str, subject: str, **changed: str) -> str:
        """Submit the provider's form; return its redirect. `changed` replaces parameters of the request."""
        parts = urlsplit(address)
        parameters = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
        url = urlunsplit(parts._replace(query=urlencode(parameters)))
        answer = requests.post(url, {"sub": subject}, allow_redirects=False, timeout=30)
        return str(answer.headers["Location"])

    def declines(self, address: str) -> str:
        """Decline in the provider's form; return its redirect."""
        answer = requests.post(address, {"action": "deny"}, allow_redirects=False, timeout=30)
        return str(answer.headers["Location"])

    def open(self, address: str) -> str:
        """The text of a page of the provider."""
        answer = requests.get(address, timeout=30)
        assert answer.status_code == 200
        return answer.text


@contextlib.contextmanager
def running_provider(claims_by_subject: dict[str, dict[str, Any]], *options: str) -> Iterator[Provider]:
    """A provider that knows these people (subject → claims), for the length of a `with`."""
    port = free_port()
    users = [
        word
        for sub, claims in claims_by_subject.items()
        for word in ("--user-claims", json.dumps({"sub": sub, **claims}))
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *users, *options],
        env={**os.environ, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: takes_connections(port), STARTED_WITHIN_S, "the provider did not start")
        yield Provider(f"http://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait()
