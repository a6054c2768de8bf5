"""Parsers of settings: from a string of the environment, or a value of a file, to a typed value.

Each raises `SettingError` with the end of a sentence that begins with the name of the setting: "must be …".
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MAXIMUM = 1_000_000_000
_DIGITS = re.compile(r"-?[0-9]{1,12}", re.ASCII)
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_ADDRESS = re.compile(r"(?i:https?)://[\x21-\x7e]+")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SOURCE = re.compile(r"[A-Za-z0-9_-]{1,64}")


class SettingError(ValueError):
    """The value of a setting is wrong. The message follows the name of the setting in a sentence: "must be text"."""


def as_text(value: Any) -> str:
    """Text, unchanged."""
    if not isinstance(value, str):
        raise SettingError("must be text")
    return value


def as_address(value: Any) -> str:
    """An absolute http or https URL that a header can hold: visible ASCII, no blanks."""
    text = as_text(value).strip()
    if not _ADDRESS.fullmatch(text):
        raise SettingError("must be an address, such as: https://hooks.example.com")
    return text


def as_mailbox(value: Any) -> str:
    """An e-mail address without a display name."""
    text = as_text(value).strip()
    if not _MAILBOX.fullmatch(text):
        raise SettingError("must be an e-mail address, such as: no-reply@example.com")
    return text


def as_contact(value: Any) -> str:
    """A contact: an e-mail address, or the URL of a page."""
    text = as_text(value).strip()
    if not (_ADDRESS.fullmatch(text) or _MAILBOX.fullmatch(text)):
        raise SettingError("must be an e-mail address or the address of a page")
    return text


def as_days(minimum: int, maximum: int, unit: str = "days") -> Callable[[Any], int]:
    """A number of days, or of another unit, from `minimum` to `maximum`."""

    def parse(value: Any) -> int:
        number = as_integer(value)
        if not minimum <= number <= maximum:
            raise SettingError(f"must be {minimum} to {maximum} {unit}")
        return number

    return parse


def as_choice(*choices: str) -> Callable[[Any], str]:
    """One of these values."""

    def parse(value: Any) -> str:
        if value not in choices:
            raise SettingError(f"must be one of {', '.join(choices)}")
        return str(value)

    return parse


def as_integer(value: Any) -> int:
    """A whole number that is not negative."""
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingError("must be a whole number")
    if not 0 <= value < MAXIMUM:
        raise SettingError("must not be negative, nor larger than a billion")
    return value


def as_count(value: Any) -> int:
    """A whole number, at least one."""
    number = as_integer(value)
    if number == 0:
        raise SettingError("must be at least 1")
    return number


def as_seconds(value: Any) -> float:
    """A number of seconds, more than zero."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise SettingError("must be a number of seconds")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise SettingError("must be a number of seconds") from None
    if not 0 < number < MAXIMUM:
        raise SettingError("must be more than zero, and less than a billion seconds")
    return number


def as_seconds_up_to(maximum: float) -> Callable[[Any], float]:
    """A number of seconds, more than zero and at most `maximum`."""

    def parse(value: Any) -> float:
        number = as_seconds(value)
        if number > maximum:
            raise SettingError(f"must be at most {maximum:.0f} seconds")
        return number

    return parse


def as_prefix(value: Any) -> str:
    """The prefix of a path, such as `/addons`; empty, or `/`, for none."""
    text = as_text(value).rstrip("/")
    if text and not _PREFIX.fullmatch(text):
        raise SettingError("must begin with /, such as: /addons")
    return text


def as_issuer(value: Any) -> str:
    """The issuer URL of an OpenID Connect provider."""
    text = as_text(value)
    if not is_secure_or_local(text):
        raise SettingError("must be an https address, such as: https://id.example.com/realms/market")
    return text


def is_secure_or_local(url: Any) -> bool:
    """Whether nobody can read requests to this URL on their way: https, or this machine."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        return False
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))


def is_loopback(host: str) -> bool:
    """Whether this name or address is this machine's own, which no other machine reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def as_pairs(value: Any) -> Mapping[str, str]:
    """A mapping: `theirs=ours theirs=ours`, or a table of the same."""
    pairs = value.items() if isinstance(value, Mapping) else (word.rpartition("=")[::2] for word in as_words(value))
    mapping = {as_text(theirs): as_text(ours) for theirs, ours in pairs}
    if not all(theirs and ours for theirs, ours in mapping.items()):
        raise SettingError("must be written theirs=ours, such as: vendors=seller staff=operator")
    return mapping


def as_boolean(value: Any) -> bool:
    """A boolean: true, yes, on, 1 or their opposites."""
    if isinstance(value, bool):
        return value
    values = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if isinstance(value, str) and value.lower() in values:
        return values[value.lower()]
    raise SettingError("must be true or false")


def as_zone(value: Any) -> ZoneInfo:
    """A time zone, by its IANA name."""
    try:
        return ZoneInfo(as_text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a directory of zones.
        raise SettingError(f"{value!r} is not a time zone; example: Europe/Paris") from error


def as_path(value: Any) -> Path:
    """An absolute path; `~` is the user's home directory."""
    return Path(os.fspath(value)).expanduser().absolute()


def as_words(value: Any) -> tuple[str, ...]:
    """A list of words, or one string of words separated by blanks or commas."""
    if isinstance(value, list | tuple):
        return tuple(as_text(word) for word in value)
    return tuple(as_text(value).replace(",", " ").split())


def as_durations(value: Any) -> tuple[float, ...]:
    """A list of numbers of seconds."""
    items = value if isinstance(value, list | tuple) else as_text(value).replace(",", " ").split()
    try:
        numbers = tuple(float(item) for item in items if not isinstance(item, bool))
    except (TypeError, ValueError, OverflowError):
        numbers = ()
    if not numbers or len(numbers) != len(items) or not all(0 <= number < MAXIMUM for number in numbers):
        raise SettingError("must be seconds, such as: 0 5 300")
    return numbers


def as_networks(value: Any) -> tuple[str, ...]:
    """Networks written `CIDR[:port]`, an IPv6 network in brackets when it has a port."""
    networks = as_words(value)
    for word in networks:
        network, _, port = word.rpartition(":") if "]:" in word or word.count(":") == 1 else (word, "", "")
        try:
            ipaddress.ip_network(network.strip("[]"))
        except ValueError:
            raise SettingError(f"{word!r} is not CIDR[:port]; example: 127.0.0.0/8:9000") from None
        if port and not 0 < int(port) < 65536:
            raise SettingError(f"{word!r} has no such port")
    return networks


def as_addresses(value: Any) -> tuple[str, ...]:
    """Networks in CIDR notation, or single addresses."""
    words = as_words(value)
    for word in words:
        try:
            ipaddress.ip_network(word)
        except ValueError:
            raise SettingError(f"{word!r} is no network; example: 10.0.0.0/8") from None
    return words


def as_secrets(value: Any) -> Mapping[str, tuple[str, ...]]:
    """Webhook secrets by source: `source=whsec_… source=whsec_…`, or a table of source → secret or list of secrets."""
    pairs: list[tuple[str, str]] = []
    if isinstance(value, Mapping):
        for source, secrets in value.items():
            pairs += [(source, secret) for secret in as_words(secrets)]
    else:
        for word in as_words(value):
            source, equals, secret = word.partition("=")
            pairs.append((source, secret) if equals and not source.startswith("whsec_") else ("marketplace", word))
    by_source: dict[str, tuple[str, ...]] = {}
    for source, secret in pairs:
        if "whsec_" in source:  # the text may hold the secret itself: it is not repeated.
            raise SettingError("must be written source=whsec_…, with one = between the two")
        if not _SOURCE.fullmatch(source):
            raise SettingError(f"{source!r} is not a source's name (1 to 64 letters, digits, - and _)")
        webhook_key(secret)
        by_source[source] = (*by_source.get(source, ()), secret)
    return by_source


def webhook_key(secret: str) -> bytes:
    """The key of a webhook secret `whsec_…`; raises `SettingError` when it is malformed or short."""
    try:
        if not secret.startswith("whsec_"):
            raise ValueError
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (ValueError, binascii.Error):
        raise SettingError("a secret must be whsec_ and base64; make one with: marketplace-hooks secret") from None
    if len(key) < 16:
        raise SettingError("a secret must hold at least 16 bytes; 32 random ones are usual")
    return key


def as_key(value: Any) -> bytes:
    """A key of at least 16 bytes, in hexadecimal or base64."""
    text = as_text(value).strip()
    try:
        is_hexadecimal = len(text) % 2 == 0 and set(text) <= set("0123456789abcdefABCDEF")
        key = bytes.fromhex(text) if is_hexadecimal else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise SettingError("must be hexadecimal or base64; make one with: openssl rand -hex 32") from None
    if len(key) < 16:
        raise SettingError("must hold at least 16 bytes; 32 random ones are usual")
    return key


def optional(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`parse`, with None for an empty value."""
    return lambda value: None if value in (None, "") else parse(value)
