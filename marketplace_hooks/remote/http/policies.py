"""Outbound policies: ports, time limits, sizes and redirects for each purpose."""

from __future__ import annotations

from dataclasses import dataclass

_KIB = 1024

HTTPS_PORTS = frozenset({("https", 443), ("https", 8443)})


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboundPolicy:
    """The limits of one purpose (`webhooks.md` 9 and 12). A test, or an operator, replaces single fields.

    `allowed_ports` are the pairs of scheme and port open to the whole internet. `connect_s` bounds the TCP
    connection, `total_s` everything from the name's look-up to the last byte. `max_body_bytes` bounds the body
    before and after decompression. `max_redirects` counts hops, each checked anew.
    """

    allowed_ports: frozenset[tuple[str, int]] = HTTPS_PORTS
    connect_s: float = 5.0
    total_s: float = 20.0
    max_body_bytes: int = 16 * _KIB
    max_header_bytes: int = 64 * _KIB
    max_redirects: int = 0


DELIVERIES = OutboundPolicy()

# A shop may still greet in the clear before it redirects to https; a home page is large.
INSPECTIONS = OutboundPolicy(allowed_ports=HTTPS_PORTS | {("http", 80)}, max_body_bytes=2048 * _KIB, max_redirects=3)
