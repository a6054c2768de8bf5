"""Senders: sources of events that sign otherwise than Standard Webhooks, or post payloads of their own.

A sender has a signature scheme, either one of `PRESETS` or one spelt out, and may have a mapping: the function that
turns its payloads into our events. An incomplete configuration stops the start: nothing is ever accepted without proof
of its sender.
"""

from __future__ import annotations

import difflib
import enum
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .parsers import SettingError, as_seconds_up_to, as_text, webhook_key

STANDARD_TOLERANCE_S = 300.0
LONGEST_TOLERANCE_S = 3_600.0
SHORTEST_SECRET = 16
"""Characters of the secret of a sender."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,30}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,100}")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_MAPPING = re.compile(r"[A-Za-z_][\w.]*(?::[A-Za-z_][\w.]*)?|[A-Za-z0-9_-]+", re.ASCII)


class Method(enum.StrEnum):
    """How a sender proves that a request is its own."""

    STANDARD = "standard"
    HMAC = "hmac"
    BASIC = "basic"
    BEARER = "bearer"


class ValueLocation(enum.StrEnum):
    """In which part of a request a value stands."""

    HEADER = "header"
    JSON = "json"
    ITEM = "item"
    BODY = "body"


@dataclass(frozen=True, kw_only=True, slots=True)
class ValuePlace:
    """Where a value stands: in a header, in the JSON of the body (a dotted path), in an item of the signature's header
    (`t=…,v1=…`); or, for an id alone, the SHA-256 of the body.
    """

    kind: ValueLocation
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sender:
    """A sender's scheme. `signed` is what an HMAC is made of, `item` names the signature in a header of several items.

    `mapping` is `package.module:function`, or the name of an entry point; None: the sender posts our own envelope.
    """

    method: Method
    header: str = ""
    algorithm: str = "sha256"
    encoding: str = "hex"
    prefix: str = ""
    item: str = ""
    signed: str = "{body}"
    timestamp: ValuePlace | None = None
    tolerance_s: float = STANDARD_TOLERANCE_S
    event_id: ValuePlace | None = None
    topic: ValuePlace | None = None
    mapping: str | None = None


PRESETS: Mapping[str, Mapping[str, str]] = {
    "shopify": {
        "scheme": "hmac",
        "header": "X-Shopify-Hmac-Sha256",
        "encoding": "base64",
        "event_id": "header:X-Shopify-Webhook-Id",
        "topic": "header:X-Shopify-Topic",
    },
    "stripe": {
        "scheme": "hmac",
        "header": "Stripe-Signature",
        "encoding": "hex",
        "item": "v1",
        "signed": "{timestamp}.{body}",
        "timestamp": "item:t",
        "event_id": "json:id",
        "topic": "json:type",
    },
    "github": {
        "scheme": "hmac",
        "header": "X-Hub-Signature-256",
        "encoding": "hex",
        "prefix": "sha256=",
        "event_id": "header:X-GitHub-Delivery",
        "topic": "header:X-GitHub-Event",
    },
    "prestashop": {
        "scheme": "hmac",
        "header": "X-PrestaShop-Signature",
        "encoding": "hex",
        "event_id": "json:id",
        "topic": "json:event",
    },
}
"""Schemes by name. Whatever a sender says beside it takes the place of what stands here."""

_CHOICES = {"algorithm": ("sha256", "sha384", "sha512"), "encoding": ("hex", "base64")}
_KEYS: Mapping[Method, frozenset[str]] = {
    Method.STANDARD: frozenset({"topic", "mapping"}),
    Method.HMAC: frozenset(
        "header algorithm encoding prefix item signed timestamp tolerance_s event_id topic mapping".split()
    ),
    Method.BASIC: frozenset({"event_id", "topic", "mapping"}),
    Method.BEARER: frozenset({"header", "prefix", "event_id", "topic", "mapping"}),
}
_DEFAULTS: Mapping[Method, Mapping[str, str]] = {
    Method.BASIC: {"header": "Authorization", "prefix": "Basic "},
    Method.BEARER: {"header": "Authorization", "prefix": "Bearer "},
}
_REQUIRED: Mapping[Method, tuple[str, ...]] = {
    Method.STANDARD: (),
    Method.HMAC: ("header", "encoding", "event_id"),
    Method.BASIC: ("event_id",),
    Method.BEARER: ("event_id",),
}


def as_senders(value: Any) -> Mapping[str, Sender]:
    """Senders by the name of their source: a table of tables, or the same as JSON."""
    content = _from_json(value) if isinstance(value, str) else value
    if not isinstance(content, Mapping) or not all(isinstance(one, Mapping) for one in content.values()):
        raise SettingError('must be a table for each source, or JSON such as: {"shop": {"scheme": "shopify"}}')
    for name in content:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise SettingError(f"{name!r} is not a sender's name (1 to 30 letters, digits, - and _)")
    return {name: _as_sender(name, given) for name, given in content.items()}


def as_sender_secrets(value: Any) -> Mapping[str, tuple[str, ...]]:
    """Secrets by source: `source=secret source=secret`, or a table of source → secret or list of secrets."""
    pairs: list[tuple[str, str]] = []
    if isinstance(value, Mapping):
        for source, secrets in value.items():
            pairs += [(source, as_text(one)) for one in (secrets if isinstance(secrets, list | tuple) else [secrets])]
    else:
        # The secret itself may hold commas and equals signs: it ends at a blank.
        pairs = [(word.partition("=")[0], word.partition("=")[2]) for word in as_text(value).split()]
    by_source: dict[str, tuple[str, ...]] = {}
    for source, secret in pairs:
        if not isinstance(source, str) or not _NAME.fullmatch(source):  # it may be the secret: it is not repeated.
            raise SettingError("must be written source=secret")
        if len(secret) < SHORTEST_SECRET:
            raise SettingError(f"a secret of {source} must have at least {SHORTEST_SECRET} characters")
        by_source[source] = (*by_source.get(source, ()), secret)
    return by_source


def sender_faults(
    senders: Mapping[str, Sender], secrets: Mapping[str, tuple[str, ...]], standard: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    """A sentence for each sender without a secret, secret without a sender, and source of two schemes."""
    for name in senders.keys() - secrets.keys():
        yield f"WEBHOOK_SENDERS: {name} has no secret in WEBHOOK_SENDER_SECRETS, and nothing is accepted unsigned."
    for name in secrets.keys() - senders.keys():
        yield f"WEBHOOK_SENDER_SECRETS: {name} is not in WEBHOOK_SENDERS, which says how it signs."
    for name in senders.keys() & standard.keys():
        yield f"WEBHOOK_SENDERS: {name} has secrets in WEBHOOK_SECRETS too; a source signs in one way."
    for name in senders.keys() & secrets.keys():
        yield from _secret_faults(name, senders[name].method, secrets[name])


def _secret_faults(name: str, method: Method, secrets: tuple[str, ...]) -> Iterator[str]:
    for secret in secrets:
        if method is Method.STANDARD:
            try:
                webhook_key(secret)
            except SettingError as error:
                yield f"WEBHOOK_SENDER_SECRETS: {name}: {error}."
        elif method is Method.BASIC:
            user, colon, password = secret.partition(":")
            if not (user and colon and len(password) >= SHORTEST_SECRET):
                yield (
                    f"WEBHOOK_SENDER_SECRETS: {name} must be written user:password, with a password of at least "
                    f"{SHORTEST_SECRET} characters."
                )


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise SettingError('must be JSON, such as: {"shop": {"scheme": "shopify"}}') from None


def _as_sender(name: str, given: Mapping[str, Any]) -> Sender:
    scheme = str(given.get("scheme", ""))
    preset = PRESETS.get(scheme)
    if preset is None and scheme not in list(Method):
        raise SettingError(f"{name}.scheme must be one of {', '.join([*PRESETS, *Method])}")
    method = Method(preset["scheme"] if preset else scheme)
    values = {**_DEFAULTS.get(method, {}), **(preset or {}), **given}
    del values["scheme"]
    allowed = _KEYS[method] | _DEFAULTS.get(method, {}).keys()
    for key in given:
        if key not in {"scheme", *_KEYS[method]}:
            close = difflib.get_close_matches(str(key), allowed, 1)
            raise SettingError(f"{name}.{key} is not known{f'; did you mean {close[0]}' if close else ''}")
    for key in _REQUIRED[method]:
        if not values.get(key):
            raise SettingError(f"{name}.{key} is missing, which the scheme {scheme} needs")
    sender = Sender(method=method, **{key: _parsed(f"{name}.{key}", key, one) for key, one in values.items()})
    _check_timestamp(name, sender, "tolerance_s" in given)
    return sender


def _parsed(label: str, key: str, value: Any) -> Any:
    if key == "tolerance_s":
        try:
            return as_seconds_up_to(LONGEST_TOLERANCE_S)(value)
        except SettingError as error:
            raise SettingError(f"{label} {error}") from None
    if not isinstance(value, str):
        raise SettingError(f"{label} must be text")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise SettingError(f"{label} must be one of {', '.join(_CHOICES[key])}")
    if key == "header" and not _HEADER.fullmatch(value):
        raise SettingError(f"{label} must be the name of a header")
    if key == "mapping" and not _MAPPING.fullmatch(value):
        raise SettingError(f"{label} must be package.module:function, or the name of an entry point")
    return _as_place(label, key, value) if key in _PLACES else value


_PLACES: Mapping[str, tuple[ValueLocation, ...]] = {
    "event_id": (ValueLocation.HEADER, ValueLocation.JSON, ValueLocation.BODY),
    "topic": (ValueLocation.HEADER, ValueLocation.JSON),
    "timestamp": (ValueLocation.HEADER, ValueLocation.ITEM),
}


def _as_place(label: str, key: str, value: str) -> ValuePlace:
    kind, _, name = value.partition(":")
    is_good = (
        kind in _PLACES[key]
        and bool(name) == (kind != ValueLocation.BODY)
        and (kind != ValueLocation.HEADER or _HEADER.fullmatch(name) is not None)
        and "" not in (name.split(".") if name else [])
    )
    if not is_good:
        examples = {"header": "header:X-Name", "json": "json:data.id", "item": "item:t", "body": "body"}
        raise SettingError(f"{label} must be written {' or '.join(examples[one] for one in _PLACES[key])}")
    return ValuePlace(kind=ValueLocation(kind), name=name)


def _check_timestamp(name: str, sender: Sender, has_tolerance: bool) -> None:
    """What is signed holds the body, and the timestamp where there is one: one that is not signed bounds nothing."""
    placeholders = _PLACEHOLDER.findall(sender.signed)
    if placeholders.count("body") != 1 or not {"body", "timestamp", "id"}.issuperset(placeholders):
        raise SettingError(f"{name}.signed must hold {{body}} once, and may hold {{timestamp}} and {{id}}")
    if "timestamp" in placeholders and sender.timestamp is None:
        raise SettingError(f"{name}.timestamp is missing: signed holds {{timestamp}}, and nothing says where it stands")
    if sender.timestamp is not None and "timestamp" not in placeholders:
        raise SettingError(f"{name}.signed lacks {{timestamp}}: a timestamp that is not signed proves nothing")
    if has_tolerance and sender.timestamp is None:
        raise SettingError(f"{name}.tolerance_s is for a timestamp, and there is none")
    if sender.timestamp is not None and sender.timestamp.kind is ValueLocation.ITEM and not sender.item:
        raise SettingError(f"{name}.item is missing: timestamp is an item of the signature's header, and the signature")
    if "id" in placeholders and (sender.event_id is None or sender.event_id.kind is not ValueLocation.HEADER):
        raise SettingError(f"{name}.event_id must be a header: signed holds {{id}}")
