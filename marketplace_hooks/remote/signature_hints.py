"""Signature hints: why a captured message does not verify, found by trying the usual mistakes.

For developers who look at one message. Nothing here decides whether a message is accepted: `signatures.py` does.
"""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..errors import SignatureRejected
from .signatures import ALIASES, SECRET_PREFIX, TIMESTAMP_HEADER, TOLERANCE_S, HeaderMapping, verify

LAST_S = 253_402_300_799


@dataclass(frozen=True, kw_only=True)
class CapturedMessage:
    """A captured message, and the secrets of whom it is said to come from."""

    headers: HeaderMapping
    body: bytes
    secrets: Sequence[str]


def signing_secret(message: CapturedMessage, now: datetime) -> int:
    """The position of the first secret that signed a message which verifies; 1 is the first."""
    return next(
        number
        for number, secret in enumerate(message.secrets, start=1)
        if _verifies(message.headers, message.body, [secret], now)
    )


def explain(
    message: CapturedMessage, refusal: SignatureRejected, now: datetime, others: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Sentences that say what is the matter. `others`: secrets that may have signed it instead, by whose they are."""
    if refusal.code in ("signature_too_old", "signature_too_new"):
        yield from _about_age(message, now)
    elif refusal.code == "signature_mismatch":
        found = list(_about_mismatch(message, others))
        yield from found or [
            "Neither the usual changes of a body nor another secret that is known here explain it: it was signed with "
            "another secret, or its id, its timestamp or its body is not what was signed."
        ]
    elif refusal.code == "signature_unreadable":
        yield "A signature is `v1,` and 44 characters of base64; several are separated by one space."
    elif refusal.code == "signature_header_missing":
        names = sorted(str(name).lower() for name, _ in message.headers.items())
        yield f"The headers are: {', '.join(names) or 'none'}."
        yield f"The headers that count are {', '.join(f'{name} (or {alias})' for name, alias in ALIASES.items())}."


def _about_age(message: CapturedMessage, now: datetime) -> Iterator[str]:
    age_s = round(now.timestamp()) - _sent_s(message.headers)
    relation = "before" if age_s > 0 else "after"
    yield f"It was sent {abs(age_s)} s {relation} the instant at which it is judged; {TOLERANCE_S} s are allowed."
    sent_at = _sent_at(message.headers)
    if _verifies(message.headers, message.body, message.secrets, sent_at):
        yield "Its signature is right. Judge it at the instant of its receipt with --at, or compare the two clocks."
    else:
        yield "Its signature is wrong as well. Judge it with --at to learn why."


def _about_mismatch(message: CapturedMessage, others: Mapping[str, Sequence[str]]) -> Iterator[str]:
    sent_at = _sent_at(message.headers)
    for change, body in _changed_bodies(message.body):
        if _verifies(message.headers, body, message.secrets, sent_at):
            yield f"It verifies {change}: what is signed are the bytes of the body as they were sent."
            break
    for name, secrets in others.items():
        if _verifies(message.headers, message.body, secrets, sent_at):
            yield f"It is signed with a secret of {name}."
    as_text = [SECRET_PREFIX + _base64(text) for secret in message.secrets for text in _texts_of(secret)]
    if _verifies(message.headers, message.body, as_text, sent_at):
        yield "It is signed with the text of the secret: the key is what follows `whsec_`, decoded from base64."


def _changed_bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The body without what captures, editors and web frameworks often do to it."""
    yield "without the line end after the body", body.rstrip(b"\r\n")
    yield "with a line end after the body", body + b"\n"
    yield "with line ends as `\\n` instead of `\\r\\n`", body.replace(b"\r\n", b"\n")
    yield "without a byte order mark", body.removeprefix(b"\xef\xbb\xbf")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return
    for separators in ((",", ":"), (", ", ": ")):
        for ensure_ascii in (False, True):
            text = json.dumps(content, ensure_ascii=ensure_ascii, separators=separators)
            yield "when its JSON is written anew without indentation", text.encode("utf-8", "surrogatepass")


def _texts_of(secret: str) -> tuple[bytes, bytes]:
    return secret.encode(), secret.removeprefix(SECRET_PREFIX).encode()


def _base64(key: bytes) -> str:
    return binascii.b2a_base64(key, newline=False).decode()


def _sent_s(headers: HeaderMapping) -> int:
    """A timestamp that is well-formed, in seconds since 1970."""
    values = {str(name).lower(): value for name, value in headers.items()}
    return int(values.get(TIMESTAMP_HEADER) or values[ALIASES[TIMESTAMP_HEADER]])


def _sent_at(headers: HeaderMapping) -> datetime:
    """Its instant; the last one that there is for one beyond."""
    return datetime.fromtimestamp(min(_sent_s(headers), LAST_S), UTC)


def _verifies(headers: HeaderMapping, body: bytes, secrets: Sequence[str], now: datetime) -> bool:
    try:
        verify(headers, body, secrets, now)
    except SignatureRejected:
        return False
    return True
