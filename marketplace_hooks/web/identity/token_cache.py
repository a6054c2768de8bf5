"""Token cache: the bearer tokens that this process has verified before.

A token's role and subject never change; only a revocation must take effect at once. So only views whose own statement
verifies the token may trust the cache: they are marked with `self_verifying`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from .identity import Identity

View = TypeVar("View", bound=Callable[..., Any])

MAX_TOKENS = 10_000
"""With more the cache is emptied, and filled again one by one."""


class TokenCache:
    """Identities by the SHA-256 of the token's text: no secret is in memory."""

    def __init__(self) -> None:
        self._known: dict[bytes, Identity] = {}

    def find(self, text: str) -> Identity | None:
        """The identity of this token when it was last verified."""
        return self._known.get(_digest(text))

    def remember(self, text: str, identity: Identity) -> None:
        """The token was verified."""
        if len(self._known) >= MAX_TOKENS:
            self._known.clear()
        self._known[_digest(text)] = identity

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
