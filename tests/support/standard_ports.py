"""Standard ports without root: what connects to port 80 or 443 of an address reaches a test's server on a free port.

The addresses that are asked for, and so every URL and header, name no port, as those of real shops do.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from typing import Any

import pytest


def serve_on_standard_ports(monkeypatch: pytest.MonkeyPatch, address: str, ports: Mapping[int, int]) -> None:
    """Let connections to these ports of `address` go to others of it; to a port that is not named nobody listens."""
    connect = socket.socket.connect

    def connect_elsewhere(self: socket.socket, to: Any) -> None:
        if isinstance(to, tuple) and to[0] == address and to[1] < 1024:
            if to[1] not in ports:
                raise ConnectionRefusedError(f"nobody listens on port {to[1]}")
            to = (address, ports[to[1]])
        connect(self, to)

    monkeypatch.setattr(socket.socket, "connect", connect_elsewhere)
