"""SMTP URL: the mail server that a setting names, and the security of the connection to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .parsers import SettingError, as_text


@dataclass(frozen=True, kw_only=True)
class SmtpServer:
    """A mail server. `security` is `tls` from the start, `starttls` before the login, or `none`."""

    host: str
    port: int
    security: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def as_smtp(value: Any) -> SmtpServer:
    """A mail server: `smtps://` is TLS from the start; `smtp://` requires STARTTLS, except on this machine or with
    `?tls=none`.
    """
    example = "must be written smtp://user:password@host:587, or smtps://…:465"
    try:
        parts = urlsplit(as_text(value).strip())
        port = parts.port
        host = parts.hostname
    except ValueError:
        raise SettingError(example) from None
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme not in ("smtp", "smtps") or not host or parts.path not in ("", "/") or options.keys() - {"tls"}:
        raise SettingError(example)
    if options.get("tls", ["none"]) != ["none"] or (options and parts.scheme == "smtps"):
        raise SettingError("may say ?tls=none after smtp://, and nothing else")
    is_local = host in ("localhost", "::1") or host.startswith("127.")
    security = "tls" if parts.scheme == "smtps" else "none" if options or is_local else "starttls"
    if security == "none" and parts.password and not is_local:
        raise SettingError("must not send a password without TLS")
    return SmtpServer(
        host=host,
        port=port or (465 if security == "tls" else 25 if is_local else 587),
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )
