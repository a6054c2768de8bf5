"""Failures of an HTTP exchange, named by one reason whichever library raised them."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator

from ...errors import OutboundFailed
from .transport import Exchange, WireExhausted


def failure_of(host: str, trouble: BaseException, exchange: Exchange) -> OutboundFailed:
    """Name the innermost cause: `too_large`, `timeout`, `tls`, `connection` or `protocol`."""
    found = list(causes(trouble))

    def caused_by(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in found)

    if caused_by(WireExhausted):
        reason = "too_large"
        description = "sent headers without end"
    elif caused_by(TimeoutError):
        reason = "timeout"
        description = "did not answer in time"
    elif caused_by(ssl.SSLError) and not exchange.sending:
        reason = "tls"
        description = "could not agree on TLS with us, or prove its name"
    elif caused_by(http.client.RemoteDisconnected, http.client.IncompleteRead):
        reason = "connection"
        description = "closed the connection early"
    elif caused_by(OSError) and not caused_by(http.client.HTTPException):
        reason = "connection"
        description = "could not be reached, or broke the connection"
    else:
        reason = "protocol"
        description = "did not answer in HTTP"
    return OutboundFailed(f"{host} {description}.", reason=reason, address=exchange.address)


def causes(trouble: BaseException) -> Iterator[BaseException]:
    """Walk through what urllib3 wrapped: causes, reasons and arguments, innermost last.

    Not through `__context__`, which reaches into whatever the caller happens to be handling.
    """
    pending: list[object] = [trouble]
    seen = set()
    while pending:
        cause = pending.pop(0)
        if not isinstance(cause, BaseException) or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        pending += [cause.__cause__, getattr(cause, "reason", None), *cause.args]
