"""Every mail that somebody is to get has words, in every language, and says all that it promises to say."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from marketplace_hooks.config.settings import Settings
from marketplace_hooks.domain.notifications import READERS, MailFacts, Reader, mailbox_of
from marketplace_hooks.domain.outbox.event_types import OUTGOING
from marketplace_hooks.web.mail.rendering import render_mail
from marketplace_hooks.web.mail.texts import MAIL_TEXTS

SETTINGS = Settings(public_url="https://market.example/", url_prefix="/addons")
OTHERWISE: dict[str, list[dict[str, Any]]] = {
    "support_request.kind_changed": [{"proposed_kind": None}],
    "support_request.overturned": [{"due_before": None}],
    "support_request.reopened": [{"due_before": None}],
    "support_request.closed": [
        {"reason": reason}
        for reason in ("refusal_upheld", "refusal_not_contested", "withdrawn_by_customer", "abandoned", "duplicate")
    ],
    "support_request.resolved": [{"until": "2026-03-16T23:00:00Z"}],
    "subscription.renewal_cancelled": [
        *({"by": by} for by in ("customer", "refund", "dispute")),
        {"by": "termination", "ended_at": "2026-11-23T23:00:00Z"},
    ],
}
MAILS = [(type_, reader) for type_, readers in sorted(READERS.items()) for reader in sorted(readers)]


def facts(type_: str, reader: Reader, **other: Any) -> MailFacts:
    return MailFacts(
        type=type_,
        data={**OUTGOING[type_].example, **other},
        cause={},
        reader=reader,
        reader_name="Odile",
        request_subject="The gallery is empty",
        product_title={"fr": "Galerie Lumen", "en": "Lumen gallery"},
        seller_name="Atelier Lumen",
    )


@pytest.mark.parametrize("locale", ["fr", "fr-CA", "en_GB", "de", ""])
@pytest.mark.parametrize(("type_", "reader"), MAILS)
def test_every_mail_has_words_and_leaves_nothing_open(type_: str, reader: Reader, locale: str) -> None:
    for other in ({}, *OTHERWISE.get(type_, [])):
        written = render_mail(SETTINGS, facts(type_, reader, **other), locale)
        assert written is not None
        assert written.language == ("en" if locale.startswith("en") else "fr")
        whole = f"{written.subject}\n{written.text}"
        assert "Odile" in whole
        assert "Lumen" in whole
        assert not re.search(r"%\(|\bNone\b|: \.|  |\(\)", whole), whole
        assert "https://market.example/addons/" in written.text
        assert max(len(line) for line in written.text.splitlines() if "://" not in line) <= 76


@pytest.mark.parametrize(("locale", "sentence"), [("en", "Reason given: End of life"), ("fr", "Motif : End of life")])
def test_the_mail_about_a_withdrawal_gives_its_reason(locale: str, sentence: str) -> None:
    withdrawn = facts("subscription.renewal_cancelled", Reader.CUSTOMER, by="withdrawal")
    written = render_mail(SETTINGS, replace(withdrawn, cause={"reason": "End of life"}), locale)
    assert written is not None
    assert sentence in written.text.replace("\u00a0", " ").replace("\u202f", " ")
    silent = render_mail(SETTINGS, replace(withdrawn, cause={"reason": " "}), locale)
    assert silent is not None
    assert sentence.partition(" End")[0] not in silent.text.replace("\u00a0", " ")


@pytest.mark.parametrize(("locale", "sentence"), [("en", "on 23 November 2026."), ("fr", "le 23 novembre 2026.")])
def test_the_mail_about_a_termination_says_when_it_ends(locale: str, sentence: str) -> None:
    ended = {"by": "termination", "ended_at": "2026-11-23T23:00:00Z"}
    written = render_mail(SETTINGS, facts("subscription.renewal_cancelled", Reader.CUSTOMER, **ended), locale)
    assert written is not None
    assert sentence in " ".join(written.text.split())


def test_nobody_has_words_for_what_he_is_never_told() -> None:
    known = {(key.partition(":")[0], reader) for reader, words in MAIL_TEXTS.items() for key in words}
    assert known == set(MAILS)
    assert set(READERS) <= set(OUTGOING)


def test_an_id_is_only_ever_one_part_of_an_address() -> None:
    mail_facts = facts("support_request.accepted", Reader.CUSTOMER, request_id="../../operator?x=1#y")
    written = render_mail(SETTINGS, mail_facts, "en")
    assert written is not None
    assert "https://market.example/addons/support/..%2F..%2Foperator%3Fx%3D1%23y\n" in written.text


def test_an_example_that_says_a_deadline_names_the_day_before_it() -> None:
    mail_facts = facts("support_request.acknowledgement_due_soon", Reader.SELLER)
    written = render_mail(SETTINGS, mail_facts, "en")
    assert written is not None
    assert "24 November 2026" in " ".join(written.text.split())


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("odile@pelote.example", "odile@pelote.example"),
        (" odile+x@pelote.example ", "odile+x@pelote.example"),
        ("odile@bücher.example", "odile@xn--bcher-kva.example"),
        ("odile@pelote.example\r\nBcc: x@y.z", None),
        ("odile@pelote.example>, <x@y.z", None),
        ("odile", None),
        ("@pelote.example", None),
        ("", None),
        ("a b@c.example", None),
        ("a@b@c.example", None),
        (f"{'a' * 65}@c.example", None),
        (f"a@{'b' * 64}.example", None),
    ],
)
def test_an_address_is_one_mailbox_or_none(address: str, mailbox: str | None) -> None:
    assert mailbox_of(address) == mailbox


@pytest.mark.parametrize(
    ("locale", "remedy"),
    [("en", "You can reactivate it at any time"), ("fr", "Vous pouvez le réactiver à tout moment")],
)
def test_a_mail_speaks_to_its_reader(locale: str, remedy: str) -> None:
    expired = facts("support_request.not_entitled", Reader.CUSTOMER, code="EXPIRED", remedy="reactivate")
    written = render_mail(SETTINGS, expired, locale)
    assert written is not None
    assert remedy in re.sub(r"\s+", " ", written.text)
