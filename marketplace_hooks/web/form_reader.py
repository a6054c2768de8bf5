"""Forms: a WTForms base class and the fields that every page uses.

A field that cannot be read has no value and adds one sentence, in the reader's language, to the form's messages.
The token against forgery is not WTForms' but `csrf.py`'s, which checks every form before its view runs.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, Self, TypeVar

from flask import request
from wtforms import Field, Form, ValidationError

from ..domain.written_text import says_something
from .i18n.language import LazyText, gettext, wording

LONGEST_TEXT = 10_000
MOST_CENTS = 2_000_000_000
Choice = TypeVar("Choice", bound=str)


class PageForm(Form):  # type: ignore[misc] # WTForms ships no types.
    """A form of a page. `data` maps the names of its fields to their values."""

    @classmethod
    def read(cls) -> Self:
        """The form as it was sent with this request, validated: `messages` says what must be corrected."""
        form = cls(request.form)
        form.validate()
        return form

    @property
    def messages(self) -> dict[str, str]:
        """The first error of each field that has one, in the order of the fields; empty for a valid form."""
        return {name: str(errors[0]) for name, errors in self.errors.items()}

    def add_error(self, name: str, message: str) -> None:
        """Reject the value of a field for a reason that the field itself cannot know."""
        self[name].errors = [*self[name].errors, message]


class FormField(Field):  # type: ignore[misc] # WTForms ships no types.
    """One question of a form. `required` is the error of an empty one; None: it may be left empty."""

    data: Any

    def __init__(self, *, required: LazyText | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.required = required

    def process_formdata(self, values: list[Any]) -> None:
        """Read what was sent. A `ValueError` is an error of the field."""
        text = values[0] if values and isinstance(values[0], str) else ""
        self.data = self.parse(text)

    def parse(self, text: str) -> Any:
        """The value that a text stands for; empty or None for an empty one. Raises `ValueError` with a sentence."""
        raise NotImplementedError

    def pre_validate(self, form: Form) -> None:
        """Raises `ValidationError` for an empty value of a required field."""
        if self.required is not None and not self.data and not self.errors:
            raise ValidationError(str(self.required))


class TextInputField(FormField):
    """A text as it was written: line ends as `\\n`, no control characters, no blanks around it.

    A longer one than `longest` is an error, or is cut there if `is_cut`.
    """

    data: str

    def __init__(self, *, longest: int = LONGEST_TEXT, is_cut: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.longest = longest
        self.is_cut = is_cut

    def process_data(self, value: str | None) -> None:
        """The value that the form begins with."""
        self.data = value or ""

    def parse(self, text: str) -> str:
        """The text without what no text holds."""
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        cleaned = "".join(char for char in lines if char in "\n\t" or unicodedata.category(char) != "Cc").strip()
        return cleaned[: self.longest] if self.is_cut else cleaned

    def pre_validate(self, form: Form) -> None:
        """Raises `ValidationError` for a required text that says nothing, or for one that is too long."""
        super().pre_validate(form)
        if self.required is not None and not self.errors and not says_something(self.data):
            raise ValidationError(str(self.required))
        if len(self.data) > self.longest:
            allowed = wording().number(self.longest)
            raise ValidationError(gettext("Use at most %(allowed)s characters", allowed=allowed))


class ChoiceField(FormField, Generic[Choice]):
    """One of several words, such as the members of an enumeration; None for any other."""

    data: Choice | None

    def __init__(self, members: Iterable[Choice], **options: Any) -> None:
        super().__init__(**options)
        self.members = {str(choice): choice for choice in members}

    def parse(self, text: str) -> Choice | None:
        """The choice of this word."""
        return self.members.get(text)


class CheckboxField(FormField):
    """Whether a box was ticked, or a button of the value `yes` pressed."""

    data: bool

    def parse(self, text: str) -> bool:
        """True for `yes` alone."""
        return text == "yes"


class NumberField(FormField):
    """A whole number that is not negative; None for an empty one."""

    data: int | None

    def parse(self, text: str) -> int | None:
        """Raises `ValueError` for what is no number of at most four digits."""
        digits = text.strip()
        if not digits:
            return None
        if not (digits.isascii() and digits.isdecimal() and len(digits) <= 4):
            raise ValueError(gettext("Enter a whole number, such as 12"))
        return int(digits)


class DecimalField(FormField):
    """A number, written with a comma or a point; None for an empty one."""

    data: float | None

    def parse(self, text: str) -> float | None:
        """Raises `ValueError` for what is no finite number."""
        written = text.strip().replace(",", ".")
        if not written:
            return None
        try:
            number = float(Decimal(written))
        except (InvalidOperation, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            raise ValueError(gettext("Enter a number, such as 2.5"))
        return number


class DayField(FormField):
    """A civil day, as a browser's date field sends it; None for an empty one."""

    data: date | None

    def parse(self, text: str) -> date | None:
        """Raises `ValueError` for what is no day from 1900 to 9000."""
        if not text.strip():
            return None
        day = parse_day(text)
        if day is None:
            raise ValueError(gettext("Enter a date, such as 2026-03-02"))
        return day


class InstantField(FormField):
    """A local date and time in the reader's zone, as an aware UTC instant; None for an empty one."""

    data: datetime | None

    def parse(self, text: str) -> datetime | None:
        """Raises `ValueError` for what is no local time from 1900 to 9000."""
        if not text.strip():
            return None
        try:
            local = datetime.fromisoformat(text.strip())
        except ValueError:
            local = None
        if local is None or local.tzinfo is not None or not 1900 <= local.year <= 9000:
            raise ValueError(gettext("Enter a date and time"))
        return local.replace(tzinfo=wording().zone).astimezone(UTC)


class CentsField(FormField):
    """An amount of money in cents, written with a comma or a point."""

    data: int | None

    def parse(self, text: str) -> int:
        """Raises `ValueError` for what is no positive amount of whole cents, an empty text too."""
        amount = "".join(text.split()).removesuffix("€").replace(",", ".")
        try:
            cents = Decimal(amount) * 100
            whole = int(cents) if cents == cents.to_integral_value() else None
        except (InvalidOperation, ValueError, OverflowError):
            whole = None
        if whole is None or not 1 <= whole <= MOST_CENTS:
            raise ValueError(gettext("Enter an amount, such as 49.90"))
        return whole


def parse_day(text: str) -> date | None:
    """A day written as `2026-03-02`, from 1900 to 9000; None for anything else."""
    try:
        day = date.fromisoformat(text.strip()) if len(text.strip()) == len("2026-03-02") else None
    except ValueError:
        return None
    return day if day is not None and 1900 <= day.year <= 9000 else None
