"""Folding: text made equal where people see no difference, so that it can be searched by plain patterns."""

from __future__ import annotations

import re
import unicodedata
from functools import cached_property

from ..unicode_decomposition import decompose

_SAME = str.maketrans(
    {"ł": "l", "\u2018": "'", "\u2019": "'", "\u00b4": "'", "\u02bc": "'", "\u2010": "-", "\u2011": "-", "\u2212": "-"}
)


def folded(text: str) -> str:
    """Return text without case, accents, invisible marks, and differences of width, blanks, apostrophes and hyphens.

    Every run of blanks, line breaks among them, becomes one blank.
    """
    decomposed = decompose(text.casefold()).translate(_SAME)
    return " ".join("".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf")).split())


class WordingPattern:
    """Alternative patterns as one that begins at a word's beginning, to be searched in folded text.

    It is compiled when the first text is searched: the compilation of all of them would be a tenth of a host's start.
    """

    def __init__(self, *alternatives: str) -> None:
        self._alternatives = alternatives

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The compiled expression."""
        return re.compile(rf"(?<!\w)(?:{'|'.join(self._alternatives)})")

    def search(self, text: str) -> re.Match[str] | None:
        """The first place where the text has one of them."""
        return self.pattern.search(text)
