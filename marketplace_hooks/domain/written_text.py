"""Written text: whether a text says something, and whether evidence shows something (`rules.md` 19).

Blanks and invisible characters say nothing, nor does punctuation alone. The rule is the same whoever writes, and by
whichever way it comes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0")
"""Fillers of Hangul: letters by their category, and invisible."""


def says_something(text: str) -> bool:
    """Whether a text has at least one visible letter or digit, of any script."""
    return any(char.isalnum() and char not in _BLANK_LETTERS for char in text)


def shows_something(evidence: Any) -> bool:
    """Whether evidence holds, however deep, a text that says something or a number other than 0. Names alone do not."""
    if isinstance(evidence, str):
        return says_something(evidence)
    if isinstance(evidence, Mapping):
        return any(shows_something(one) for one in evidence.values())
    if isinstance(evidence, list | tuple):
        return any(shows_something(one) for one in evidence)
    return isinstance(evidence, int | float) and not isinstance(evidence, bool) and evidence != 0
