"""SMTP server on loopback that accepts mail, refuses it as the test decides, or drops the connection."""

from __future__ import annotations

import asyncio
import email
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

PASSWORD = "open sesame"


@dataclass
class MailServer:
    """What the server has accepted, newest last, and how it responds. A response of None is the usual one."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    to_sender: str | None = None
    to_recipient: str | None = None
    to_data: str | None = None
    dies_at_data: bool = False

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self, address: str) -> list[EmailMessage]:
        """The accepted messages to an address."""
        return [one for one in self.taken if address in str(one["To"])]

    # --- as aiosmtpd calls it

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.to_sender:
            return self.to_sender
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.recipients.append(address)
        if self.to_recipient:
            return self.to_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if self.dies_at_data:
            server.transport.abort()  # type: ignore[union-attr] # it is connected
        if self.dies_at_data or self.to_data:
            return self.to_data or "451 dying"
        message = email.message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type] # it takes bytes
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        return "250 OK"


@contextmanager
def mail_server(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, requires_password: bool = False
) -> Iterator[MailServer]:
    """A server in a thread of its own; `tls` from the first byte, or `starttls` when it is asked for."""
    state = MailServer()
    loop = asyncio.new_event_loop()
    options: dict[str, Any] = {
        "hostname": "mail.example",
        "tls_context": starttls,
        "require_starttls": starttls is not None,
    }
    if requires_password:
        # aiosmtpd sees no TLS that was there from the first byte: it then takes a password without insisting on one.
        insists = tls is None
        options |= {"authenticator": _authenticate, "auth_required": insists, "auth_require_tls": insists}

    def answer() -> SMTP:
        return SMTP(state, loop=loop, **options)

    server = loop.run_until_complete(loop.create_server(answer, "127.0.0.1", 0, ssl=tls))
    state.port = server.sockets[0].getsockname()[1]
    thread = threading.Thread(target=loop.run_forever, name="mail", daemon=True)
    thread.start()
    try:
        yield state
    finally:
        asyncio.run_coroutine_threadsafe(_closed(server), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _closed(server: asyncio.Server) -> None:
    server.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)


def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: Any) -> AuthResult:
    return AuthResult(success=login.password == PASSWORD.encode(), handled=False)
