"""Receiver of the demo's outgoing events: it accepts most of them at once, and fails the first delivery of some.

So the pages of deliveries show an endpoint that receives, fails and recovers.
"""

from __future__ import annotations

import threading

from .background_server import BackgroundServer

FAILS_EVERY = 4
"""Of so many new events the first delivery of one is answered 503."""


class Receiver(BackgroundServer):
    """Answers 204, or 503 to the first delivery of every fourth event."""

    def __init__(self, *, port: int = 0) -> None:
        """`port` 0: any free one."""
        super().__init__(port=port)
        self._lock = threading.Lock()
        self._ids: set[str] = set()

    def answer(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """Take the event, or fail."""
        event_id = headers.get("webhook-id", "")
        with self._lock:
            is_new = event_id not in self._ids
            self._ids.add(event_id)
            fails = is_new and len(self._ids) % FAILS_EVERY == 0
        if fails:
            return 503, "text/plain; charset=utf-8", b"Our database is being restarted.\n"
        return 204, "text/plain; charset=utf-8", b""
