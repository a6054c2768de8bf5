"""The calendar of a deadline marks every day as it was counted, and agrees with the worked cases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from marketplace_hooks.domain.civil_days import day_of
from marketplace_hooks.domain.support.deadline_calendar import CalendarDay, CalendarMonth, DayMark, deadline_calendar
from marketplace_hooks.domain.support.deadlines import SkipReason
from marketplace_hooks.rules import deadline
from tests.support.cases import case_id, cases
from tests.support.deadline_cases import counted_deadline

PARIS = ZoneInfo("Europe/Paris")
RUNNING = [case for case in cases("deadlines") if case["expected"]["state"] == "running"]


def days_of(months: list[CalendarMonth]) -> list[CalendarDay]:
    return [place for month in months for week in month.weeks for place in week if place is not None]


@pytest.mark.parametrize("case", RUNNING, ids=case_id)
def test_worked_case(case: dict[str, Any]) -> None:
    found = counted_deadline(case)
    started_on = day_of(datetime.fromisoformat(case["received_at"]), ZoneInfo(case["zone"]))
    assert found.last_day is not None
    days = days_of(deadline_calendar(started_on, found.counted, found.skipped, found.last_day))
    by_mark = {mark: [one.day for one in days if one.mark is mark] for mark in DayMark}
    assert by_mark[DayMark.START] == [started_on]
    assert by_mark[DayMark.LAST] == [date.fromisoformat(case["expected"]["last_day"])]
    assert [one.number for one in days if one.number] == [*range(1, case["business_days"] + 1)]
    assert by_mark[DayMark.ADDED] == []
    skipped = Counter(reason.value for day, reason in found.skipped)
    for mark in (DayMark.WEEK_END, DayMark.CLOSURE, DayMark.HOLIDAY):
        assert len(by_mark[mark]) == skipped[mark.value]


def test_a_month_has_all_of_its_days_once_in_weeks_of_seven() -> None:
    found = deadline(datetime(2027, 1, 29, 9, tzinfo=UTC), 30, policy="MF", zone=PARIS)
    assert found.last_day is not None
    months = deadline_calendar(date(2027, 1, 29), found.counted, found.skipped, found.last_day)
    assert [month.first_day for month in months] == [date(2027, 1, 1), date(2027, 2, 1), date(2027, 3, 1)]
    assert {len(week) for month in months for week in month.weeks} == {7}
    assert len(days_of(months)) == 31 + 28 + 31
    assert months[1].weeks[0][0] is not None
    assert months[1].weeks[0][0].day == date(2027, 2, 1), "1 February 2027 is a Monday"


def test_a_week_may_begin_on_sunday() -> None:
    [month] = deadline_calendar(date(2026, 3, 2), [date(2026, 3, 3)], [], date(2026, 3, 3), first_weekday=6)
    assert month.weeks[0][0] is not None
    assert month.weeks[0][0].day == date(2026, 3, 1)


def test_days_that_a_shortened_closure_leaves_before_the_last_day_are_marked_as_added() -> None:
    skipped = [(date(2026, 3, day), SkipReason.CLOSURE) for day in (3, 4)]
    [month] = deadline_calendar(date(2026, 3, 2), [date(2026, 3, 5)], skipped, date(2026, 3, 10))
    marks = {one.day.day: one.mark for one in days_of([month])}
    assert (marks[2], marks[5], marks[6], marks[9], marks[10], marks[11]) == (
        DayMark.START,
        DayMark.COUNTED,
        DayMark.ADDED,
        DayMark.ADDED,
        DayMark.LAST,
        DayMark.OUTSIDE,
    )
