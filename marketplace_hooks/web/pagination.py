"""Cursor pagination: an opaque cursor, base64 of the list's name and its last key.

It is neither a secret nor a permission: a forged one only begins somewhere else in what its sender may see anyway.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from ..domain.instants import format_instant, parse_instant
from ..errors import Refused

MAX_KEY_LENGTH = 400


def encode(kind: str, key: str | int | None) -> str | None:
    """The cursor of the page after `key`; None after the last page."""
    if key is None:
        return None
    return base64.urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("=")


def decode(kind: str, cursor: str | None) -> str | None:
    """The key that a cursor of this list holds. Raises `Refused` (`cursor_malformed`) for anything else."""
    if cursor is None:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        name, colon, key = base64.b64decode(padded, b"-_", validate=True).decode().partition(":")
    except (binascii.Error, UnicodeError, ValueError):
        name = colon = key = ""
    if name != kind or not colon or not key.isprintable() or not 0 < len(key) <= MAX_KEY_LENGTH:
        raise malformed_cursor()
    return key


def decode_number(kind: str, cursor: str | None) -> int | None:
    """The same for a list whose keys are numbers."""
    key = decode(kind, cursor)
    return None if key is None else _number(key)


def position_key(at: datetime | None, id_: str | int) -> str:
    """The key of an entry of a list that is ordered by instants, then by ids."""
    return f"{format_instant(at) if at else ''}|{id_}"


def decode_position(kind: str, cursor: str | None) -> tuple[datetime, str] | None:
    """The (instant, id) of such a list; None without a cursor."""
    key = decode(kind, cursor)
    if key is None:
        return None
    at, _, id_ = key.partition("|")
    instant = parse_instant(at)
    if instant is None or not id_:
        raise malformed_cursor()
    return instant, id_


def decode_numbered_position(kind: str, cursor: str | None) -> tuple[datetime | None, int] | None:
    """The same for a list with numbers for ids, some of whose entries have no instant."""
    key = decode(kind, cursor)
    if key is None:
        return None
    at, _, number = key.partition("|")
    instant = parse_instant(at) if at else None
    if at and instant is None:
        raise malformed_cursor()
    return instant, _number(number)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise malformed_cursor()
    return int(text)


def malformed_cursor() -> Refused:
    """What is raised for a cursor that is none of the list's."""
    return Refused("this cursor is none of this list's; begin without one", code="cursor_malformed")
