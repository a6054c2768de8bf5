"""Which mail server is named by a setting, and how safely is it spoken to?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .parsers import as_text


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """A mail server, and how it is spoken to.

    `security`: `tls` from the first byte, `starttls` before anything is told, or `none`.
    """

    host: str
    port: int
    security: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def as_smtp(value: Any) -> SmtpServer:
    """`smtps://` is TLS from the start; `smtp://` insists on STARTTLS, but on this machine; `?tls=none` forgoes it."""
    example = "must be written smtp://user:password@host:587, or smtps://…:465"
    try:
        parts = urlsplit(as_text(value).strip())
        port = parts.port
        host = parts.hostname
    except ValueError:
        raise ValueError(example) from None
    asked = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme not in ("smtp", "smtps") or not host or parts.path not in ("", "/") or asked.keys() - {"tls"}:
        raise ValueError(example)
    if asked.get("tls", ["none"]) != ["none"] or (asked and parts.scheme == "smtps"):
        raise ValueError("may say ?tls=none after smtp://, and nothing else")
    is_here = host in ("localhost", "::1") or host.startswith("127.")
    security = "tls" if parts.scheme == "smtps" else "none" if asked or is_here else "starttls"
    if security == "none" and parts.password and not is_here:
        raise ValueError("must not send a password without TLS")
    return SmtpServer(
        host=host,
        port=port or (465 if security == "tls" else 25 if is_here else 587),
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
