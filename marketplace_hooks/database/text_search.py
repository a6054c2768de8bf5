"""Text search, alike on both databases: folded words in a column."""

from __future__ import annotations

from collections.abc import Iterable

from ..domain.search.words import folded

__all__ = ["folded", "words_of"]


def words_of(texts: Iterable[str]) -> str:
    """What a row is found by: every given text, folded, one on each line, so that no word spans two of them."""
    return "\n".join(dict.fromkeys(folded(text) for text in texts))
