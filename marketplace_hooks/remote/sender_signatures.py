"""Signatures of senders that do not speak Standard Webhooks: verify what they sign, and sign as they do for a trial.

An HMAC over the raw body, or over a text of timestamp, id and body; as the last resort basic authentication or a fixed
bearer token. Every secret is compared, in constant time. What is signed is what travelled: the body is never parsed
here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..config.senders import Method, Sender, ValueLocation, ValuePlace
from ..errors import SignatureRejected
from .signatures import HeaderMapping, signed_headers, verify

MOST_ITEMS = 20
"""Items of one header that are looked at: a sender that rotates its secret sends two signatures."""
_TIMESTAMP = re.compile(r"[1-9][0-9]{0,11}")
_PLACEHOLDER = re.compile(r"\{(body|timestamp|id)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SenderMessage:
    """What a sender vouched for beside the body. `timestamp` is None where the scheme has none, and `id` where it
    stands elsewhere than in a Standard Webhooks header.
    """

    timestamp: datetime | None
    id: str | None = None


def verify_sender(
    sender: Sender, headers: HeaderMapping, body: bytes, secrets: Sequence[str], now: datetime
) -> SenderMessage:
    """Accept a request that the sender signed with one of `secrets`; else `SignatureRejected`.

    Nothing a client can put into headers or body raises anything else.
    """
    if sender.method is Method.STANDARD:
        message = verify(headers, body, secrets, now)
        return SenderMessage(timestamp=message.timestamp, id=message.id)
    presented = _header(headers, sender.header)
    if sender.method is Method.HMAC:
        return SenderMessage(timestamp=_verify_hmac(sender, headers, presented, body, secrets, now))
    if not presented.lower().startswith(sender.prefix.lower()):
        raise SignatureRejected(f"The header {sender.header} has another form.", code="signature_unreadable")
    credential = presented[len(sender.prefix) :].strip().encode("latin-1", "replace")
    if sender.method is Method.BASIC:
        credential = _decoded(credential)
    # Digests are compared, which are of one length: a comparison of texts would tell how long the secret is.
    given = hashlib.sha256(credential).digest()
    if not _any([hmac.compare_digest(given, hashlib.sha256(secret.encode()).digest()) for secret in secrets]):
        raise SignatureRejected("The credential is not one of this source's.", code="signature_mismatch")
    return SenderMessage(timestamp=None)


def sign_as(sender: Sender, body: bytes, secret: str, *, event_id: str, topic: str, now: datetime) -> dict[str, str]:
    """The headers of a request as the sender itself would send it, for a trial: signature, and id and topic where they
    stand in headers.
    """
    if sender.method is Method.STANDARD:
        headers = signed_headers(event_id, now, body, [secret])
    elif sender.method is Method.HMAC:
        headers = _hmac_headers(sender, body, secret, event_id, now)
    else:
        credential = base64.b64encode(secret.encode()).decode() if sender.method is Method.BASIC else secret
        headers = {sender.header: f"{sender.prefix}{credential}"}
    for place, value in ((sender.event_id, event_id), (sender.topic, topic)):
        if place is not None and place.kind is ValueLocation.HEADER:
            headers[place.name] = value
    return headers


def header_of(headers: HeaderMapping, name: str) -> str | None:
    """The value of a header, in any letter case; None where there is none."""
    value = headers.get(name)
    if value is None:  # a dict of captured headers knows no letter case.
        value = next((held for key, held in headers.items() if str(key).lower() == name.lower()), None)
    return value if isinstance(value, str) else None


def _header(headers: HeaderMapping, name: str) -> str:
    value = header_of(headers, name)
    if not value:
        raise SignatureRejected(f"The header {name} is missing.", code="signature_header_missing", header=name)
    return value


def _verify_hmac(
    sender: Sender, headers: HeaderMapping, presented: str, body: bytes, secrets: Iterable[str], now: datetime
) -> datetime | None:
    items = _items(presented) if sender.item else []
    timestamp = ""
    sent_at = None
    if sender.timestamp is not None:
        timestamp = _text_at(sender.timestamp, headers, items)
        sent_at = _checked_timestamp(timestamp, sender.tolerance_s, now)
    signatures = [value for name, value in items if name == sender.item] if sender.item else [presented.strip()]
    prefix = sender.prefix
    candidates = [one.removeprefix(prefix).encode() for one in signatures if one.startswith(prefix) and one.isascii()]
    if sender.encoding == "hex":
        candidates = [one.lower() for one in candidates]
    if not candidates:
        raise SignatureRejected(f"The header {sender.header} holds no signature.", code="signature_unreadable")
    event_id = ""
    if "{id}" in sender.signed and sender.event_id is not None:
        event_id = _header(headers, sender.event_id.name)
    signed = _signed(sender, body, timestamp, event_id)
    expected = [_signature(sender, signed, secret) for secret in secrets]
    if not _any([hmac.compare_digest(one, other) for one in expected for other in candidates]):
        raise SignatureRejected("No signature matches a secret of this source.", code="signature_mismatch")
    return sent_at


def _hmac_headers(sender: Sender, body: bytes, secret: str, event_id: str, now: datetime) -> dict[str, str]:
    timestamp = str(int(now.timestamp()))
    signature = sender.prefix + _signature(sender, _signed(sender, body, timestamp, event_id), secret).decode()
    items = [f"{sender.item}={signature}"] if sender.item else [signature]
    headers = {}
    if sender.timestamp is not None and sender.timestamp.kind is ValueLocation.ITEM:
        items.insert(0, f"{sender.timestamp.name}={timestamp}")
    elif sender.timestamp is not None:
        headers[sender.timestamp.name] = timestamp
    return {**headers, sender.header: ",".join(items)}


def _any(matches: list[bool]) -> bool:
    """Whether one is true, after all of them were compared: no early exit tells by its time which one it was."""
    return any(matches)


def _items(text: str) -> list[tuple[str, str]]:
    parts = [item.partition("=") for item in text.split(",", MOST_ITEMS)[:MOST_ITEMS]]
    return [(name.strip(), value.strip()) for name, _, value in parts]


def _text_at(place: ValuePlace, headers: HeaderMapping, items: list[tuple[str, str]]) -> str:
    if place.kind is ValueLocation.HEADER:
        return _header(headers, place.name)
    found = next((value for name, value in items if name == place.name), None)
    if not found:
        raise SignatureRejected(f"The item {place.name} is missing.", code="signature_timestamp_malformed")
    return found


def _checked_timestamp(text: str, tolerance_s: float, now: datetime) -> datetime:
    if _TIMESTAMP.fullmatch(text) is None:
        raise SignatureRejected("The timestamp is malformed.", code="signature_timestamp_malformed")
    age_s = now.timestamp() - int(text)
    if age_s > tolerance_s:
        raise SignatureRejected(f"The message was sent over {tolerance_s:.0f} s ago.", code="signature_too_old")
    if age_s < -tolerance_s:
        raise SignatureRejected("The message comes from the future.", code="signature_too_new")
    return datetime.fromtimestamp(int(text), UTC)


def _signed(sender: Sender, body: bytes, timestamp: str, event_id: str) -> bytes:
    values = {"body": body, "timestamp": timestamp.encode(), "id": event_id.encode("latin-1", "replace")}
    parts = _PLACEHOLDER.split(sender.signed)
    # `split` gives texts and placeholders in turn. Only the scheme is looked through, never what a client sent.
    return b"".join(values[part] if number % 2 else part.encode() for number, part in enumerate(parts))


def _signature(sender: Sender, signed: bytes, secret: str) -> bytes:
    digest = hmac.digest(secret.encode(), signed, sender.algorithm)
    return digest.hex().encode() if sender.encoding == "hex" else base64.b64encode(digest)


def _decoded(credential: bytes) -> bytes:
    try:
        return base64.b64decode(credential, validate=True)
    except (ValueError, binascii.Error):
        raise SignatureRejected("The credential is not base64.", code="signature_unreadable") from None
