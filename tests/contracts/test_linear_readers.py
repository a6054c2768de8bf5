"""Whatever reads outside text does so in a time that grows as the text does, expressions and all else together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from marketplace_hooks.database.text_search import words_of
from marketplace_hooks.domain import merchant_sites, versions
from marketplace_hooks.domain.inspections import declarations, file_integrity
from marketplace_hooks.domain.notifications import mailbox_of
from marketplace_hooks.domain.support import acknowledgement, reply_text
from marketplace_hooks.domain.visible_text import is_blank
from marketplace_hooks.domain.written_text import says_something
from marketplace_hooks.errors import OutboundRefused, SignatureRejected
from marketplace_hooks.events.envelope import parse_strictly
from marketplace_hooks.remote.http.url_rules import read_url
from marketplace_hooks.remote.probes import public_page
from marketplace_hooks.remote.signatures import verify
from marketplace_hooks.web.i18n.formatting import LocalizedText, typeset
from marketplace_hooks.web.storefront.excerpts import excerpt, paragraphs

from ..support.hostile_texts import GROWTH, assert_linear

LONG = 1_048_576
PAGE = 6_000

BODIES = {
    "quotes escaped in a string that does not end": b"[" * 65 + b'"' + b'\\"' * LONG,
    "strings that do not end": b"[" * 65 + b'"a\\' * LONG,
    "brackets": b"[" * LONG,
    "pairs of brackets": b"[" + b"[]," * LONG,
    "names": b"{" + b'"a":1,' * LONG,
    "digits": b"[" + b"1" * LONG + b"]",
    "digits of a fraction": b"[0." + b"1" * LONG + b"]",
    "an exponent": b"[1e" + b"9" * LONG + b"]",
    "escapes": b'["' + b"\\ud800" * LONG,
    "whitespace": b" " * LONG,
    "NUL": b'["' + b"\\u0000" * LONG,
}
PIECES = (
    *"a é . .1 1. 0 a. : > < </p <a | |a - -- _ = ##- [ ( { [image: http:// www. @ &amp; % %41 / ../ , ?".split(),
    *"=?utf-8?q? =?utf-8?b? re: From: x votre /modules/ e\u0301 \u0301\u0323 \u0f73 \ufdfa \u200b \u202e".split(),
    *(" ", "\n", "\t", "> >", "##- ", "«  ", "  ;", "On 2 a wrote:", "de : ", "<meta name="),
)


def refusing(read: Callable[[Any], Any]) -> Callable[[Any], None]:
    """The reader, for which a refusal is as good an end as another."""

    def read_or_refuse(text: Any) -> None:
        try:
            read(text)
        except (ValueError, OutboundRefused, SignatureRejected):
            pass

    return read_or_refuse


READERS: dict[str, Callable[[str], Any]] = {
    "a message of a conversation": lambda text: acknowledgement.classify(acknowledgement.Message(body=text)),
    "a subject": lambda text: acknowledgement.classify(
        acknowledgement.Message(body="ok", subject=text, origin="email")
    ),
    "a header": lambda text: acknowledgement.classify(
        acknowledgement.Message(body="ok", origin="email", headers=[["Content-Type", text], ["From", text], [text, ""]])
    ),
    "the text below a reply": reply_text.is_below_headers,
    "the text without quotations": reply_text.unquoted_text,
    "words to search": lambda text: words_of([text]),
    "visible text": is_blank,
    "written text": says_something,
    "a version": lambda text: versions.compare(text, "1." + text),
    "a bound of versions": lambda text: versions.compatible(text + "1", "1" + text, "1" + text),
    "an address of a shop": merchant_sites.parse,
    "the relation of two shops": lambda text: merchant_sites.relation(f"https://{text}.fr", f"https://a.{text}.fr"),
    "a mailbox": mailbox_of,
    "a URL": lambda text: read_url(f"https://{text}"),
    "a path": file_integrity.clean_path,
    "an exported list": declarations.read_exported_list,
    "a page": lambda text: public_page.modules_in(text, "https://shop.example/fr/", SHOP),
    "typography": lambda text: typeset(text, "fr"),
    "an excerpt": lambda text: excerpt(LocalizedText(text)),
    "paragraphs": lambda text: paragraphs(LocalizedText(text)),
    "a signature": lambda text: verify(
        {"webhook-id": "a", "webhook-timestamp": text, "webhook-signature": text}, b"", ["whsec_" + "A" * 43 + "="], NOW
    ),
}
SHOP = merchant_sites.parse("https://shop.example/fr")
NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_the_largest_body_is_read_in_linear_time(body: bytes) -> None:
    assert_linear(refusing(parse_strictly), body[: LONG // GROWTH], body[:LONG])


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_outside_text_is_read_in_linear_time(reader: Callable[[str], Any]) -> None:
    for piece in PIECES:
        short = piece * (PAGE // GROWTH // len(piece))
        assert_linear(refusing(reader), short, short * GROWTH)


def test_marks_on_letters_are_put_in_order_in_linear_time() -> None:
    def marks(size: int) -> str:
        return "a" + "\u0301" * size + "\u0323" * size

    for reader in ("words to search", "a message of a conversation", "a subject"):
        assert_linear(READERS[reader], marks(PAGE // GROWTH), marks(PAGE))
