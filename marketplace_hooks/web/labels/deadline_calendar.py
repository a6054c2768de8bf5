"""Calendar labels: "why this date" as a small calendar, with a word for each mark of a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ...domain.civil_days import day_of
from ...domain.support.deadline_calendar import CalendarMonth, DayMark, deadline_calendar
from ..i18n.language import LazyText, lazy, wording
from .deadlines import deadline_trace

MARKS: Mapping[DayMark, LazyText] = {
    DayMark.START: lazy("Start (this day does not count)"),
    DayMark.COUNTED: lazy("Business day counted"),
    DayMark.LAST: lazy("Last day"),
    DayMark.WEEK_END: lazy("Weekend"),
    DayMark.CLOSURE: lazy("Announced closure"),
    DayMark.HOLIDAY: lazy("Public holiday"),
    DayMark.ADDED: lazy("Added because a closure changed"),
    DayMark.OUTSIDE: lazy("Not part of the deadline"),
}


@dataclass(frozen=True, kw_only=True)
class CalendarView:
    """A calendar on a page: names of weekdays (short, whole), months with their names, and what the marks mean.

    `legend` has each mark that occurs, with its label and how many days have it.
    """

    weekdays: Sequence[tuple[str, str]]
    months: Sequence[tuple[str, CalendarMonth]]
    legend: Sequence[tuple[DayMark, str, int]]
    labels: Mapping[DayMark, LazyText]


def calendar_view(clock: Mapping[str, Any]) -> CalendarView | None:
    """The calendar of a clock as `services.support.requests.clock_view` gives it; None while it has no last day."""
    trace = deadline_trace(clock)
    if clock["last_day"] is None or not trace.counted:
        return None
    reader = wording()
    first_weekday = reader.locale.first_week_day
    started_on = day_of(clock["started_at"], ZoneInfo(clock["policy"]["zone"]))
    months = deadline_calendar(started_on, trace.counted, trace.skipped, clock["last_day"], first_weekday=first_weekday)
    days = Counter(place.mark for month in months for week in month.weeks for place in week if place is not None)
    names = reader.locale.days["stand-alone"]
    order = [(first_weekday + place) % 7 for place in range(7)]
    return CalendarView(
        weekdays=[(names["short"][one], names["wide"][one]) for one in order],
        months=[(reader.month(month.first_day), month) for month in months],
        legend=[(mark, str(MARKS[mark]), days[mark]) for mark in DayMark if days[mark] and mark is not DayMark.OUTSIDE],
        labels=MARKS,
    )
