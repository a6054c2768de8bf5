"""What comes of a letter that is handed to a mail server, by whatever the server answers, or does not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from marketplace_hooks.config.smtp_url import SmtpServer, as_smtp
from marketplace_hooks.errors import MailDeferred, MailRefused, MailServerAway
from marketplace_hooks.remote import smtp as real
from marketplace_hooks.remote.smtp import MailMessage

from ..support.mail_server import PASSWORD, MailServer, mail_server
from .http.test_tls import Authority


@pytest.fixture
def playing() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def mail(**other: Any) -> MailMessage:
    written: dict[str, Any] = {
        "message_id": "evt_1.customer@market.example",
        "sender": "no-reply@market.example",
        "to_name": "Odile Berthonneau",
        "to": "odile@pelote.example",
        "subject": "Votre demande est acceptée : l’été",
        "text": "Bonjour Odile,\n\n.une ligne qui commence par un point\n",
        "language": "fr",
        "written_at": datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    }
    return MailMessage(**{**written, **other})


def at(port: int, security: str = "none", **other: Any) -> real.MailServer:
    server = SmtpServer(host="localhost", port=port, security=security, **other)
    return real.MailServer(server, hello="market.example", timeout_s=5)


def hand_over(server: real.MailServer, sent: MailMessage | None = None) -> None:
    with server.connection() as connection:
        connection.send(sent or mail())


def test_the_sender_has_the_name_of_the_marketplace_whatever_is_in_it(playing: MailServer) -> None:
    hand_over(at(playing.port), mail(sender_name='Ateliers, "Cie"\nBcc: x@y.example'))
    [taken] = playing.taken
    [sender] = taken["From"].addresses
    assert (sender.addr_spec, sender.display_name) == ("no-reply@market.example", 'Ateliers, "Cie" Bcc: x@y.example')
    assert taken["Bcc"] is None


def test_a_letter_arrives_as_it_was_written(playing: MailServer) -> None:
    hand_over(at(playing.port))
    [taken] = playing.taken
    assert taken["Subject"] == "Votre demande est acceptée : l’été"
    assert taken["To"] == "Odile Berthonneau <odile@pelote.example>"
    assert taken["Message-ID"] == "<evt_1.customer@market.example>"
    assert taken["Auto-Submitted"] == "auto-generated"
    assert (taken["Date"].datetime, taken["Content-Language"]) == (mail().written_at, "fr")
    assert taken.get_content().replace("\r\n", "\n") == mail().text


@pytest.mark.parametrize(
    "evil", ["A\r\nBcc: eve@evil.example", "A\nBcc: eve@evil.example", "A\r\n\r\nnew body", "\0\x0bA"]
)
def test_no_name_and_no_subject_makes_a_header_of_its_own(playing: MailServer, evil: str) -> None:
    hand_over(at(playing.port), mail(subject=evil, to_name=evil))
    [taken] = playing.taken
    assert playing.recipients == ["odile@pelote.example"]
    assert taken["Bcc"] is None
    assert taken.get_content().startswith("Bonjour")


def test_many_letters_go_over_one_connection(playing: MailServer) -> None:
    with at(playing.port).connection() as connection:
        for number in range(3):
            connection.send(mail(message_id=f"{number}@market.example"))
        assert connection.is_open
    assert len(playing.taken) == 3


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"to_recipient": "550 no such mailbox"}, MailRefused),
        ({"to_recipient": "450 try later"}, MailDeferred),
        ({"to_data": "554 not wanted"}, MailRefused),
        ({"to_data": "452 full"}, MailDeferred),
        ({"to_sender": "550 who are you"}, MailDeferred),
    ],
)
def test_what_a_server_refuses_for_good_is_told_from_what_it_defers(
    playing: MailServer, answers: dict[str, str], error: type[Exception]
) -> None:
    for name, answer in answers.items():
        setattr(playing, name, answer)
    with at(playing.port).connection() as connection:
        with pytest.raises(error) as refused:
            connection.send(mail())
        assert "mailbox" not in str(refused.value)
        for name in answers:
            setattr(playing, name, None)
        connection.send(mail())  # the next one is not this one's fault.
    assert len(playing.taken) == 1


def test_a_server_that_ends_the_connection_or_dies_has_not_taken_the_letter(playing: MailServer) -> None:
    for name, answer in (("to_recipient", "421 going down"), ("dies_at_data", True)):
        setattr(playing, name, answer)
        with at(playing.port).connection() as connection:
            with pytest.raises(MailDeferred):
                connection.send(mail())
            assert not connection.is_open
        setattr(playing, name, None if name == "to_recipient" else False)
    assert playing.taken == []


def test_a_server_that_is_not_there_is_away() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with pytest.raises(MailServerAway):
            hand_over(at(nobody.getsockname()[1]))


# --- TLS


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that this process trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", made.file)
    return made


def test_a_letter_goes_through_tls_to_whom_the_certificate_names(authority: Authority) -> None:
    with mail_server(tls=authority.server_context("localhost")) as server:
        hand_over(at(server.port, "tls"))
        assert len(server.taken) == 1
    with mail_server(starttls=authority.server_context("localhost")) as server:
        hand_over(at(server.port, "starttls"))
        assert len(server.taken) == 1


def test_a_password_that_is_not_right_opens_nothing(authority: Authority) -> None:
    with mail_server(starttls=authority.server_context("localhost"), requires_password=True) as server:
        with pytest.raises(MailServerAway) as away:
            hand_over(at(server.port, "starttls", user="hooks", password="wrong"))
        assert "wrong" not in str(away.value)
        hand_over(at(server.port, "starttls", user="hooks", password=PASSWORD))
        assert len(server.taken) == 1


def test_nothing_is_said_to_a_server_that_cannot_prove_its_name(authority: Authority) -> None:
    for security in ("tls", "starttls"):
        with mail_server(**{security: authority.server_context("other.example")}) as server:  # type: ignore[arg-type] # one of its keywords
            with pytest.raises(MailServerAway):
                hand_over(at(server.port, security))
            assert server.recipients == []


def test_nothing_is_said_in_the_clear_where_tls_is_asked_for(playing: MailServer) -> None:
    with pytest.raises(MailServerAway):
        hand_over(at(playing.port, "starttls"))
    assert playing.recipients == []


# --- the setting


@pytest.mark.parametrize(
    ("url", "host", "port", "security"),
    [
        ("smtp://mail.example", "mail.example", 587, "starttls"),
        ("smtp://mail.example:25?tls=none", "mail.example", 25, "none"),
        ("smtps://mail.example", "mail.example", 465, "tls"),
        ("smtp://localhost:1025", "localhost", 1025, "none"),
        ("smtp://127.0.0.1", "127.0.0.1", 25, "none"),
    ],
)
def test_a_server_elsewhere_is_spoken_to_through_tls(url: str, host: str, port: int, security: str) -> None:
    found = as_smtp(url)
    assert (found.host, found.port, found.security) == (host, port, security)


def test_a_password_may_hold_any_character_and_is_not_shown() -> None:
    found = as_smtp("smtp://us%40er:p%3Ass%2Fw@mail.example")
    assert (found.user, found.password) == ("us@er", "p:ss/w")
    assert "p:ss" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/path",
        "smtp://mail.example?tls=maybe",
        "smtps://mail.example?tls=none",
        "smtp://user:secret@mail.example?tls=none",
    ],
)
def test_a_malformed_or_unsafe_address_stops_the_start(url: str) -> None:
    with pytest.raises(ValueError, match=r"must|may"):
        as_smtp(url)
