"""Forwarded headers: who the client is behind proxies that the operator trusts (`TRUSTED_PROXIES`).

Proxies append the address of whoever asked them, in `X-Forwarded-For` or in `Forwarded` (RFC 7239); the rest of either
header is the client's own word. So it is read from its end, over the trusted proxies, and what stands before is not
believed. Where a request has both headers, only what both say is believed: a proxy writes one, and anybody the other.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from flask import Flask

from ..config.trusted_proxies import TrustedProxies
from .state import WebState, state

LONGEST_HEADER = 4_096
"""A longer header is not believed."""
_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")
_HEADERS = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")

StartResponse = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client as its request came to the outermost proxy; None for what is not known."""

    address: str | None = None
    scheme: str | None = None
    host: str | None = None


class ForwardedHeaders:
    """WSGI middleware: puts the client's address, scheme and host into the environment, for everything behind it."""

    def __init__(
        self, app: Callable[[dict[str, Any], StartResponse], Iterable[bytes]], web_state: Callable[[], WebState]
    ) -> None:
        self.app = app
        self._web_state = web_state

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if "HTTP_X_FORWARDED_FOR" in environ or "HTTP_FORWARDED" in environ:
            web_state = self._web_state()
            trusted = web_state.runtime.settings.trusted_proxies
            peer = environ.get("REMOTE_ADDR", "")
            client = None if trusted is None else _known_client(trusted, peer, *map(environ.get, _HEADERS))
            if client is None:
                web_state.proxy_sighting.note(web_state.runtime, peer)
            else:
                environ["REMOTE_ADDR"] = client.address or peer
                environ["wsgi.url_scheme"] = client.scheme or environ["wsgi.url_scheme"]
                if client.host is not None:
                    environ["HTTP_HOST"] = client.host
        return self.app(environ, start_response)


def install_forwarded_headers(app: Flask) -> None:
    """Put the middleware before everything else of an app that is ours alone: in a host's, that is the host's to do."""
    before_flask = ForwardedHeaders(app.wsgi_app, lambda: state(app))
    app.wsgi_app = before_flask  # type: ignore[method-assign] # the hook that Flask documents


@lru_cache(maxsize=256)
def _known_client(trusted: TrustedProxies, peer: str, *headers: str | None) -> Client | None:
    """What is believed of the headers that this peer sends; None where it is no trusted proxy.

    Remembered: a marketplace posts all its events from a few addresses, and to read the headers takes longer than much
    of the rest.
    """
    return read_client(trusted, *headers) if trusted.has(peer) else None


def read_client(
    trusted: TrustedProxies,
    addresses: str | None = None,
    schemes: str | None = None,
    hosts: str | None = None,
    forwarded: str | None = None,
) -> Client:
    """What the forwarded headers say of the client, as far as they are believed. Never raises.

    `X-Forwarded-For`, `-Proto` and `-Host`, then `Forwarded`; None for one that was not sent.
    """
    found = []
    if addresses is not None:
        found.append(_from_x_forwarded([addresses, schemes or "", hosts or ""], trusted))
    if forwarded is not None:
        found.append(_from_forwarded(forwarded, trusted))
    first = found[0]
    last = found[-1]
    return Client(
        address=first.address if first.address == last.address else None,
        scheme=first.scheme if first.scheme == last.scheme else None,
        host=first.host if first.host == last.host else None,
    )


def _from_x_forwarded(headers: list[str], trusted: TrustedProxies) -> Client:
    if any(len(header) > LONGEST_HEADER for header in headers):
        return Client()
    addresses, schemes, hosts = (header.split(",") for header in headers)
    hops = [_client(address) for address in addresses]
    place = _place_of_client(hops, trusted)
    if place is None:
        return Client()
    # A proxy that appends to neither list writes one value.
    scheme, host = (values[-min(place, len(values))] for values in (schemes, hosts))
    return replace(hops[-place], scheme=_scheme(scheme), host=_host(host))


def _from_forwarded(header: str, trusted: TrustedProxies) -> Client:
    if len(header) > LONGEST_HEADER:
        return Client()
    hops = []
    for element in _split(header, ","):
        pairs = dict(_pair(pair) for pair in _split(element, ";"))
        hop = _client(pairs.get("for", ""))
        hops.append(replace(hop, scheme=_scheme(pairs.get("proto", "")), host=_host(pairs.get("host", ""))))
    place = _place_of_client(hops, trusted)
    return Client() if place is None else hops[-place]


def _place_of_client(hops: list[Client], trusted: TrustedProxies) -> int | None:
    """Which of the hops is the client, counted from the last one, which is 1; None when it passed too few proxies."""
    if trusted.count:
        return trusted.count if len(hops) >= trusted.count else None
    place = 1
    while place < len(hops) and trusted.has(hops[-place].address):
        place += 1
    return place


def _client(text: str) -> Client:
    """The client with this address, written with or without its port; without an address where it is none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return Client(address=str(ipaddress.ip_address(text.partition("%")[0])))
    except ValueError:
        return Client()


def _scheme(text: str) -> str | None:
    scheme = text.strip().lower()
    return scheme if scheme in ("http", "https") else None


def _host(text: str) -> str | None:
    host = text.strip()
    return host if _HOST.fullmatch(host) else None


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip('"').replace("\\", "")


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator outside quotation marks."""
    parts = [""]
    quoted = False
    escaped = False
    for character in text:
        if character == separator and not quoted:
            parts.append("")
            continue
        quoted ^= character == '"' and not escaped
        escaped = character == "\\" and quoted and not escaped
        parts[-1] += character
    return parts
