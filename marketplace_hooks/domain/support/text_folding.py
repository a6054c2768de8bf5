"""Folding: text made equal where people see no difference, so that it can be searched by plain patterns."""

from __future__ import annotations

import re
import unicodedata

from ..decomposition import decompose

_SAME = str.maketrans(
    {"ł": "l", "\u2018": "'", "\u2019": "'", "\u00b4": "'", "\u02bc": "'", "\u2010": "-", "\u2011": "-", "\u2212": "-"}
)


def folded(text: str) -> str:
    """Return text without case, accents, invisible marks, and differences of width, blanks, apostrophes and hyphens.

    Every run of blanks, line breaks among them, becomes one blank.
    """
    decomposed = decompose(text.casefold()).translate(_SAME)
    return " ".join("".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Cf")).split())


def any_wording(*alternatives: str) -> re.Pattern[str]:
    """Compile alternative patterns into one that begins at a word's beginning, to be searched in folded text."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})")
