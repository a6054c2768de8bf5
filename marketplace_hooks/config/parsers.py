"""What does the value of a setting mean, as a text of the environment or as a value of a file?

Each function returns the value, typed, or raises ValueError with what is wrong, to be read after the setting's name.
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

MOST = 1_000_000_000
_DIGITS = re.compile(r"-?[0-9]{1,12}", re.ASCII)
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_ADDRESS = re.compile(r"(?i:https?)://[\x21-\x7e]+")
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_SOURCE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def as_text(value: Any) -> str:
    """A text as it is."""
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def as_address(value: Any) -> str:
    """An absolute http or https address, as it can stand in a header: visible ASCII, no blanks."""
    text = as_text(value).strip()
    if not _ADDRESS.fullmatch(text):
        raise ValueError("must be an address, such as: https://hooks.example.com")
    return text


def as_mailbox(value: Any) -> str:
    """An e-mail address alone, without a name."""
    text = as_text(value).strip()
    if not _MAILBOX.fullmatch(text):
        raise ValueError("must be an e-mail address, such as: no-reply@example.com")
    return text


def as_contact(value: Any) -> str:
    """Where people write to: an e-mail address, or the address of a page."""
    text = as_text(value).strip()
    if not (_ADDRESS.fullmatch(text) or _MAILBOX.fullmatch(text)):
        raise ValueError("must be an e-mail address or the address of a page")
    return text


def as_days(least: int, most: int) -> Callable[[Any], int]:
    """A number of days between these two, both included."""

    def parse(value: Any) -> int:
        number = as_integer(value)
        if not least <= number <= most:
            raise ValueError(f"must be {least} to {most} days")
        return number

    return parse


def as_choice(*choices: str) -> Callable[[Any], str]:
    """One of these words."""

    def parse(value: Any) -> str:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return str(value)

    return parse


def as_integer(value: Any) -> int:
    """A whole number that is not negative."""
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    if not 0 <= value < MOST:
        raise ValueError("must not be negative, nor larger than a billion")
    return value


def as_count(value: Any) -> int:
    """A whole number, at least one: with none of it nothing would ever be done."""
    number = as_integer(value)
    if number == 0:
        raise ValueError("must be at least 1")
    return number


def as_seconds(value: Any) -> float:
    """A number of seconds, more than zero."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("must be a number of seconds")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError("must be a number of seconds") from None
    if not 0 < number < MOST:
        raise ValueError("must be more than zero, and less than a billion seconds")
    return number


def as_prefix(value: Any) -> str:
    """The beginning of a path, `/addons`; nothing, or `/`, for none."""
    text = as_text(value).rstrip("/")
    if text and not _PREFIX.fullmatch(text):
        raise ValueError("must begin with /, such as: /addons")
    return text


def as_issuer(value: Any) -> str:
    """The address of an OpenID Connect provider, as it names itself."""
    text = as_text(value)
    if not is_secure_or_here(text):
        raise ValueError("must be an https address, such as: https://id.example.com/realms/market")
    return text


def is_secure_or_here(url: Any) -> bool:
    """Whether what is said to this address is read by nobody on the way: https, or this very machine."""
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
    except ValueError:
        return False
    is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_local))


def as_pairs(value: Any) -> Mapping[str, str]:
    """`theirs=ours theirs=ours`, or a table of the same."""
    pairs = value.items() if isinstance(value, Mapping) else (word.rpartition("=")[::2] for word in as_words(value))
    found = {as_text(theirs): as_text(ours) for theirs, ours in pairs}
    if not all(theirs and ours for theirs, ours in found.items()):
        raise ValueError("must be written theirs=ours, such as: vendors=seller staff=operator")
    return found


def as_boolean(value: Any) -> bool:
    """True or false, in one of the words people write."""
    if isinstance(value, bool):
        return value
    known = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    raise ValueError("must be true or false")


def as_zone(value: Any) -> ZoneInfo:
    """A time zone by its name."""
    try:
        return ZoneInfo(as_text(value))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder of zones.
        raise ValueError(f"{value!r} is not a time zone; example: Europe/Paris") from error


def as_path(value: Any) -> Path:
    """A path, made absolute; `~` is the user's folder."""
    return Path(os.fspath(value)).expanduser().absolute()


def as_words(value: Any) -> tuple[str, ...]:
    """A list, or words between blanks or commas."""
    if isinstance(value, list | tuple):
        return tuple(as_text(word) for word in value)
    return tuple(as_text(value).replace(",", " ").split())


def as_durations(value: Any) -> tuple[float, ...]:
    """Seconds, one after the other."""
    items = value if isinstance(value, list | tuple) else as_text(value).replace(",", " ").split()
    try:
        numbers = tuple(float(item) for item in items if not isinstance(item, bool))
    except (TypeError, ValueError, OverflowError):
        numbers = ()
    if not numbers or len(numbers) != len(items) or not all(0 <= number < MOST for number in numbers):
        raise ValueError("must be seconds, such as: 0 5 300")
    return numbers


def as_networks(value: Any) -> tuple[str, ...]:
    """`CIDR[:port]`, an IPv6 network in brackets when it carries a port."""
    for word in (words := as_words(value)):
        network, _, port = word.rpartition(":") if "]:" in word or word.count(":") == 1 else (word, "", "")
        try:
            ipaddress.ip_network(network.strip("[]"))
        except ValueError:
            raise ValueError(f"{word!r} is not CIDR[:port]; example: 127.0.0.0/8:9000") from None
        if port and not 0 < int(port) < 65536:
            raise ValueError(f"{word!r} has no such port")
    return words


def as_secrets(value: Any) -> Mapping[str, tuple[str, ...]]:
    """`source=whsec_… source=whsec_…`, or a table of source → secret or list of secrets."""
    pairs: list[tuple[str, str]] = []
    if isinstance(value, Mapping):
        for source, given in value.items():
            pairs += [(source, secret) for secret in as_words(given)]
    else:
        for word in as_words(value):
            source, equals, secret = word.partition("=")
            pairs.append((source, secret) if equals and not source.startswith("whsec_") else ("marketplace", word))
    found: dict[str, tuple[str, ...]] = {}
    for source, secret in pairs:
        if "whsec_" in source:  # what stands here may hold the secret itself: it is not repeated.
            raise ValueError("must be written source=whsec_…, with one = between the two")
        if not _SOURCE.fullmatch(source):
            raise ValueError(f"{source!r} is not a source's name (1 to 64 letters, digits, - and _)")
        webhook_key(secret)
        found[source] = (*found.get(source, ()), secret)
    return found


def webhook_key(secret: str) -> bytes:
    """The bytes of a webhook secret."""
    try:
        if not secret.startswith("whsec_"):
            raise ValueError
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("a secret must be whsec_ and base64; make one with: marketplace-hooks secret") from None
    if len(key) < 16:
        raise ValueError("a secret must hold at least 16 bytes; 32 random ones are usual")
    return key


def as_key(value: Any) -> bytes:
    """At least 16 bytes, written in hexadecimal or in base64."""
    text = as_text(value).strip()
    try:
        is_hexadecimal = len(text) % 2 == 0 and set(text) <= set("0123456789abcdefABCDEF")
        key = bytes.fromhex(text) if is_hexadecimal else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("must be hexadecimal or base64; make one with: openssl rand -hex 32") from None
    if len(key) < 16:
        raise ValueError("must hold at least 16 bytes; 32 random ones are usual")
    return key


def optional(parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same, but None for nothing."""
    return lambda value: None if value in (None, "") else parse(value)
