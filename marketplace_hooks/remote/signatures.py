"""Webhook signatures: verify inbound messages, sign outgoing ones.

Standard Webhooks 1.0.0, symmetric `v1`: HMAC-SHA256 over the bytes `id.timestamp.body`. The body is never
parsed here, nor decoded: what is signed is what travelled.
"""

from __future__ import annotations

import binascii
import hmac
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_bytes
from typing import Protocol

from ..errors import SignatureRejected

ID_HEADER = "webhook-id"
TIMESTAMP_HEADER = "webhook-timestamp"
SIGNATURE_HEADER = "webhook-signature"
ALIASES = {ID_HEADER: "svix-id", TIMESTAMP_HEADER: "svix-timestamp", SIGNATURE_HEADER: "svix-signature"}
"""The names that many senders use for the same headers, with the same meaning."""
SECRET_PREFIX = "whsec_"  # noqa: S105  # the public prefix of every secret, not one of them.

# `webhooks.md` 2: a message may be this old, or this far ahead of our clock, the boundary included.
TOLERANCE_S = 300

# Standard Webhooks: "between 24 bytes (192 bits) and 64 bytes (512 bits)".
SHORTEST_SECRET_BYTES = 24
LONGEST_SECRET_BYTES = 64
_NEW_SECRET_BYTES = 32

# `webhooks.md` 2. `fullmatch` and not `$`, which lets one newline through at the end.
_ID = re.compile(r"[A-Za-z0-9_-]{1,256}")
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")

# "v1," and the 44 characters that base64 makes of 32 bytes. Any other length cannot be a v1 signature.
_ITEM_LENGTH = 3 + 44


class HeaderMapping(Protocol):
    """A dict, or a web framework's headers, which are often no `Mapping`."""

    def get(self, name: str, /) -> str | None: ...
    def items(self) -> Iterable[tuple[str, str]]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class VerifiedMessage:
    """What the sender vouched for beside the body. `timestamp` is aware, UTC, to the second."""

    id: str
    timestamp: datetime


def verify(headers: HeaderMapping, body: bytes, secrets: Iterable[str], now: datetime) -> VerifiedMessage:
    """Accept a message that one of `secrets` signed within `TOLERANCE_S` of `now`; else `SignatureRejected`.

    `headers` may be in any letter case, and under their `svix-` names; `body` is the raw body; `now` is aware. Nothing
    a sender can put into headers or body raises anything else. A malformed secret signs nothing: `check_secret` finds
    it when the configuration is read.

    Codes: `signature_header_missing`, `signature_headers_contradict` (a header and its `svix-` alias have different
    values), `signature_id_malformed`, `signature_timestamp_malformed`,
    `signature_too_old`, `signature_too_new`, `signature_unreadable` (no item has the form of a `v1`
    signature), `signature_mismatch`.
    """
    message_id = _header(headers, ID_HEADER)
    timestamp = _header(headers, TIMESTAMP_HEADER)
    presented = _header(headers, SIGNATURE_HEADER)
    if _ID.fullmatch(message_id) is None:
        raise SignatureRejected("The message id is malformed.", code="signature_id_malformed")
    sent_at = _check_timestamp(timestamp, now)

    candidates = [
        item.encode()
        for item in presented.split(" ")
        if len(item) == _ITEM_LENGTH and item.startswith("v1,") and item.isascii()
    ]
    if not candidates:
        raise SignatureRejected("No v1 signature was presented.", code="signature_unreadable")

    if not _matches(candidates, _signed_bytes(message_id, timestamp, body), secrets):
        raise SignatureRejected("No signature matches a secret of this source.", code="signature_mismatch")
    return VerifiedMessage(id=message_id, timestamp=sent_at)


def sign(id: str, at: datetime, body: bytes, secret: str) -> str:
    """Return the value of `webhook-signature` for one secret: `v1,…`.

    `at` is aware and cut to the second. Raises `ValueError` for an id that `verify` would refuse, a naive
    `at`, or a secret that is not base64.
    """
    return _sign(id, timestamp_text(at), body, secret)


def sign_all(id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> str:
    """Sign with every secret, in the order given: old and new during a rotation (`webhooks.md` 11)."""
    timestamp = timestamp_text(at)
    items = [_sign(id, timestamp, body, secret) for secret in secrets]
    if not items:
        raise ValueError("A message needs at least one secret to be signed with.")
    return " ".join(items)


def signed_headers(id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """Return the three headers a signed message travels with; `at` is the attempt's instant, aware."""
    return {
        ID_HEADER: id,
        TIMESTAMP_HEADER: timestamp_text(at),
        SIGNATURE_HEADER: sign_all(id, at, body, secrets),
    }


def timestamp_text(at: datetime) -> str:
    """Write an aware instant as `webhook-timestamp` wants it: whole seconds since 1970, cut, not rounded."""
    text = str(math.floor(_epoch_s(at)))
    if _TIMESTAMP.fullmatch(text) is None:
        raise ValueError(f"{at.isoformat()} cannot be written as a webhook timestamp.")
    return text


def new_secret() -> str:
    """Make a secret nobody has seen: `whsec_` and the base64 of 32 random bytes (`webhooks.md` 11)."""
    return SECRET_PREFIX + binascii.b2a_base64(token_bytes(_NEW_SECRET_BYTES), newline=False).decode()


def check_secret(secret: str) -> None:
    """Raise `ValueError`, with a sentence that never repeats the secret, unless it may sign and verify."""
    key = _key(secret)
    if not SHORTEST_SECRET_BYTES <= len(key) <= LONGEST_SECRET_BYTES:
        raise ValueError(
            f"A webhook secret holds {SHORTEST_SECRET_BYTES} to {LONGEST_SECRET_BYTES} bytes; "
            f"this one holds {len(key)}."
        )


def _matches(candidates: list[bytes], signed: bytes, secrets: Iterable[str]) -> bool:
    """Compare every signature with every secret's, without an early exit whose time would reveal which one matched."""
    matched = False
    for secret in secrets:
        try:
            key = _key(secret)
        except ValueError:
            continue
        # The encoded text is compared, not what it decodes to: base64 spells the same bytes in several ways.
        expected = _signature(key, signed)
        for candidate in candidates:
            matched |= hmac.compare_digest(expected, candidate)
    return matched


def _header(headers: HeaderMapping, name: str) -> str:
    alias = ALIASES[name]
    value: object = headers.get(name)
    other: object = headers.get(alias)
    # Web frameworks' headers answer in any letter case; others are searched where they did not.
    if value is None:
        value = _search(headers, name)
    if other is None and (value is None or isinstance(headers, Mapping)):
        other = _search(headers, alias)
    if value is None:
        value = other
    elif other is not None and other != value:
        raise SignatureRejected(
            f"The headers {name} and {alias} contradict each other.", code="signature_headers_contradict", header=name
        )
    if not isinstance(value, str) or not value:
        raise SignatureRejected(f"The header {name} is missing.", code="signature_header_missing", header=name)
    return value


def _search(headers: HeaderMapping, name: str) -> object:
    return next((held for key, held in headers.items() if str(key).lower() == name), None)


def _check_timestamp(text: str, now: datetime) -> datetime:
    if _TIMESTAMP.fullmatch(text) is None:
        raise SignatureRejected("The timestamp is malformed.", code="signature_timestamp_malformed")
    sent_s = int(text)
    age_s = _epoch_s(now) - sent_s
    if age_s > TOLERANCE_S:
        raise SignatureRejected(f"The message was sent over {TOLERANCE_S} s ago.", code="signature_too_old")
    if age_s < -TOLERANCE_S:
        raise SignatureRejected("The message comes from the future.", code="signature_too_new")
    return datetime.fromtimestamp(sent_s, UTC)


def _epoch_s(instant: datetime) -> float:
    if instant.utcoffset() is None:
        raise ValueError("An instant needs its zone: a naive one means another moment on every machine.")
    return instant.timestamp()


def _sign(id: str, timestamp: str, body: bytes, secret: str) -> str:
    if _ID.fullmatch(id) is None:
        raise ValueError("A message id is 1 to 256 letters, digits, hyphens and underscores.")
    return _signature(_key(secret), _signed_bytes(id, timestamp, body)).decode()


def _signed_bytes(id: str, timestamp: str, body: bytes) -> bytes:
    return b"%b.%b.%b" % (id.encode(), timestamp.encode(), body)


def _signature(key: bytes, signed: bytes) -> bytes:
    return b"v1," + binascii.b2a_base64(hmac.digest(key, signed, "sha256"), newline=False)


def _key(secret: str) -> bytes:
    """Return the bytes a secret stands for, or raise `ValueError` for one that stands for none.

    Not cached: decoding costs under 1 µs, and a cache would keep endpoints' secrets alive in memory. The
    prefix and the padding are optional, as in the reference libraries.
    """
    try:
        text = secret.removeprefix(SECRET_PREFIX)
        key = binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True)
    except (AttributeError, TypeError, ValueError):  # not text; not base64 (binascii.Error is a ValueError).
        key = b""
    if not key:
        # Raised here, outside the handler: a chained error could carry the secret into a log.
        raise ValueError(
            f"A webhook secret is {SECRET_PREFIX!r} followed by standard base64, without spaces or line ends."
        )
    return key
