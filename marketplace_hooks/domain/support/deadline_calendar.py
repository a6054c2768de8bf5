"""Deadline calendar: the days of a counted deadline, laid out by month and week.

Nothing is counted here: each day has the mark that `deadlines.py` gave it when the deadline was counted and stored, so
that the calendar cannot disagree with the date it explains.
"""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .deadlines import SkipReason

LONGEST_CALENDAR_MONTHS = 27
"""800 days are walked at most (`deadlines.py`): no deadline needs more months than these."""


class DayMark(StrEnum):
    """What a day is to a deadline.

    `ADDED`: it was not counted, but a change of the seller's closures may not move a deadline to before the end of the
    next day, and the days up to that end are added. `OUTSIDE`: before the start, or after the last day.
    """

    START = "start"
    COUNTED = "counted"
    LAST = "last"
    WEEK_END = "week_end"
    CLOSURE = "closure"
    HOLIDAY = "holiday"
    ADDED = "added"
    OUTSIDE = "outside"


@dataclass(frozen=True, kw_only=True)
class CalendarDay:
    """One day with its mark. `number` says which of the counted days it is; None for a day that was not counted."""

    day: date
    mark: DayMark
    number: int | None = None


@dataclass(frozen=True, kw_only=True)
class CalendarMonth:
    """One month in weeks of seven places; None where a place belongs to the month before or after."""

    first_day: date
    weeks: Sequence[Sequence[CalendarDay | None]]


def deadline_calendar(
    started_on: date,
    counted: Sequence[date],
    skipped: Sequence[tuple[date, SkipReason]],
    last_day: date,
    *,
    first_weekday: int = 0,
) -> list[CalendarMonth]:
    """The months from the day of the start to the last day; weeks begin with `first_weekday` (0: Monday)."""
    marked: dict[date, CalendarDay] = {
        day: CalendarDay(day=day, mark=DayMark(reason.value)) for day, reason in skipped if day <= last_day
    }
    for number, day in enumerate(counted, start=1):
        marked[day] = CalendarDay(day=day, mark=DayMark.COUNTED, number=number)
    number_of_last = marked[last_day].number if last_day in marked else None
    marked[last_day] = CalendarDay(day=last_day, mark=DayMark.LAST, number=number_of_last)
    marked[started_on] = CalendarDay(day=started_on, mark=DayMark.START)
    weeks = Calendar(first_weekday)
    return [
        CalendarMonth(
            first_day=month,
            weeks=[
                [_place(day, month, started_on, last_day, marked) for day in week]
                for week in weeks.monthdatescalendar(month.year, month.month)
            ],
        )
        for month in _months(started_on, last_day)
    ]


def _place(
    day: date, month: date, started_on: date, last_day: date, marked: Mapping[date, CalendarDay]
) -> CalendarDay | None:
    if day.month != month.month:
        return None
    if day in marked:
        return marked[day]
    mark = DayMark.ADDED if started_on < day < last_day else DayMark.OUTSIDE
    return CalendarDay(day=day, mark=mark)


def _months(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    start = first.year * 12 + first.month - 1
    return [
        date((start + offset) // 12, (start + offset) % 12 + 1, 1)
        for offset in range(min(count, LONGEST_CALENDAR_MONTHS))
    ]
