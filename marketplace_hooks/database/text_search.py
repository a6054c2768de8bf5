"""How is a text looked for, alike on both databases? By folded words in a column."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def folded(text: str) -> str:
    """The text as it is compared: without case and accents, so that « Étiquettes » is found by "etiquettes"."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).split())


def words_of(*texts: str | Iterable[str]) -> str:
    """What a row is found by: every given text, folded, one on each line, so that no word spans two of them."""
    several = ((text,) if isinstance(text, str) else text for text in texts)
    return "\n".join(dict.fromkeys(folded(text) for group in several for text in group))
