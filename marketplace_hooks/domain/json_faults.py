"""JSON text with faults at their places: an indented document cut before and after each line that is wrong.

A fault names its place by a path such as `data.listing.features.0`. A member's name may hold dots itself, so that a
path is followed by the longest name that fits; what is missing is shown where the object begins that lacks it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

INDENT = 2
Place = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class TextPart:
    """Some lines of the document; `faults` are the indexes of what is wrong in it, and then it is one line."""

    text: str
    faults: tuple[int, ...] = ()


def parts_with_faults(content: Any, paths: Sequence[str]) -> list[TextPart]:
    """The document as parts in its order, with the index of each path at the line where its fault is."""
    faults: dict[Place, list[int]] = {}
    for index, path in enumerate(paths):
        faults.setdefault(place_of(content, path), []).append(index)
    parts: list[TextPart] = []
    lines: list[str] = []
    for place, line in _lines(content, frozenset(faults)):
        found = faults.get(place, []) if place is not None else []
        if not found:
            lines.append(line)
            continue
        if lines:
            parts.append(TextPart(text="\n".join(lines)))
            lines = []
        parts.append(TextPart(text=line, faults=tuple(found)))
    if lines:
        parts.append(TextPart(text="\n".join(lines)))
    return parts


def place_of(content: Any, path: str) -> Place:
    """The members and indexes that lead to where a path points; as far as the content goes."""
    rest = path.split(".") if path else []
    place: list[str | int] = []
    while rest:
        step, used = _step(content, rest)
        if step is None:
            break
        place.append(step)
        content = content[step]
        rest = rest[used:]
    return tuple(place)


def _step(content: Any, rest: Sequence[str]) -> tuple[str | int | None, int]:
    """The next member or index, and how many parts of the path name it; None where there is no such."""
    if isinstance(content, Mapping):
        for used in range(len(rest), 0, -1):
            name = ".".join(rest[:used])
            if name in content:
                return name, used
    elif isinstance(content, list) and rest[0].isascii() and rest[0].isdecimal() and len(rest[0]) < 10:
        index = int(rest[0])
        if index < len(content):
            return index, 1
    return None, 0


def _lines(content: Any, wanted: frozenset[Place]) -> list[tuple[Place | None, str]]:
    """The lines of the indented text. The first line of a value has its place; others have None.

    Only values on the way to a wanted place are taken apart; the rest is written as a whole.
    """
    opened = {place[:depth] for place in wanted for depth in range(len(place))}
    lines: list[tuple[Place | None, str]] = []

    def write(value: Any, place: Place, before: str, after: str) -> None:
        pad = " " * (INDENT * len(place))
        if place not in opened or not value:
            first, *others = _text(value).split("\n")
            written = [f"{pad}{before}{first}", *(pad + other for other in others)]
            written[-1] += after
            lines.extend((place if number == 0 else None, line) for number, line in enumerate(written))
            return
        is_object = isinstance(value, Mapping)
        members: list[tuple[str | int, Any]] = list(value.items() if isinstance(value, Mapping) else enumerate(value))
        lines.append((place, f"{pad}{before}{'{' if is_object else '['}"))
        for number, (step, inner) in enumerate(members, start=1):
            name = f"{_text(step)}: " if is_object else ""
            write(inner, (*place, step), name, "," if number < len(members) else "")
        lines.append((None, f"{pad}{'}' if is_object else ']'}{after}"))

    write(content, (), "", "")
    return lines


def _text(value: Any) -> str:
    return json.dumps(value, indent=INDENT, ensure_ascii=False)
