"""Unicode compatibility decomposition (NFKD) of outside text, in linear time.

`unicodedata.normalize` also sorts the marks on one letter, and that takes the square of their number: a text of nothing
but marks would hold a process for hours. Whoever drops the marks afterwards needs no order among them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


def decompose(text: str) -> str:
    """Every character decomposed; the marks on a letter are left in the order in which they were written."""
    return text if text.isascii() else "".join(map(_decomposed, text))


@lru_cache(maxsize=4_096)
def _decomposed(character: str) -> str:
    return unicodedata.normalize("NFKD", character)
