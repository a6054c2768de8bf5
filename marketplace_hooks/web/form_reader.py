"""What has been filled into a form, and what is to be corrected in it?

Every question is asked of the form in turn; `errors` gathers a sentence for each that cannot be taken.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from flask import request

from .i18n.language import gettext, wording

LONGEST_TEXT = 10_000
LONGEST_LINE = 200
DEAREST_CENTS = 2_000_000_000
_Word = TypeVar("_Word", bound=StrEnum)


def text_of(name: str, longest: int | None = None) -> str:
    """A field as it was written: line ends as `\\n`, no control characters, no blanks around it; cut at `longest`."""
    text = request.form.get(name, "").replace("\r\n", "\n").replace("\r", "\n")
    kept = (letter for letter in text if letter in "\n\t" or unicodedata.category(letter) != "Cc")
    return "".join(kept).strip()[:longest]


class Filled:
    """One form as it was sent. What cannot be read is None, or an empty text, with its sentence in `errors`."""

    def __init__(self) -> None:
        self.errors: dict[str, str] = {}

    def text(self, name: str, *, required: str | None = None, longest: int = LONGEST_TEXT) -> str:
        """A text without the characters that none holds; `required` is the sentence for an empty one."""
        told = text_of(name)
        if not told and required is not None:
            self.errors[name] = required
        elif len(told) > longest:
            allowed = wording().number(longest)
            self.errors[name] = gettext("Use at most %(allowed)s characters", allowed=allowed)
        return told

    def word(self, name: str, words: type[_Word], *, required: str) -> _Word | None:
        """One word of an enumeration."""
        told = request.form.get(name, "")
        if told in list(words):
            return words(told)
        self.errors[name] = required
        return None

    def one_of(self, name: str, known: Collection[str], *, required: str | None = None) -> str | None:
        """One of these ids."""
        told = request.form.get(name, "")
        if told in known:
            return told
        if required is not None:
            self.errors[name] = required
        return None

    def day(self, name: str, *, required: str | None = None) -> date | None:
        """A civil day, as a browser's date field sends it."""
        told = request.form.get(name, "").strip()
        if not told:
            if required is not None:
                self.errors[name] = required
            return None
        try:
            day = date.fromisoformat(told) if len(told) == len("2026-03-02") else None
        except ValueError:
            day = None
        if day is None or not 1900 <= day.year <= 9000:
            self.errors[name] = gettext("Enter a day, such as 2026-03-02")
            return None
        return day

    def instant(self, name: str) -> datetime | None:
        """A local date and time in the reader's zone; None for an empty one."""
        told = request.form.get(name, "").strip()
        if not told:
            return None
        try:
            local = datetime.fromisoformat(told)
        except ValueError:
            local = None
        if local is None or local.tzinfo is not None or not 1900 <= local.year <= 9000:
            self.errors[name] = gettext("Enter a day and a time")
            return None
        return local.replace(tzinfo=wording().zone).astimezone(UTC)

    def cents(self, name: str) -> int | None:
        """An amount of money, written with a comma or a point."""
        told = "".join(request.form.get(name, "").split()).removesuffix("€").replace(",", ".")
        try:
            cents = Decimal(told) * 100
            whole = int(cents) if cents == cents.to_integral_value() else None
        except (InvalidOperation, ValueError, OverflowError):
            whole = None
        if whole is None or not 1 <= whole <= DEAREST_CENTS:
            self.errors[name] = gettext("Enter an amount, such as 49.90")
            return None
        return whole
