"""Blank text: whether a text shows a reader anything at all.

Spaces of any kind, control and format characters (zero-width ones, direction marks) and lone combining marks show
nothing, nor do the few letters and symbols that Unicode draws empty.
"""

from __future__ import annotations

import unicodedata

_EMPTY_GLYPHS = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def is_blank(text: str) -> bool:
    """Whether nothing of a text can be seen."""
    return all(_is_invisible(character) for character in text)


def _is_invisible(character: str) -> bool:
    return character in _EMPTY_GLYPHS or unicodedata.category(character)[0] in "ZCM"
