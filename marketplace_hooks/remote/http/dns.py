"""DNS look-ups within a time limit.

The system's resolver cannot be interrupted, so each look-up runs in a thread of its own that the caller
stops waiting for. A bound on those threads keeps one tenant's dead name servers from filling the process.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence

from ...errors import OutboundFailed

# From a name and a port to addresses as text. Raises `OSError` (as `socket.gaierror` is) when there are none.
Resolve = Callable[[str, int], Sequence[str]]


def system_resolve(host: str, port: int) -> list[str]:
    """Ask the system, once, for every address of a name."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in answers]


class Lookups:
    """Names looked up within a time, at most `at_once` of them under way."""

    def __init__(self, resolve: Resolve, *, at_once: int = 64) -> None:
        self._resolve = resolve
        self._free = threading.BoundedSemaphore(at_once)

    def addresses(self, host: str, port: int, *, within_s: float) -> list[str]:
        """Return every address of `host`, each once, in the resolver's order: at least one.

        Raises `OutboundFailed`, `timeout` or `dns`.
        """
        give_up_at = time.monotonic() + within_s
        if within_s <= 0 or not self._free.acquire(timeout=within_s):
            raise _too_slow(host)
        outcome: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

        def look_up() -> None:
            try:
                outcome.put(list(dict.fromkeys(self._resolve(host, port))))
            except Exception as failure:  # handed to the thread that asked, which raises it.
                outcome.put(failure)
            finally:
                self._free.release()

        threading.Thread(target=look_up, name="name look-up", daemon=True).start()
        try:
            response = outcome.get(timeout=max(0.0, give_up_at - time.monotonic()))
        except queue.Empty:
            raise _too_slow(host) from None
        if isinstance(response, OSError | UnicodeError) or response == []:
            raise OutboundFailed(f"{host} has no address.", reason="dns")
        if isinstance(response, Exception):
            raise response
        return response


def _too_slow(host: str) -> OutboundFailed:
    return OutboundFailed(f"{host} was not looked up in time.", reason="timeout")
