"""Text search, alike on both databases: folded words in a column."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from ..domain.decomposition import decompose


def folded(text: str) -> str:
    """The text as it is compared: without case and accents, so that « Étiquettes » is found by "etiquettes"."""
    decomposed = decompose(text.casefold())
    return " ".join("".join(character for character in decomposed if not unicodedata.combining(character)).split())


def words_of(texts: Iterable[str]) -> str:
    """What a row is found by: every given text, folded, one on each line, so that no word spans two of them."""
    return "\n".join(dict.fromkeys(folded(text) for text in texts))
