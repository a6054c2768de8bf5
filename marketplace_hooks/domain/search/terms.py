"""Terms of the search index that are not words: the properties by which a search is narrowed.

A term begins with `=`, which no word does. Every entry with a property has its term, but other entries may have it too:
a search also compares the property itself. The terms only keep the index from returning entries that cannot match.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from hashlib import blake2b

from .version_spans import HIGHEST_VERSION, VersionSpan

_PRICE_STEP = 1.25
"""Prices share a term that differ by no more than this factor."""
_MOST_PRICE_TERMS = 40
_LAST_PRICE_STEP = 96
"""Of 2,000,000,000 cents, the highest price that is accepted."""
_MINORS = {f"1.{minor}": VersionSpan.of_numbers(1, minor) for minor in range(4, 8)}
_MAJORS = {f"{major}": VersionSpan.of_numbers(major) for major in range(8, 20)}
_LINES = {
    "before": VersionSpan(0, _MINORS["1.4"].first - 1),
    **_MINORS,
    "between": VersionSpan(_MINORS["1.7"].last + 1, _MAJORS["8"].first - 1),
    **_MAJORS,
    "after": VersionSpan(_MAJORS["19"].last + 1, HIGHEST_VERSION),
}


def name_terms(words: Iterable[str]) -> list[str]:
    """The same words, as words of a name."""
    return [f"=name:{word}" for word in words]


def property_term(name: str, value: str) -> str:
    """The term of a property that is compared as a whole, such as a category."""
    return f"={name}:{blake2b(value.encode(), digest_size=6).hexdigest()}"


def currency_term(currency: str) -> str:
    """The term of all prices in a currency."""
    return f"=currency:{currency}"


def price_terms(lowest_cents: int, highest_cents: int | None) -> list[str]:
    """The terms of every price from one to the other (None: without end); none when they are too many to help."""
    first = _price_step(lowest_cents)
    # Where the lowest is above the highest, one term still keeps a search for nothing from reading everything.
    last = _LAST_PRICE_STEP if highest_cents is None else max(first, _price_step(highest_cents))
    return [f"=price:{step}" for step in range(first, last + 1)] if last - first < _MOST_PRICE_TERMS else []


def line_terms(span: VersionSpan) -> list[str]:
    """The terms of the lines of PrestaShop that a span of versions touches: 1.6, 1.7, 8, 9, …

    What lies before, between and after the lines is a line, too, so that every span has a term: a version that no
    product announces is looked for under its own, and not in every entry.
    """
    return [f"=line:{line}" for line, of_line in _LINES.items() if span.touches(of_line)]


def _price_step(cents: int) -> int:
    return 0 if cents < 1 else min(_LAST_PRICE_STEP, 1 + math.floor(math.log(cents, _PRICE_STEP)))
