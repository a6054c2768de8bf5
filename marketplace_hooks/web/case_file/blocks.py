"""Case file blocks: values of a file as texts for the reader, and rows of them. What is not known gives no row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from ..i18n.language import gettext, wording
from ..labels.states import state_tag
from .document import FactRows, Passage


def fact_rows(*rows: tuple[str, str | None]) -> FactRows:
    """The rows that have a value."""
    return FactRows(rows=tuple((name, value) for name, value in rows if value))


def titled(name: object, value: str) -> str:
    """A heading that says what it is about, and how that stands."""
    return gettext("%(name)s: %(value)s", name=str(name), value=value)


def quoted(heading: str, at: datetime | None, text: str) -> Passage:
    """Somebody's own words, and when they wrote them."""
    return Passage(heading=" · ".join(filter(None, (heading, instant(at)))), text=text, is_quoted=True)


def instant(at: datetime | None) -> str | None:
    """Day and time, in the zone that the file names once, above all its sections."""
    return None if at is None else wording().moment(at)


def civil_day(day: date | None) -> str | None:
    """A day with its weekday."""
    return None if day is None else wording().day(day, "full")


def money(amount: Mapping[str, Any] | None) -> str | None:
    """An amount with its currency."""
    return None if amount is None else wording().money(amount["amount_cents"], amount["currency"])


def state(status: Any) -> str:
    """The word for a state."""
    return state_tag(status)[1]


def localized(texts: str | Mapping[str, str]) -> str:
    """A text in the reader's language, where there is one."""
    return wording().localized(texts)


def named(labels: Mapping[Any, Any], codes: Iterable[str]) -> str:
    """What these codes are called, in one line."""
    return ", ".join(str(labels.get(code, code)) for code in codes)
