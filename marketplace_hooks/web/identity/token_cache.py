"""Which tokens has this process found good before?

A token's role and subject never change; only that it was revoked must be seen at once. So only views that read in their
own statement whether the token still stands may trust what is remembered here: they say so with `looks_at_token`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from .identity import Identity

View = TypeVar("View", bound=Callable[..., Any])

MOST = 10_000
"""Tokens remembered; then all are forgotten, and found again one by one."""


class TokenCache:
    """Who stands behind a token's text, by the text's SHA-256: no secret lies in memory."""

    def __init__(self) -> None:
        self._known: dict[bytes, Identity] = {}

    def find(self, text: str) -> Identity | None:
        """Who stood behind this token when it was last looked up."""
        return self._known.get(_digest(text))

    def remember(self, text: str, identity: Identity) -> None:
        """The token was found good."""
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[_digest(text)] = identity

    def forget(self, text: str) -> None:
        """The token opens nothing any more."""
        self._known.pop(_digest(text), None)


def self_verifying(view: View) -> View:
    """The view's own statement says whether the token stands, and refuses one that does not."""
    view.mh_self_verifying = True  # type: ignore[attr-defined] # a mark that functools.wraps carries outwards
    return view


def is_self_verifying(view: Callable[..., Any] | None) -> bool:
    """Whether the view looks by itself."""
    return getattr(view, "mh_looks_at_token", False)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
