"""Receivers written with the public libraries, in Python and in JavaScript: each verifies what it is sent, and says so.

They are what `webhooks.md` promises to receivers: real HTTP servers on loopback, which answer 204 to what their library
believes, and 401 to everything else. Whoever opens one gives it its secret.
"""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import requests
import standardwebhooks.webhooks
import svix.webhooks

from .binaries import JAVASCRIPT_SOURCE, NO_JAVASCRIPT, NO_NODE, ProvisionError, find_javascript, find_node
from .webhook_receiver import Answer, Delivered, Receiver

PYTHON_LIBRARIES = {
    "standardwebhooks": standardwebhooks.webhooks.Webhook,
    "svix": svix.webhooks.Webhook,
}
LIBRARIES = [(language, library) for language in ("python", "javascript") for library in PYTHON_LIBRARIES]


@dataclass(frozen=True, kw_only=True)
class Verified:
    """One delivery as a receiver got it, and whether its library believed it."""

    headers: dict[str, str]
    body: bytes
    is_believed: bool

    @property
    def event(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


class LibraryReceiver(Protocol):
    """A running receiver."""

    @property
    def url(self) -> str:
        """Where it takes deliveries."""

    def use_secret(self, secret: str) -> None:
        """Verify with this secret from now on."""

    def deliveries(self) -> list[Verified]:
        """Everything that was sent to it, in order."""


class _PythonReceiver:
    def __init__(self, library: str) -> None:
        self.server = Receiver(answer=self._answer)
        self._library: Callable[[str], Any] = PYTHON_LIBRARIES[library]
        self._webhook: Any = None
        self._deliveries: list[Verified] = []

    @property
    def url(self) -> str:
        return self.server.url

    def use_secret(self, secret: str) -> None:
        self._webhook = self._library(secret)

    def deliveries(self) -> list[Verified]:
        return list(self._deliveries)

    def _answer(self, request: Delivered) -> Answer:
        try:
            self._webhook.verify(request.body, request.headers)
            is_believed = True
        except standardwebhooks.webhooks.WebhookVerificationError:
            is_believed = False
        self._deliveries.append(Verified(headers=request.headers, body=request.body, is_believed=is_believed))
        return Answer(204 if is_believed else 401)


@dataclass(frozen=True)
class _JavaScriptReceiver:
    url: str

    def use_secret(self, secret: str) -> None:
        requests.put(self.url, data=secret, timeout=30).raise_for_status()

    def deliveries(self) -> list[Verified]:
        answer = requests.get(self.url, timeout=30)
        answer.raise_for_status()
        return [
            Verified(headers=one["headers"], body=base64.b64decode(one["body"]), is_believed=one["verified"])
            for one in answer.json()
        ]


@contextlib.contextmanager
def open_receiver(language: str, library: str) -> Iterator[LibraryReceiver]:
    """A receiver until the end of the `with`. Raises `ProvisionError` without what it is written with."""
    if language == "python":
        receiver = _PythonReceiver(library)
        with receiver.server:
            yield receiver
        return
    node = find_node()
    folder = find_javascript()
    if node is None or folder is None:
        raise ProvisionError(NO_NODE if node is None else NO_JAVASCRIPT)
    with _node(node, library, folder) as port:
        yield _JavaScriptReceiver(f"http://127.0.0.1:{port}/hooks")


@contextlib.contextmanager
def _node(node: str, library: str, folder: Path) -> Iterator[int]:
    """Run the receiver of `tests/receivers`; its port."""
    command = [node, str(JAVASCRIPT_SOURCE / "receiver.mjs"), library, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline()
            assert port, "Node.js ended at once"
            yield int(port)
        finally:
            process.terminate()
