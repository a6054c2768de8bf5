"""Cursor pagination: an opaque cursor, base64 of the list's name and its last key.

It is neither a secret nor a permission: a forged one only begins somewhere else in what its sender may see anyway.
"""

from __future__ import annotations

import base64
import binascii

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
        raise Refused("this cursor is none of this list's; begin without one", code="cursor_malformed")
    return key


def decode_number(kind: str, cursor: str | None) -> int | None:
    """The same for a list whose keys are numbers."""
    key = decode(kind, cursor)
    if key is None:
        return None
    if not (key.isascii() and key.isdecimal() and len(key) <= 18):
        raise Refused("this cursor is none of this list's; begin without one", code="cursor_malformed")
    return int(key)
