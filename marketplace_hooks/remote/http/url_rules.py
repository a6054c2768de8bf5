"""URL rules: one strict reading of a URL, and whether it may be connected to.

The standard parsers repair what they read (tabs, backslashes, odd slashes), each in its own way, and a URL
that two parsers read differently is how guards are passed. This one reads one strict form and refuses the
rest; nothing else ever parses the text it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import quote

import idna

from ...errors import OutboundRefused
from .address_rules import AllowedNetwork, is_public, parse_allowed_networks
from .policies import DELIVERIES, OutboundPolicy

MAX_URL_LENGTH = 2048

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Control characters, every kind of space, line separators, backslashes and halves of characters.
_FORBIDDEN = re.compile(r"[\s\x00-\x20\x7f-\xa0\\\u200b-\u200f\u2028-\u202f\ud800-\udfff\ufeff]")
_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?"
)
_BRACKETED = re.compile(r"\[(?P<host>[0-9A-Fa-f:.]+)\](?::(?P<port>[1-9][0-9]{0,4}))?", re.ASCII)
_NAMED = re.compile(r"(?P<host>[^:\[\]%]+)(?::(?P<port>[1-9][0-9]{0,4}))?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
# What a browser would read as (part of) an IPv4 address, in any base (WHATWG URL, "ends in a number").
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)

# Names that mean something only inside a network. Names of one label are refused as well.
_INTERNAL_SUFFIXES = (
    ".localhost",
    ".localdomain",
    ".local",
    ".internal",
    ".intranet",
    ".private",
    ".corp",
    ".home",
    ".lan",
    ".home.arpa",
    ".svc",
)

_PRINTABLE_ASCII = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where one request goes. `host` is lower-case ASCII; `address` is set when the URL holds a literal."""

    scheme: str
    host: str
    port: int
    path: str
    address: IPv4Address | IPv6Address | None

    @property
    def host_header(self) -> str:
        """The host as `Host` and URLs write it: with its port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The URL in the one spelling that is used from here on, without a fragment."""
        return f"{self.scheme}://{self.host_header}{self.path}"

    @property
    def is_internal_name(self) -> bool:
        return self.address is None and ("." not in self.host or self.host.endswith(_INTERNAL_SUFFIXES))


def check_url(
    url: str, policy: OutboundPolicy = DELIVERIES, allowed_networks: Iterable[str | AllowedNetwork] = ()
) -> Target:
    """Return where `url` leads, or raise `OutboundRefused`; looks nothing up, so a name may still be refused later.

    Where an allowed network might hold the name's address, its scheme, port and name are judged with the
    address, at connection. Codes: `url_malformed`, `url_scheme`, `url_userinfo`, `url_host`, `url_port`,
    `url_internal_name`, `address_not_public`.
    """
    target = read_url(url)
    networks = parse_allowed_networks(allowed_networks)
    if target.address is not None:
        check_address(target, target.address, policy, networks)
    elif not any(network.port in (None, target.port) for network in networks):
        _check_port(target, policy)
    return target


def check_address(
    target: Target,
    address: IPv4Address | IPv6Address,
    policy: OutboundPolicy,
    networks: tuple[AllowedNetwork, ...],
) -> bool:
    """Whether the address is the operator's own (True) or public (False); else raise `OutboundRefused`."""
    if any(network.permits(address, target.port) for network in networks):
        return True
    if not is_public(address):
        raise OutboundRefused(f"{target.host} leads to an address that is not public.", code="address_not_public")
    _check_port(target, policy)
    return False


def _check_port(target: Target, policy: OutboundPolicy) -> None:
    if (target.scheme, target.port) in policy.allowed_ports:
        pass
    elif target.scheme not in {scheme for scheme, _ in policy.allowed_ports}:
        raise OutboundRefused("The URL must begin with https://.", code="url_scheme")
    else:
        allowed_ports = ", ".join(sorted(f"{scheme} {port}" for scheme, port in policy.allowed_ports))
        raise OutboundRefused(f"Only these ports are open to us: {allowed_ports}.", code="url_port")
    if target.is_internal_name:
        raise OutboundRefused(f"{target.host} is a name that only an internal network knows.", code="url_internal_name")


def read_url(url: str) -> Target:
    """Read the one strict form of an http or https URL, judging only its writing. Raises `OutboundRefused`."""
    if not isinstance(url, str) or len(url) > MAX_URL_LENGTH or _FORBIDDEN.search(url):
        raise OutboundRefused(
            f"A URL is at most {MAX_URL_LENGTH} characters without spaces, backslashes or control characters.",
            code="url_malformed",
        )
    parts = _PARTS.fullmatch(url)
    if parts is None:
        raise OutboundRefused("This is not an absolute URL.", code="url_malformed")
    scheme = parts["scheme"].lower()
    if scheme not in _DEFAULT_PORTS:
        raise OutboundRefused("The URL must begin with https://.", code="url_scheme")
    authority = parts["authority"]
    if "@" in authority:
        raise OutboundRefused("A URL must not carry a user name or a password.", code="url_userinfo")
    found = _BRACKETED.fullmatch(authority) or _NAMED.fullmatch(authority)
    if found is None:
        raise OutboundRefused("The URL's host or port is malformed.", code="url_host")
    port = int(found["port"] or _DEFAULT_PORTS[scheme])
    if port > 65535:
        raise OutboundRefused("A port is at most 65535.", code="url_port")
    host, address = _read_host(found["host"], bracketed=authority.startswith("["))
    path = quote((parts["path"] or "/") + (parts["query"] or ""), safe=_PRINTABLE_ASCII)
    return Target(scheme=scheme, host=host, port=port, path=path, address=address)


def _read_host(text: str, *, bracketed: bool) -> tuple[str, IPv4Address | IPv6Address | None]:
    """Return the host in its one spelling, and its address where it is a literal."""
    try:
        if bracketed:
            v6 = IPv6Address(text)
            return str(v6), v6
        labels = [_read_label(label) for label in text.split(".")]
        host = ".".join(labels)
        if _NUMBER.fullmatch(labels[-1]):
            v4 = IPv4Address(host)
            return str(v4), v4
        if len(host) > 253:  # RFC 1035, 255 octets on the wire.
            raise ValueError("too long")
    except ValueError as malformed:  # idna's errors are Unicode errors, and those are ValueErrors.
        raise OutboundRefused("The URL's host is malformed.", code="url_host") from malformed
    return host, None


def _read_label(text: str) -> str:
    """Return one label as DNS spells it. Strict IDNA 2008: nothing is mapped, so nothing changes its meaning."""
    if not text.isascii():
        return idna.alabel(text.translate(_ASCII_LOWER)).decode()
    label = text.lower()
    if _LABEL.fullmatch(label) is None:
        raise ValueError("not a label")
    if label.startswith("xn--"):
        idna.ulabel(label)
    return label


_ASCII_LOWER = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
