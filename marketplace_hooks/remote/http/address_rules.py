"""Address rules: the networks that may be connected to, and those that only the operator may allow.

The table is our own and not `ipaddress.is_private`, whose answers moved between Python releases and which
calls several reachable-from-inside ranges public (`webhooks.md` 12).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

# IANA IPv4 special-purpose registry: what is not globally reachable, and what is nobody's server.
_REFUSED_V4 = tuple(
    IPv4Network(cidr)
    for cidr in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # carriers' shared space (RFC 6598), and metadata of one cloud
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a public number that inside Azure answers as the host's own agent
        "169.254.0.0/16",  # link-local, where clouds serve credentials
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "198.18.0.0/15",  # benchmarking (RFC 2544)
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)

# Only this much of IPv6 is given out as unicast to the world (RFC 4291, IANA IPv6 address space). All that
# carries an IPv4 address inside (`::a.b.c.d`, mapped, translated, NAT64) and all local scopes lie outside.
_GLOBAL_V6 = IPv6Network("2000::/3")
_REFUSED_V6 = tuple(
    IPv6Network(cidr)
    for cidr in (
        "2001::/23",  # protocol assignments: Teredo, benchmarking, both ORCHIDs
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation (RFC 9637)
    )
)


def is_public(address: str | IPv4Address | IPv6Address) -> bool:
    """Whether anybody on the internet could reach this address; text that is not an address is not public.

    An IPv6 address with a zone, and an IPv4 address in IPv6 clothes, are never public.
    """
    if isinstance(address, str):
        try:
            address = ip_address(address)
        except ValueError:
            return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _REFUSED_V4)
    if address.scope_id is not None:
        return False
    return address in _GLOBAL_V6 and not any(address in network for network in _REFUSED_V6)


@dataclass(frozen=True, kw_only=True, slots=True)
class AllowedNetwork:
    """A network the operator lets us connect to, over http too. `port` None means any port there."""

    network: IPv4Network | IPv6Network
    port: int | None = None

    @classmethod
    def parse(cls, text: str) -> AllowedNetwork:
        """Read `CIDR[:port]`, such as `10.1.0.0/16`, `127.0.0.1:8080`, `fd00::/8` or `[::1]:8080`.

        Raises `ValueError` with a sentence for anything else, host bits in a network included.
        """
        found = _WITH_PORT.fullmatch(text.strip())
        cidr = found["bracketed"] or found["cidr"] if found else text.strip()
        port = int(found["port"]) if found else None
        try:
            network = ip_network(cidr)
        except ValueError as malformed:
            raise ValueError(f"{text!r} is not an allowed network: {malformed}.") from malformed
        if port is not None and not 1 <= port <= 65535:
            raise ValueError(f"{text!r} is not an allowed network: a port is 1 to 65535.")
        return cls(network=network, port=port)

    def permits(self, address: IPv4Address | IPv6Address, port: int) -> bool:
        """Whether this network holds the address and allows the port."""
        return self.port in (None, port) and address in self.network

    def __str__(self) -> str:
        return f"{self.network}" if self.port is None else f"{self.network}:{self.port}"


# The port of a network follows its prefix length, or brackets, or a lone IPv4 address: never a bare IPv6 one.
_WITH_PORT = re.compile(
    r"(?:\[(?P<bracketed>[^\]]+)\]|(?P<cidr>[^\[\]]+/[0-9]+|[0-9.]+)):(?P<port>[0-9]{1,5})", re.ASCII
)


def parse_allowed_networks(entries: Iterable[str | AllowedNetwork]) -> tuple[AllowedNetwork, ...]:
    """Read every entry that is still text. Raises `ValueError` with a sentence for the first malformed one."""
    return tuple(entry if isinstance(entry, AllowedNetwork) else AllowedNetwork.parse(entry) for entry in entries)
