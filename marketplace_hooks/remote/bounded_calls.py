"""Bounded calls to one server: few at a time, and after a failure none for a while (circuit breaker).

A server that does not answer blocks at most as many threads as calls are allowed at once; all others get an answer.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import OutboundFailed

FAILURE_LASTS_S = 5.0
"""After a failure the server is not asked again for so long."""
WAIT_S = 1.0
"""Who finds all calls taken waits until the last of them is this old."""
NOT_ASKED = "not_asked"
"""The reason of an `OutboundFailed` for which the server was not asked."""


class CircuitBreaker:
    """The last failure of one server, remembered for `FAILURE_LASTS_S`."""

    def __init__(self) -> None:
        self._failure: tuple[float, OutboundFailed] | None = None

    def check(self) -> None:
        """Raises the remembered failure again."""
        failure = self._failure
        if failure is not None and time.monotonic() - failure[0] < FAILURE_LASTS_S:
            raise OutboundFailed(str(failure[1]), reason=NOT_ASKED)

    def remember(self, failure: OutboundFailed) -> None:
        """The server has failed now, unless it was not asked at all."""
        if failure.reason != NOT_ASKED:
            self._failure = (time.monotonic(), failure)


class BoundedCalls:
    """Calls of one kind, at most `at_once`. Several kinds may share a breaker."""

    def __init__(self, breaker: CircuitBreaker, *, at_once: int) -> None:
        self._breaker = breaker
        self._free = threading.BoundedSemaphore(at_once)
        self._last_began_s = 0.0

    @contextmanager
    def call(self) -> Iterator[None]:
        """Make one call inside the block. Raises `OutboundFailed` where none is to be made now."""
        self._breaker.check()
        if not self._free.acquire(timeout=max(0.0, self._last_began_s + WAIT_S - time.monotonic())):
            raise OutboundFailed("The server has not answered those who asked before.", reason=NOT_ASKED)
        try:
            self._breaker.check()
            self._last_began_s = time.monotonic()
            yield
        except OutboundFailed as failure:
            self._breaker.remember(failure)
            raise
        finally:
            self._free.release()
