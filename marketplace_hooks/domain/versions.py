"""Version order and compatibility ranges, exactly as PrestaShop judges them.

PrestaShop orders versions with PHP's `version_compare` (`prestashop.md` 4). Python's `packaging`
disagrees with it on bounds such as `1.7`, `8` or `9.0.0-1.0` and refuses others, so the order is written
here.
"""

from __future__ import annotations

import itertools
import re
from enum import StrEnum
from typing import Literal

Order = Literal[-1, 0, 1]

RUNNING_VERSION = "_PS_VERSION_"
"""The literal module files write for "whatever version runs": as a bound it bounds nothing."""

OLDEST_VERSION = "1.4.0.0"
"""What PrestaShop takes for the minimum of a module that announces none."""

_ANY_NUMBER = b"#N#"
"""What a number is to a word: newer than `rc`, older than `pl`."""

# A word is ranked by the first of these it begins with, case-sensitively; any other word is older than `dev`.
_WORD_RANKS = (
    (b"dev", 0),
    (b"alpha", 1),
    (b"a", 1),
    (b"beta", 2),
    (b"b", 2),
    (b"RC", 3),
    (b"rc", 3),
    (b"#", 4),
    (b"pl", 5),
    (b"p", 5),
)
_UNKNOWN_WORD_RANK = -1

_LARGEST_C_LONG = 2**63 - 1


class Rule(StrEnum):
    """How the bounds of a compatibility range are read before they are compared.

    `listing`: as a person reads a product page, `8.1` meaning every 8.1. The others are PrestaShop's own
    code on `ps_versions_compliancy`: `none` (assigned after the parent constructor, never padded), `legacy`
    (1.6 and 1.7: a bound of three characters is padded), `since8` (8.0 on: bounds below 8 are padded).
    """

    LISTING = "listing"
    NONE = "none"
    LEGACY = "legacy"
    SINCE8 = "since8"


def compare(a: str, b: str) -> Order:
    """Return -1, 0 or 1 as `a` is older than, the same as or newer than `b`, exactly as PHP 8.2 does.

    Any strings are accepted and nothing is raised. The result is PHP's even where PHP is odd: it works on
    bytes, stops at a NUL, and finds `1.` older than itself (`inspection.md`; PHP manual, version_compare).
    """
    left = _c_string(a)
    right = _c_string(b)
    while True:
        if not left or not right:
            return _sign(len(left) - len(right))
        order, left_rest, right_rest = _compare_parts(_canonical(left), _canonical(right))
        if order or (left_rest is None and right_rest is None):
            return order
        # One side has parts left over. A further number makes it newer; a further word is judged as if a
        # number stood opposite, by the whole procedure again.
        if left_rest is not None:
            if left_rest[:1].isdigit():
                return 1
            left = left_rest
            right = _ANY_NUMBER
        elif right_rest is not None:
            if right_rest[:1].isdigit():
                return -1
            left = _ANY_NUMBER
            right = right_rest


def compatible(version: str, minimum: str | None, maximum: str | None, rule: Rule | str = Rule.LISTING) -> bool:
    """Say whether `version` lies between the two bounds, both inclusive.

    A `minimum` of None is 1.4.0.0. A `maximum` of None or `_PS_VERSION_` is no upper bound. By default the
    bounds are read as a person reads them (`rules.md`, policies: patch versions are covered by their
    minor): `8.1` covers 8.1.7, `1.7` covers 1.7.8.11, `8` covers 8.2.7, `8.x` is `8`, and a bound without
    any digit bounds nothing. The other rules are PrestaShop's on module files. Ask only about a version that
    is known: an empty one is older than every minimum. Raises ValueError for a rule that does not exist.
    """
    rule = Rule(rule)
    if rule is Rule.LISTING:
        return _covered_as_read(version, minimum, maximum)
    lowest = OLDEST_VERSION if minimum is None else version if minimum == RUNNING_VERSION else minimum
    highest = version if maximum is None or maximum == RUNNING_VERSION else maximum
    lowest, highest = padded_bounds(lowest, highest, rule)
    return compare(version, lowest) >= 0 and compare(version, highest) <= 0


def padded_bounds(minimum: str, maximum: str, rule: Rule | str) -> tuple[str, str]:
    """Return the two bounds as the parent constructor of a PrestaShop module leaves them.

    `legacy` is the constructor of 1.6 and 1.7, `since8` that of 8.0 and later; other rules pad nothing.
    """
    match Rule(rule):
        case Rule.LEGACY:
            return (
                minimum + ".0.0" if len(minimum) == 3 else minimum,
                maximum + ".999.999" if len(maximum) == 3 else maximum,
            )
        case Rule.SINCE8:
            if _leading_number(minimum) < 8:
                minimum += (".0" * 4)[: max(0, 7 - len(minimum))]
            if _leading_number(maximum) < 8:
                maximum += ".999" * max(0, 4 - len(maximum.split(".")))
            return minimum, maximum
        case _:
            return minimum, maximum


def _covered_as_read(version: str, minimum: str | None, maximum: str | None) -> bool:
    found = _parts_as_read(version)
    lowest = _parts_as_read(minimum) or _parts_as_read(OLDEST_VERSION)
    highest = _parts_as_read(maximum)
    if minimum != RUNNING_VERSION:
        # "8.1", said of a site, is not older than the 8.1.0 a listing starts from.
        missing = len(lowest) - len(found) if all(part.isdecimal() for part in found) else 0
        if compare(".".join(found + ["0"] * missing), ".".join(lowest)) < 0:
            return False
    # Cutting the version to the bound's length is what makes "8.1" mean every 8.1.
    return not highest or compare(".".join(found[: len(highest)]), ".".join(highest)) <= 0


def _parts_as_read(bound: str | None) -> list[str]:
    """Return the parts that a person reads in a bound: no blanks, no `v` before, no `.x` or `.*` behind."""
    if bound is None or not re.search(r"[0-9]", bound):
        return []
    text = re.sub(r"(?i)^v(?=\d)", "", bound.strip())
    end = len(text)
    while text[max(end - 2, 0) : end].lower() in (".x", ".*"):
        end -= 2
    text = text[:end]
    # Latin-1 decodes any byte: cutting by bytes may have split a character, which no real version contains.
    return [part for part in _canonical(_c_string(text)).decode("latin-1").split(".") if part]


def _c_string(text: str) -> bytes:
    """Return the bytes PHP's C code would see: UTF-8, up to the first NUL."""
    return text.encode("utf-8", "surrogatepass").partition(b"\0")[0]


def _canonical(version: bytes) -> bytes:
    """Return the version with a dot between digits and anything else, and one dot for each run of separators.

    A version that begins with `#` is left alone, as PHP leaves its own placeholder.
    """
    if version.startswith(b"#") or not version:
        return version
    out = bytearray(version[:1])
    for before, byte in itertools.pairwise(version):
        character = bytes([byte])
        separates = character in b"-_+"
        turns = before != ord(".") and byte != ord(".") and _is_digit(before) != _is_digit(byte)
        if (separates or turns or not character.isalnum()) and out[-1:] != b".":
            out += b"."
        if not separates and (turns or character.isalnum()):
            out += character
    return bytes(out)


def _compare_parts(left: bytes, right: bytes) -> tuple[Order, bytes | None, bytes | None]:
    """Compare part by part while both last.

    Returns the order and, when it is 0, what is left of each side (None: its last part was compared).
    """
    left_rest: bytes | None = left
    right_rest: bytes | None = right
    while left_rest and right_rest:
        left_part, left_dot, left_tail = left_rest.partition(b".")
        right_part, right_dot, right_tail = right_rest.partition(b".")
        if order := _compare_part(left_part, right_part):
            return order, None, None
        left_rest = left_tail if left_dot else None
        right_rest = right_tail if right_dot else None
    return 0, left_rest, right_rest


def _compare_part(left: bytes, right: bytes) -> Order:
    left_counts = left[:1].isdigit()
    right_counts = right[:1].isdigit()
    if left_counts and right_counts:
        return _sign(_c_long(left) - _c_long(right))
    return _sign(_word_rank(_ANY_NUMBER if left_counts else left) - _word_rank(_ANY_NUMBER if right_counts else right))


def _word_rank(version_word: bytes) -> int:
    return next((rank for name, rank in _WORD_RANKS if version_word.startswith(name)), _UNKNOWN_WORD_RANK)


def _c_long(part: bytes) -> int:
    """Return the number a part begins with, held at the largest C long as strtol holds it."""
    digits = part[: len(part) - len(part.lstrip(b"0123456789"))].lstrip(b"0")
    # Cut before converting: Python refuses to read a number of thousands of digits.
    return min(int(digits[:20] or b"0"), _LARGEST_C_LONG)


def _leading_number(bound: str) -> int:
    match = re.match(r"\s*([+-]?[0-9]{1,18})", bound)
    return int(match[1]) if match else 0


def _is_digit(byte: int) -> bool:
    return ord("0") <= byte <= ord("9")


def _sign(number: int) -> Order:
    return 1 if number > 0 else -1 if number < 0 else 0
