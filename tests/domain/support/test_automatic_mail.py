"""Automatic mail: what the headers say."""

from __future__ import annotations

import pytest

from marketplace_hooks.domain.support.automatic_mail import sender_address


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("Lumen <Help@Lumen.example>", "help@lumen.example"),
        ("help@lumen.example (the desk (of Lumen))", "help@lumen.example"),
        ('"Doe, Jo <jo@evil.example>" <help@lumen.example>', "help@lumen.example"),
        ('"help@lumen.example" <bot@evil.example>', "bot@evil.example"),
        ("MAILER-DAEMON (Mail Delivery System)", "mailer-daemon"),
        ("", ""),
    ],
)
def test_the_sender_is_the_address_alone(header: str, address: str) -> None:
    assert sender_address(header) == address


def test_a_header_of_nothing_but_commas_is_no_address() -> None:
    assert "@" not in sender_address("," * 100_000)
