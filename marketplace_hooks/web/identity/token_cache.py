"""Token cache: the bearer tokens that this process has verified within the last minute.

A token's role, subject, scopes and expiry never change; only a revocation must take effect at once. So only views
whose own statement verifies the token may trust the cache: they are marked with `self_verifying`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from .identity import Identity

View = TypeVar("View", bound=Callable[..., Any])

LASTS_S = 60.0
"""Then a token is verified anew, and the time of its use is written."""
MAX_TOKENS = 10_000
"""With more the cache is emptied, and filled again one by one."""


class TokenCache:
    """Identities by the SHA-256 of the token's text: no secret is in memory."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[Identity, float]] = {}

    def find(self, text: str) -> Identity | None:
        """The identity of this token when it was last verified; None where that was long ago, or it has expired."""
        known = self._known.get(_digest(text))
        return known[0] if known is not None and time.time() < known[1] else None

    def remember(self, text: str, identity: Identity, expires_at: datetime | None) -> None:
        """The token was verified."""
        if len(self._known) >= MAX_TOKENS:
            self._known.clear()
        until_s = time.time() + LASTS_S
        if expires_at is not None:
            until_s = min(until_s, expires_at.timestamp())
        self._known[_digest(text)] = identity, until_s

    def forget(self, text: str) -> None:
        """The token was refused."""
        self._known.pop(_digest(text), None)


def self_verifying(view: View) -> View:
    """Mark a view whose own statement verifies the token, and which refuses one that is revoked."""
    view.mh_self_verifying = True  # type: ignore[attr-defined] # a mark that functools.wraps carries outwards
    return view


def is_self_verifying(view: Callable[..., Any] | None) -> bool:
    """Whether the view verifies the token itself."""
    return getattr(view, "mh_self_verifying", False)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
