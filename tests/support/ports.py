"""Loopback ports: free ones for the servers of a test, and whether somebody listens on one."""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack, suppress

PORTS = range(15_000, 30_000)
"""Below the range from which Linux and macOS lend ports: a server keeps its port while it is stopped."""


def free_port(count: int = 1) -> int:
    """The first of `count` consecutive loopback ports that nobody uses. Raises `OSError` when there are none."""
    for first in random.sample(PORTS, 50):
        with suppress(OSError), ExitStack() as probes:
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise OSError(f"{count} consecutive loopback ports are not free between {PORTS.start} and {PORTS.stop}")


def takes_connections(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False
