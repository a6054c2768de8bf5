"""A request to stop, which a signal makes: an event whose `set` may be called by a handler of signals.

That of `threading` may not be. A handler runs in the main thread, between any two instructions of it; where these are
in the middle of `wait`, the lock that `set` needs is held by the very thread that asks for it, which then waits for
ever.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from queue import Empty, SimpleQueue

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopRequest(threading.Event):
    """Set once, and for good. `SimpleQueue` is made for being called by handlers of signals."""

    def __init__(self) -> None:
        super().__init__()
        self._is_made = False
        self._wakeups: SimpleQueue[None] = SimpleQueue()

    def listen(self) -> None:
        """Have SIGTERM and SIGINT make the request."""
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: self.set())

    def is_set(self) -> bool:
        return self._is_made

    def set(self) -> None:
        self._is_made = True
        self._wakeups.put(None)

    def clear(self) -> None:
        raise ValueError("a request to stop cannot be withdrawn")

    def wait(self, timeout: float | None = None) -> bool:
        if not self._is_made:
            with contextlib.suppress(Empty):
                self._wakeups.get(timeout=timeout)
                self._wakeups.put(None)  # for the next one who waits.
        return self._is_made
