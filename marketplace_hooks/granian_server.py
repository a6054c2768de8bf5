"""Granian, the web server of the stand-alone service, started so that a signal to stop is never lost.

Granian's main process sets a `threading.Event` in the handler of the signal, and waits for that event in the same
thread. A signal that comes while the wait begins finds the event's lock held by its own thread, which then waits for
itself for ever, and its processes go on serving the port. Here another thread sets the event.
"""

from __future__ import annotations

import threading
from typing import Any

from granian.server.common import AbstractServer


def note_interrupt(server: Any, *signal_and_frame: object) -> None:
    """Have the main loop of the server end; called in the handler of SIGTERM and SIGINT."""
    server.interrupt_signal = True
    threading.Thread(target=server.main_loop_interrupt.set, daemon=True).start()


if __name__ == "__main__":
    from granian.cli import entrypoint

    AbstractServer.signal_handler_interrupt = note_interrupt  # type: ignore[method-assign] # the one of every server
    entrypoint()  # type: ignore[no-untyped-call] # a command of click
