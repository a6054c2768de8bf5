"""Rates of Business Care by date: what a renewal and a reactivation cost, in percent of the listing's price.

A policy of the contract owner (`rules.md` 9). Each row counts from its civil day on, until the next row's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from .parsers import SettingError

_PERCENTS = ("renewal_percent", "reactivation_percent")
_SHAPE = (
    'must be a list such as [{"renewal_percent": 40, "reactivation_percent": 30}, '
    '{"since": "2025-03-20", "renewal_percent": 40, "reactivation_percent": 95}]'
)


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The rates in force from a civil day of the reference zone on, that day included, until the next row's."""

    since: date
    renewal_percent: Decimal
    reactivation_percent: Decimal


RATES = (
    Rates(since=date.min, renewal_percent=Decimal(40), reactivation_percent=Decimal(30)),
    Rates(since=date(2025, 3, 20), renewal_percent=Decimal(40), reactivation_percent=Decimal(95)),
)


def as_rates(value: Any) -> tuple[Rates, ...]:
    """A list of tables `{since, renewal_percent, reactivation_percent}`, or the same as JSON; the first has no `since`.

    So no day is without rates. Later rows have later days.
    """
    rows = _decoded(value)
    if not isinstance(rows, list | tuple) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise SettingError(_SHAPE)
    found = tuple(_rates(row, is_first=number == 0) for number, row in enumerate(rows))
    for earlier, later in pairwise(found):
        if later.since <= earlier.since:
            raise SettingError(f"has {later.since} after {earlier.since}: each row begins later than the one before")
    return found


def rates_as_json(rates: Sequence[Rates]) -> str:
    """The same as a setting is written."""
    rows = []
    for one in rates:
        since = {} if one.since == date.min else {"since": one.since.isoformat()}
        rows.append({**since, **{name: _as_number(getattr(one, name)) for name in _PERCENTS}})
    return json.dumps(rows)


def _as_number(percent: Decimal) -> int | float:
    return int(percent) if percent == int(percent) else float(percent)


def _decoded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise SettingError(_SHAPE) from None


def _rates(row: Mapping[str, Any], *, is_first: bool) -> Rates:
    if not {*_PERCENTS} <= set(row) <= {"since", *_PERCENTS}:
        raise SettingError(_SHAPE)
    if is_first and "since" in row:
        raise SettingError("begins with a row that has `since`: the first row counts from the beginning")
    if not is_first and "since" not in row:
        raise SettingError("has a row without `since`: only the first row counts from the beginning")
    since = date.min if is_first else _day(row["since"])
    percents = {name: _percent(name, row[name]) for name in _PERCENTS}
    return Rates(since=since, **percents)


def _day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):  # of TOML
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise SettingError(f"has `since` {value!r}: must be a day such as 2025-03-20") from None


def _percent(name: str, value: Any) -> Decimal:
    try:
        percent = Decimal(str(value)) if not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        percent = Decimal("NaN")
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise SettingError(f"has `{name}` {value!r}: must be a percentage of the listing's price, from 0 to 100")
    return percent
