"""SMTP client, the only module that speaks SMTP: sends mails, and says what the server's replies mean.

It uses Python's own `smtplib` and `email`: mails are sent by workers, which have no app for a Flask extension.
"""

from __future__ import annotations

import contextlib
import smtplib
import ssl
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from ..config.smtp_url import SmtpServer
from ..errors import MailDeferred, MailRefused, MailServerAway

_BREAKS = ("Cc", "Cs", "Zl", "Zp")
AGREED = 250
PERMANENT = 500
CLOSING = 421
"""The server ends the connection with this answer, to whatever it is (RFC 5321, 4.2.3)."""


@dataclass(frozen=True, kw_only=True)
class MailMessage:
    """One mail, ready: plain text, to one person. `message_id` is the same at every attempt."""

    message_id: str
    sender: str
    sender_name: str = ""
    to_name: str
    to: str
    subject: str
    text: str
    language: str
    written_at: datetime

    def as_message(self) -> EmailMessage:
        """The mail as it goes over the wire. Whatever a name or a subject holds, it stays in its own header."""
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr((_one_line(self.sender_name), self.sender)) if self.sender_name else self.sender
        message["To"] = formataddr((_one_line(self.to_name), self.to))
        message["Subject"] = _one_line(self.subject)
        message["Date"] = format_datetime(self.written_at)
        message["Message-ID"] = f"<{self.message_id}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers this.
        message.set_content(self.text, cte="quoted-printable")
        message["Content-Language"] = self.language
        return message


class MailServer:
    """A mail server as the settings name it, spoken to over one connection for as many mails as there are."""

    def __init__(self, server: SmtpServer, *, hello: str, timeout_s: float) -> None:
        """`hello` is the host name that we say we are."""
        self._server = server
        self._hello = hello
        self._timeout_s = timeout_s

    @contextlib.contextmanager
    def connection(self) -> Iterator[SmtpConnection]:
        """A connection, safe and signed in. Raises `MailServerAway`."""
        client = self._connect()
        try:
            yield SmtpConnection(client)
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()
        client: smtplib.SMTP | None = None
        try:
            if server.security == "tls":
                client = smtplib.SMTP_SSL(
                    server.host, server.port, self._hello, timeout=self._timeout_s, context=context
                )
            else:
                client = smtplib.SMTP(server.host, server.port, self._hello, timeout=self._timeout_s)
            if server.security == "starttls":
                client.starttls(context=context)
            if server.user is not None:
                client.login(server.user, server.password or "")
        except (smtplib.SMTPException, OSError, ValueError) as error:
            if client is not None:
                client.close()
            raise MailServerAway(_describe(error)) from None
        return client


class SmtpConnection:
    """One conversation with the server. `is_open` is False once it has ended, whoever ended it."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self._client = client
        self.is_open = True

    def greet(self) -> None:
        """Say who we are, ask for nothing, and send nothing. Raises `MailServerAway` unless the server agrees."""
        try:
            self._client.ehlo_or_helo_if_needed()
            code, _ = self._client.noop()
        except (smtplib.SMTPException, OSError) as error:
            self.is_open = False
            raise MailServerAway(_describe(error)) from None
        if code != AGREED:
            raise MailServerAway(f"NOOP {code}")

    def send(self, mail: MailMessage) -> None:
        """Hand over one letter. Raises `MailRefused`, `MailDeferred`; when neither, the server has taken it."""
        message = mail.as_message()
        try:
            self._client.sendmail(mail.sender, [mail.to], message.as_bytes())
        except smtplib.SMTPRecipientsRefused as refused:
            [(code, _)] = refused.recipients.values()
            self._judge(code)
        except smtplib.SMTPSenderRefused as refused:
            # Not this mail's fault, but how the server is set up: an operator can help.
            self._judge(min(refused.smtp_code, PERMANENT - 1))
        except smtplib.SMTPDataError as refused:
            self._judge(refused.smtp_code)
        except (smtplib.SMTPException, OSError) as error:
            self.is_open = False
            raise MailDeferred(_describe(error)) from None

    def _judge(self, code: int) -> None:
        if code == CLOSING:
            self.is_open = False
        if code >= PERMANENT:
            raise MailRefused("the mail server refuses the mail for good", code=f"smtp_{code}")
        raise MailDeferred(f"smtp_{code}")


def _one_line(text: str) -> str:
    """Without line ends and other control characters: a header is one line."""
    return "".join(" " if unicodedata.category(character) in _BREAKS else character for character in text).strip()


def _describe(error: Exception) -> str:
    """What went wrong, without the server's own words, which may name whom the mail is for."""
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"
