"""Texts made of the parts of a regular expression, so that it has as much to try as it can have."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Callable, Iterator, Sequence
from re import _constants as codes  # type: ignore[attr-defined] # the parser that `re` itself uses
from re import _parser as parser  # type: ignore[attr-defined] # the same
from typing import Any

GROWTH = 4
MOST_GROWTH = 9.0
FLOOR_S = 0.01
"""Of the processor's time. Less is not compared: a quadratic reading of such lengths takes longer."""
CHARACTERS = (codes.LITERAL, codes.NOT_LITERAL, codes.ANY, codes.IN)
MOST_PARTS = 20
MOST_PAIRED = 5


def samples(parsed: Any) -> Iterator[str]:
    """A text for each part of an expression, and one for the whole of each sequence."""
    for code, value in parsed:
        if code in CHARACTERS:
            yield character(code, value)
        for inner in sequences(code, value):
            yield from samples(inner)
            yield whole(inner)


def whole(parsed: Any) -> str:
    """A text that the sequence matches, nearly: of branches the first, of repetitions one."""
    text = ""
    for code, value in parsed:
        if code in CHARACTERS:
            text += character(code, value)
        text += "".join(whole(inner) for inner in sequences(code, value)[:1])
    return text


def sequences(code: Any, value: Any) -> Sequence[Any]:
    """The expressions inside one."""
    if code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
        return [value[2]]
    if code is codes.BRANCH:
        return list(value[1])
    if code is codes.SUBPATTERN:
        return [value[3]]
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [value[1]]
    return [value] if code is codes.ATOMIC_GROUP else []


def character(code: Any, value: Any) -> str:
    """A character that an expression of one character matches."""
    if code is codes.IN:
        return member_of(value)
    if code is codes.NOT_LITERAL:
        return "a" if chr(value) != "a" else "b"
    return "a" if code is codes.ANY else chr(value)


def member_of(members: Any) -> str:
    """A character of a class."""
    kinds = {codes.CATEGORY_DIGIT: "1", codes.CATEGORY_SPACE: " ", codes.CATEGORY_WORD: "a"}
    negated = members[0][0] is codes.NEGATE
    if negated:
        return next(char for char in "a 1.\\/-\n" if re.fullmatch(char_class(members), char) is not None)
    code, value = members[0]
    if code is codes.CATEGORY:
        return kinds.get(value, "-")
    return chr(value[0] if code is codes.RANGE else value)


def char_class(members: Any) -> str:
    """The class as an expression again, as far as it is needed to find a character outside of it."""
    parts = []
    for code, value in members[1:]:
        if code is codes.LITERAL:
            parts.append(re.escape(chr(value)))
        elif code is codes.RANGE:
            parts.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
        elif code is codes.CATEGORY:
            names = {codes.CATEGORY_DIGIT: r"\d", codes.CATEGORY_SPACE: r"\s", codes.CATEGORY_WORD: r"\w"}
            names |= {codes.CATEGORY_NOT_DIGIT: r"\D", codes.CATEGORY_NOT_SPACE: r"\S", codes.CATEGORY_NOT_WORD: r"\W"}
            parts.append(names[value])
    return f"[^{''.join(parts)}]"


def hostile_texts(pattern: re.Pattern[Any], size: int) -> Iterator[str]:
    """Texts of about `size` characters: each part repeated, alone and after what the expression begins with."""
    parsed = parser.parse(
        pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern,
        pattern.flags & ~re.UNICODE,
    )
    parts = sorted({part for part in samples(parsed) if part})[:MOST_PARTS]
    beginning = whole(list(parsed)[:2])
    for part in parts:
        for start in ("", beginning):
            text = start + part * (size // len(part))
            for end in ("", "\x00"):
                yield text + end
    for part in parts[:MOST_PAIRED]:
        for other in parts[:MOST_PAIRED]:
            yield (part + other) * (size // len(part + other)) + "\x00"


def assert_linear(read: Callable[[Any], Any], short: Any, long: Any) -> None:
    """Reading the longer text, of four times the length, takes about four times as long: not sixteen."""
    for _ in range(4):
        short_s = _seconds(read, short)
        long_s = _seconds(read, long)
        if long_s < max(MOST_GROWTH * short_s, GROWTH * FLOOR_S):
            return
    raise AssertionError(short[:80], len(short), long_s / short_s)


def _seconds(read: Callable[[Any], Any], text: Any) -> float:
    gc.disable()  # how long collecting takes depends on all else that the process holds.
    try:
        started_s = time.process_time()
        read(text)
        return time.process_time() - started_s
    finally:
        gc.enable()
