"""Version spans: ranges of PrestaShop versions as two numbers, which a database compares.

For versions of digits and dots, as pages announce them, a span says what `versions.compatible` says of a listing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..versions import OLDEST_VERSION, RUNNING_VERSION

_PARTS = 4
_PART = 1_000
HIGHEST_VERSION = _PART**_PARTS - 1
_NUMBERS = re.compile(r"\s*[vV]?(\d{1,9}(?:\.\d{1,9}){0,3})")
_VERSION = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,3}\Z", re.ASCII)


@dataclass(frozen=True)
class VersionSpan:
    """Every version from `first` to `last`, both included."""

    first: int
    last: int

    def touches(self, other: VersionSpan) -> bool:
        """Whether some version is in both."""
        return self.first <= other.last and other.first <= self.last

    @classmethod
    def of_numbers(cls, *numbers: int) -> VersionSpan:
        """All versions that begin with these numbers."""
        return cls(_key(numbers, 0), _key(numbers, _PART - 1))


def searched_span(version: str) -> VersionSpan | None:
    """The versions that somebody means by `8`, `1.7` or `8.1.7`; None for a text that is no version."""
    if not _VERSION.match(version):
        return None
    return VersionSpan.of_numbers(*(int(number) for number in version.split(".")))


def announced_span(minimum: str | None, maximum: str | None) -> VersionSpan:
    """The versions that a listing announces: `8.1` as its last one means every 8.1, none at all every version."""
    first = 0 if minimum == RUNNING_VERSION else _key(_numbers(minimum) or _numbers(OLDEST_VERSION), 0)
    last = _numbers(maximum)
    return VersionSpan(first, _key(last, _PART - 1) if last else HIGHEST_VERSION)


def _numbers(bound: str | None) -> tuple[int, ...]:
    found = _NUMBERS.match(bound or "")
    return tuple(min(int(number), _PART - 1) for number in found[1].split(".")) if found else ()


def _key(numbers: tuple[int, ...], rest: int) -> int:
    key = 0
    for place in range(_PARTS):
        key = key * _PART + (numbers[place] if place < len(numbers) else rest)
    return key
