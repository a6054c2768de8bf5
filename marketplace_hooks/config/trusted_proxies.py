"""Trusted proxies: whose forwarded headers the stand-alone service believes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .parsers import SettingError, as_words

MOST = 16
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, kw_only=True)
class TrustedProxies:
    """Either how many proxies every request has passed, or the networks that they are in."""

    count: int = 0
    networks: tuple[Network, ...] = ()

    def has(self, address: str | None) -> bool:
        """Whether a proxy has this address, as far as it can be told."""
        return bool(self.count) or is_within(address, self.networks)


def is_within(address: str | None, networks: Iterable[Network]) -> bool:
    """Whether this is an address in one of the networks; an IPv4 address may be written as an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None) or parsed
    return any(mapped in network for network in networks)


def as_proxies(value: Any) -> TrustedProxies:
    """A number of proxies, or networks in CIDR notation."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    words = as_words(value)
    if len(words) == 1 and words[0].isdecimal() and words[0].isascii():
        count = int(words[0][:3])
        if not 1 <= count <= MOST:
            raise SettingError(f"must be 1 to {MOST} proxies, or their networks")
        return TrustedProxies(count=count)
    try:
        networks = tuple(ipaddress.ip_network(word) for word in words)
    except ValueError as error:
        raise SettingError("must be a number of proxies, or networks such as: 10.0.0.0/8 192.0.2.7") from error
    if not networks:
        raise SettingError("must be a number of proxies, or their networks")
    return TrustedProxies(networks=networks)
