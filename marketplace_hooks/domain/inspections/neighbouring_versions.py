"""Neighbouring versions: those that may have been released since the list of known ones was made.

They identify a shop that is newer than the list: a cookie's name fits either exactly one of them or none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

PATCHES = 10
"""Further patches of each line, and patches of each line that may have begun."""
LINES = 3
"""Further lines of each major version."""

_THREE = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})")
_FOUR = re.compile(r"1\.(\d)\.(\d{1,2})\.(\d{1,3})")
_PRE_RELEASES = ("alpha.1", "beta.1", "beta.2", "rc.1", "rc.2")


@lru_cache(maxsize=8)
def neighbouring_versions(known: tuple[str, ...]) -> tuple[str, ...]:
    """Return versions that are not known and stand next to the known ones, nearest first: patches, lines, majors."""
    newest: dict[tuple[int, int], int] = {}
    old_lines: dict[tuple[int, int], int] = {}
    for version in known:
        if three := _THREE.match(version):
            major, minor, patch = map(int, three.groups())
            if major >= 8:
                newest[major, minor] = max(newest.get((major, minor), 0), patch)
        if four := _FOUR.fullmatch(version):
            line, minor, patch = map(int, four.groups())
            old_lines[line, minor] = max(old_lines.get((line, minor), 0), patch)
    found = [f"1.{line}.{minor}.{patch + more}" for (line, minor), patch in old_lines.items() for more in range(1, 4)]
    found += [
        f"{major}.{minor}.{patch + more}" for (major, minor), patch in newest.items() for more in range(1, PATCHES + 1)
    ]
    found += [version for major, minor in _lines_to_come(list(newest)) for version in _line(major, minor)]
    listed = set(known)
    return tuple(version for version in dict.fromkeys(found) if version not in listed)


def _lines_to_come(lines: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The lines that may have begun: further ones of each major version, and the first ones of the next."""
    last = {major: max(minor for one, minor in lines if one == major) for major, _ in lines}
    further = [(major, minor + more) for major, minor in last.items() for more in range(1, LINES + 1)]
    first = [(max(last) + 1, minor) for minor in range(LINES)] if last else []
    return further + first


def _line(major: int, minor: int) -> list[str]:
    patches = [f"{major}.{minor}.{patch}" for patch in range(PATCHES + 1)]
    return patches + [f"{major}.{minor}.0-{name}" for name in _PRE_RELEASES]
