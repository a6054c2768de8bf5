"""Network guard: an audit hook that keeps the tests on this machine; it sees every socket that Python opens.

A hook, not a patch of `socket`: tests patch the resolver themselves, and threads and libraries must not get around
it. It refuses as an unreachable network would (`OSError`), and remembers, so that code that swallows the error does
not hide the attempt. What C libraries open by themselves (libpq) it cannot see.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterable


class LeftTheMachineError(OSError):
    """A test tried to speak to something beyond loopback and Unix sockets."""


_INTERNET = (socket.AF_INET, socket.AF_INET6)


class LoopbackOnly:
    """The guard of one test session."""

    def __init__(self, also_allowed: Iterable[str] = ()) -> None:
        """`also_allowed` are hosts that whoever runs the tests named, such as a database server's."""
        self._attempts: list[str] = []
        self._allowed = {host.lower() for host in (*also_allowed, "localhost", socket.gethostname())}
        for host in also_allowed:
            self._allowed.update(str(found[4][0]) for found in socket.getaddrinfo(host, None))

    def install(self) -> None:
        """Add the hook, for the rest of this process: Python has no way to take one away."""
        sys.addaudithook(self._hear)

    def attempts(self) -> list[str]:
        """What was refused since the last call, oldest first."""
        seen = self._attempts
        self._attempts = []
        return seen

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            talker, address = arguments
            # Other families (Unix, netlink) never leave the machine; a connected socket sends to no address.
            leaves = talker.family in _INTERNET and address is not None and not self.allows(address[0])
        elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
            address = arguments[0]
            # A literal address is only parsed; its name (gethostbyaddr) would be asked for.
            parsed = event != "socket.gethostbyaddr" and is_an_address(address)
            leaves = not parsed and not self.allows(address)
            if leaves and is_reserved(address):
                # As every resolver must answer, and without asking one: nobody can have this name.
                raise socket.gaierror(socket.EAI_NONAME, "a name reserved for documentation has no address")
        else:
            return
        if leaves:
            self._attempts.append(f"{event} {address!r}")
            raise LeftTheMachineError(f"tests stay on this machine: {self._attempts[-1]}")

    def allows(self, host: object) -> bool:
        """Whether a host, by name or address, is this machine or was named; no resolver is asked."""
        if host in (None, "", b""):
            return True
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        if name.lower() in self._allowed:
            return True
        if not is_an_address(name):
            return False
        found = ipaddress.ip_address(name.partition("%")[0])
        return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def is_reserved(host: object) -> bool:
    """Whether a name is one that RFC 2606 keeps for documentation, such as `www.shop.example`: it has no address."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    return name.lower().rstrip(".").rpartition(".")[2] in ("example", "invalid")


def is_an_address(host: object) -> bool:
    """Whether a look-up of `host` is only parsing: no question goes out for a literal address."""
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True
