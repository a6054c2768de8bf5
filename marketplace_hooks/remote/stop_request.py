"""Request to stop: an event that a signal handler may set.

A `threading.Event` may not be set there. A handler runs in the main thread, between any two of its instructions. In the
middle of `wait`, that thread already holds the lock that `set` needs, and would wait for itself forever. A
`SimpleQueue` could be used, but its `get` waits forever if its timeout is over before it starts to wait.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
LOOK_EVERY_S = 1.0
"""A signal that comes just before a wait begins does not end it: no wait is longer."""


class StopRequest(threading.Event):
    """Set once, and for good. Who waits does so for a lock that is free from then on."""

    def __init__(self) -> None:
        super().__init__()
        self._is_made = False
        self._until_made = threading.Lock()
        self._until_made.acquire()

    def listen(self) -> None:
        """Have SIGTERM and SIGINT make the request."""
        for number in STOP_SIGNALS:
            signal.signal(number, lambda *_: self.set())

    def is_set(self) -> bool:
        return self._is_made

    def set(self) -> None:
        self._is_made = True
        self._free()

    def clear(self) -> None:
        raise ValueError("a request to stop cannot be withdrawn")

    def wait(self, timeout: float | None = None) -> bool:
        give_up_s = time.monotonic() + (threading.TIMEOUT_MAX if timeout is None else timeout)
        while not self._is_made and (left_s := give_up_s - time.monotonic()) > 0:
            if self._until_made.acquire(timeout=min(left_s, LOOK_EVERY_S)):
                self._free()  # for the next one who waits.
        return self._is_made

    def _free(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is free already.
            self._until_made.release()
