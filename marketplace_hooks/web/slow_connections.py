"""Slow connections: those that keep a web process waiting are ended (408), so that a stranger cannot block its threads.

The web server has no deadline for bodies, and a thread that waits for one cannot be woken. So the incoming half of the
connection is closed, which the server takes for the end of the body; the answer can still be sent. An application does
not know which connection its body comes from. But Linux says for each connection how long ago something was sent and
received: a body awaited since some instant comes from a connection of that address on which nothing was sent since.
On other systems nothing is ended, and a proxy that buffers bodies must be in front.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MIB = 1_048_576
INTERVAL_S = 0.5
PROMPT_S = 1.0
"""A body that takes no longer than this is never ended, however many arrive."""
UNREAD_S = 30.0
"""How long a client may leave an answer unread."""
TOLERANCE_MS = 500

_OPEN_FILES = "/proc/self/fd"
_TIMES = struct.Struct("=4I")
_TIMES_AT = 44
_RECEIVED = struct.Struct("=Q")
_RECEIVED_AT = 128
_UNSENT = struct.Struct("=I")
_UNSENT_AT = 144


@dataclass(slots=True, kw_only=True)
class ArrivingBody:
    """A body that a thread waits for. `is_cut`: its time was over, and its connection is ended."""

    address: str
    began_s: float
    allowed_s: float
    is_cut: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionState:
    """One accepted connection, by a copy of its descriptor: how long ago it last sent and received, and how much."""

    peer: tuple[Any, ...]
    sent_ms: int
    received_ms: int
    received_bytes: int
    unsent_bytes: int
    connection: socket.socket


class SlowConnections:
    """Watches the connections of one web process; by a thread that the first body starts, after any fork.

    A body has `body_s` for each MiB. Of more than `most_bodies` at a time, those that take longest are ended at once.
    """

    def __init__(self, *, body_s: float, most_bodies: int) -> None:
        self._body_s = body_s
        self._most_bodies = most_bodies
        self._arriving: dict[int, ArrivingBody] = {}
        self._suspects: set[tuple[Any, ...]] = set()
        self._port: int | None = None
        self._lock = threading.Lock()

    def begin(self, environ: dict[str, Any], size: int) -> ArrivingBody:
        """From now on a thread waits for the body of this request."""
        if self._port is None:
            self._start(int(environ["SERVER_PORT"]))
        body = ArrivingBody(
            address=environ.get("REMOTE_ADDR", ""),
            began_s=time.monotonic(),
            allowed_s=self._body_s * max(1.0, size / MIB),
        )
        self._arriving[id(body)] = body
        return body

    def end(self, body: ArrivingBody) -> None:
        """The thread waits no longer."""
        del self._arriving[id(body)]

    def _start(self, port: int) -> None:
        with self._lock:
            if self._port is None:
                self._port = port
                threading.Thread(target=self._watch, args=(port,), name="slow connections", daemon=True).start()

    def _watch(self, port: int) -> None:
        next_look_s = 0.0
        while True:
            time.sleep(INTERVAL_S)
            overdue = self._overdue(time.monotonic())
            if overdue or time.monotonic() >= next_look_s:
                next_look_s = time.monotonic() + UNREAD_S / 3
                self._end_slow(port, overdue)

    def _overdue(self, now_s: float) -> list[ArrivingBody]:
        bodies = sorted(self._arriving.copy().values(), key=lambda body: body.began_s)
        too_many = len(bodies) - self._most_bodies
        return [
            body
            for place, body in enumerate(bodies)
            if now_s - body.began_s > (min(PROMPT_S, body.allowed_s) if place < too_many else body.allowed_s)
        ]

    def _end_slow(self, port: int, overdue: list[ArrivingBody]) -> None:
        """End what was found slow twice in a row: a request that is merely being answered was not slow before."""
        for body in overdue:
            body.is_cut = True
        with contextlib.ExitStack() as copies:
            states = [state for state in connections_at(port) if copies.enter_context(state.connection)]
            for state in states:
                if state.unsent_bytes and state.sent_ms > UNREAD_S * 1000:
                    _shut(state, socket.SHUT_RDWR)
            slow = _bringing(states, overdue)
            for state in slow:
                if state.peer in self._suspects:
                    for body in self._arriving.copy().values():
                        # Of bodies that began at one moment any may be the one that ends here.
                        body.is_cut = body.is_cut or _may_bring(state, body)
                    _shut(state, socket.SHUT_RD)
            self._suspects = {state.peer for state in slow}


def _bringing(states: list[ConnectionState], overdue: list[ArrivingBody]) -> list[ConnectionState]:
    """The connections by which these bodies come: no more than there are bodies, the longest silent first."""
    found: dict[tuple[Any, ...], ConnectionState] = {}
    by_silence = sorted(states, key=lambda state: state.sent_ms, reverse=True)
    for body in overdue:
        match = next((one for one in by_silence if one.peer not in found and _may_bring(one, body)), None)
        if match is not None:
            found[match.peer] = match
    return list(found.values())


def _may_bring(state: ConnectionState, body: ArrivingBody) -> bool:
    waited_ms = (time.monotonic() - body.began_s) * 1000
    return (
        state.peer[0] == body.address
        and state.received_bytes > 0
        and state.sent_ms >= waited_ms - TOLERANCE_MS
        # What came last is a request; or a 100 was sent, just when the waiting began.
        and (state.received_ms <= state.sent_ms or state.sent_ms <= waited_ms + TOLERANCE_MS)
    )


def _shut(state: ConnectionState, half: int) -> None:
    with contextlib.suppress(OSError):  # it has ended by itself.
        state.connection.shutdown(half)


def connections_at(port: int) -> Iterator[ConnectionState]:
    """Every connection that this process has accepted at a port. The caller closes the descriptor, which is a copy."""
    with contextlib.suppress(OSError):  # there is no /proc, or no more files may be open now: the next look is soon.
        for name in os.listdir(_OPEN_FILES):
            state = _state_of(int(name), port)
            if state is not None:
                yield state


def _state_of(descriptor: int, port: int) -> ConnectionState | None:
    connection = _copy_of_socket(descriptor)
    if connection is None:
        return None
    try:
        if connection.getsockname()[1] == port:
            peer = connection.getpeername()
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _UNSENT_AT + _UNSENT.size)
            sent_ms, _, received_ms, _ = _TIMES.unpack_from(info, _TIMES_AT)
            (received_bytes,) = _RECEIVED.unpack_from(info, _RECEIVED_AT)
            (unsent_bytes,) = _UNSENT.unpack_from(info, _UNSENT_AT)
            return ConnectionState(
                peer=peer,
                sent_ms=sent_ms,
                received_ms=received_ms,
                received_bytes=received_bytes,
                unsent_bytes=unsent_bytes,
                connection=connection,
            )
    except (OSError, IndexError, struct.error):
        pass  # it listens, it is no TCP connection, or it has just ended.
    connection.close()
    return None


def _copy_of_socket(descriptor: int) -> socket.socket | None:
    """A copy: the number itself may be another connection's by the time it is ended. None for what is no socket.

    A descriptor of a file must not be copied and closed: the process would lose all its locks on that file, and another
    one could remove SQLite's log while this one writes to it.
    """
    with contextlib.suppress(OSError):
        if _is_socket(descriptor):
            copy = os.dup(descriptor)
            if _is_socket(copy):
                return socket.socket(fileno=copy)
            # The number has become a file's in between. This copy stays open, which costs less than the locks.
    return None


def _is_socket(descriptor: int) -> bool:
    return stat.S_ISSOCK(os.fstat(descriptor).st_mode)
