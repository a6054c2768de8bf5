"""Words of searched texts and of what is searched for: folded, so that case and accents do not matter, and bounded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ..unicode_decomposition import decompose

LONGEST_TEXT = 20_000
"""Characters of one text that are searched."""
LONGEST_WORD = 60
MOST_WORDS = 1_500
"""Different words of one product that are searched."""
LONGEST_SEARCH = 200
MOST_SEARCHED = 10
"""Words of one search."""

# What ends a word, wherever it stands: blanks, controls and quotation marks of every kind.
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f\"'`\u00b4\u2018-\u201f\u2032\u2033\u00ab\u00bb]+")
_PIECES = re.compile(r"[^\W_]+")
_EDGES = ".,;:!?()[]{}<>|/\\*=~^-_\u2013\u2014\u2026\u00b7\u2022"
"""What is no part of a word where it begins or ends."""


def folded(text: str) -> str:
    """The text as it is compared: without case and accents, so that « Étiquettes » is found by "etiquettes"."""
    decomposed = decompose(text.casefold())
    if decomposed.isascii():
        return " ".join(decomposed.split())
    return " ".join("".join(character for character in decomposed if not unicodedata.combining(character)).split())


def indexed_words(texts: Iterable[str]) -> list[str]:
    """The different words of these texts: whole, such as `wool_shop`, and by their pieces, `wool` and `shop`."""
    found: dict[str, None] = {}
    for text in texts:
        for chunk in _BREAKS.split(folded(text[:LONGEST_TEXT])):
            word = chunk.strip(_EDGES)
            if not word:
                continue
            found[word[:LONGEST_WORD]] = None
            for piece in _PIECES.findall(word):
                found[piece[:LONGEST_WORD]] = None
            if len(found) >= MOST_WORDS:
                return list(found)[:MOST_WORDS]
    return list(found)


def searched_words(search: str) -> tuple[str, ...]:
    """The different words that somebody searches for, all of which must be found."""
    chunks = (chunk.strip(_EDGES) for chunk in _BREAKS.split(folded(search[:LONGEST_SEARCH])))
    return tuple(dict.fromkeys(chunk[:LONGEST_WORD] for chunk in chunks if chunk))[:MOST_SEARCHED]
