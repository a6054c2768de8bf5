"""Granian, the web server of the stand-alone service, started so that a signal to stop is never lost, and on the socket
that systemd holds for it, if there is one.

Granian's main process sets a `threading.Event` in the handler of the signal, and waits for that event in the same
thread. A signal that comes while the wait begins finds the event's lock held by its own thread, which then waits for
itself for ever, and its processes go on serving the port. Here another thread sets the event.

Granian opens its port itself. On a socket that outlives it (`deploy/systemd/marketplace-hooks-web.socket`), connections
wait while it is restarted, and none is refused.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

from granian import net
from granian.server.common import AbstractServer

HELD_SOCKET = 3
"""The number of the first socket that systemd passes on (`sd_listen_fds(3)`)."""


def note_interrupt(server: Any, *signal_and_frame: object) -> None:
    """Have the main loop of the server end; called in the handler of SIGTERM and SIGINT."""
    server.interrupt_signal = True
    threading.Thread(target=server.main_loop_interrupt.set, daemon=True).start()


def has_held_socket(environment: Mapping[str, str], pid: int) -> bool:
    """Whether systemd has passed a socket on to this process."""
    return environment.get("LISTEN_PID") == str(pid) and environment.get("LISTEN_FDS") == "1"


def use_held_socket(server: Any) -> None:
    """Have the server and its workers accept from that socket."""
    server._ssp = None
    holder: Any = net.SocketHolder  # type: ignore[attr-defined] # made as its workers unpickle it
    server._shd = holder(HELD_SOCKET, False, server.backlog)
    server._sfd = HELD_SOCKET


if __name__ == "__main__":
    from granian.cli import entrypoint

    if has_held_socket(os.environ, os.getpid()):
        AbstractServer._init_shared_socket = use_held_socket  # type: ignore[method-assign] # the one of every server

    AbstractServer.signal_handler_interrupt = note_interrupt  # type: ignore[method-assign] # the one of every server
    entrypoint()  # type: ignore[no-untyped-call] # a command of click
