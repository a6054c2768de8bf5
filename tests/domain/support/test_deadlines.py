"""Deadlines are counted in whole civil days, and everyone can see why they fall when they do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.support.deadlines import (
    BusinessDayPolicy,
    DeadlineState,
    SkippedDay,
    SkipReason,
    after_change,
    days_left,
    days_taken,
    limited_closures,
)
from marketplace_hooks.rules import Closure, Deadline, deadline
from tests.support.cases import case_id, cases
from tests.support.deadline_cases import counted_deadline

PARIS = ZoneInfo("Europe/Paris")
TUESDAY = datetime(2026, 9, 8, 8, tzinfo=UTC)  # 10:00 in Paris
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

policies = st.sampled_from(list(BusinessDayPolicy))
suspensions = st.sampled_from(["yes", "no", "declared_before_request"])
zones = st.sampled_from([PARIS, ZoneInfo("America/St_Johns"), ZoneInfo("Pacific/Apia"), ZoneInfo("Asia/Kathmandu")])
instants = st.timedeltas(timedelta(0), timedelta(days=5 * 365)).map(
    lambda past: datetime(2023, 1, 1, tzinfo=UTC) + past
)
days = st.dates(date(2023, 1, 1), date(2028, 6, 30))
holidays = st.frozensets(days, max_size=40)
business_days = st.integers(1, 40)


@st.composite
def closures(draw: st.DrawFn) -> Closure:
    first_day = draw(days)
    length = draw(st.none() | st.integers(0, 60))
    last_day = None if length is None else first_day + timedelta(days=length)
    return Closure(first_day, last_day, draw(instants))


lists_of_closures = st.lists(closures(), max_size=4)


def end(found: Deadline) -> datetime:
    """When the deadline falls, for comparing: a suspended one falls later than any other."""
    return found.due_before or datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("case", cases("deadlines"), ids=case_id)
def test_worked_case(case: dict[str, Any]) -> None:
    found = counted_deadline(case)
    assert {
        "state": found.state,
        "last_day": found.last_day and found.last_day.isoformat(),
        "due_before": found.due_before and found.due_before.isoformat().replace("+00:00", "Z"),
    } == case["expected"]


@given(
    instants, st.timedeltas(timedelta(0), timedelta(days=30)), business_days, policies, zones, holidays,
    lists_of_closures, suspensions,
)  # fmt: skip
def test_a_later_receipt_never_has_an_earlier_deadline(
    received_at: datetime,
    later: timedelta,
    count: int,
    policy: BusinessDayPolicy,
    zone: ZoneInfo,
    off: frozenset[date],
    closed: list[Closure],
    suspend: str,
) -> None:
    def counted_from(instant: datetime) -> datetime:
        return end(
            deadline(instant, count, policy=policy, zone=zone, holidays=off, closures=closed, closures_suspend=suspend)
        )

    assert counted_from(received_at) <= counted_from(received_at + later)


@given(instants, business_days, policies, zones, holidays, lists_of_closures)
def test_one_more_business_day_is_strictly_later(
    received_at: datetime,
    count: int,
    policy: BusinessDayPolicy,
    zone: ZoneInfo,
    off: frozenset[date],
    closed: list[Closure],
) -> None:
    fewer, more = (
        deadline(received_at, number, policy=policy, zone=zone, holidays=off, closures=closed, closures_suspend="yes")
        for number in (count, count + 1)
    )
    if fewer.state is DeadlineState.SUSPENDED:
        assert more.state is DeadlineState.SUSPENDED
    elif policy is BusinessDayPolicy.MF_ROLL:
        # A last day moved off a holiday may meet the last day of one business day more.
        assert end(fewer) <= end(more)
    else:
        assert end(fewer) < end(more)


@given(instants, business_days, policies, zones, holidays, lists_of_closures, closures(), suspensions)
def test_an_extra_closure_is_never_earlier(
    received_at: datetime,
    count: int,
    policy: BusinessDayPolicy,
    zone: ZoneInfo,
    off: frozenset[date],
    closed: list[Closure],
    extra: Closure,
    suspend: str,
) -> None:
    without, with_extra = (
        deadline(received_at, count, policy=policy, zone=zone, holidays=off, closures=some, closures_suspend=suspend)
        for some in (closed, [extra, *closed])
    )
    assert end(without) <= end(with_extra)


@given(instants, st.integers(-14 * 60, 14 * 60), business_days, policies, zones, holidays, lists_of_closures)
def test_the_same_instant_in_another_offset_has_the_same_deadline(
    received_at: datetime,
    minutes: int,
    count: int,
    policy: BusinessDayPolicy,
    zone: ZoneInfo,
    off: frozenset[date],
    closed: list[Closure],
) -> None:
    elsewhere = received_at.astimezone(timezone(timedelta(minutes=minutes)))
    paris, other_zone = (
        deadline(instant, count, policy=policy, zone=zone, holidays=off, closures=closed)
        for instant in (received_at, elsewhere)
    )
    assert paris == other_zone


@given(instants, business_days, policies, zones, holidays, days)
def test_a_closure_of_a_week_end_changes_nothing(
    received_at: datetime, count: int, policy: BusinessDayPolicy, zone: ZoneInfo, off: frozenset[date], day: date
) -> None:
    saturday = day + timedelta(days=5 - day.weekday())
    closure = Closure(saturday, saturday + timedelta(days=1), LONG_AGO)
    without, with_it = (
        deadline(received_at, count, policy=policy, zone=zone, holidays=off, closures=some, closures_suspend="yes")
        for some in ([], [closure])
    )
    assert without == with_it


@given(instants, business_days, zones, holidays, lists_of_closures)
def test_no_policy_is_shorter_than_the_one_before_it(
    received_at: datetime, count: int, zone: ZoneInfo, off: frozenset[date], closed: list[Closure]
) -> None:
    plain, rolled, legal = (
        end(deadline(received_at, count, policy=policy, zone=zone, holidays=off, closures=closed))
        for policy in ("MF", "MF_ROLL", "LEGAL")
    )
    assert plain <= rolled <= legal


@given(instants, business_days, policies, zones, holidays, lists_of_closures)
def test_the_trace_accounts_for_every_day_since_receipt(
    received_at: datetime,
    count: int,
    policy: BusinessDayPolicy,
    zone: ZoneInfo,
    off: frozenset[date],
    closed: list[Closure],
) -> None:
    found = deadline(received_at, count, policy=policy, zone=zone, holidays=off, closures=closed)
    received_on = received_at.astimezone(zone).date()
    walked = sorted([*found.counted, *(day for day, _ in found.skipped)])
    assert walked == [received_on + timedelta(days=offset) for offset in range(1, len(walked) + 1)]
    if found.state is DeadlineState.RUNNING:
        assert len(found.counted) == count
        assert found.counted[-1] == found.last_day == walked[-1]
    else:
        assert len(walked) == 800


def test_the_trace_says_why_each_day_was_skipped() -> None:
    friday = datetime(2026, 4, 3, 10, tzinfo=PARIS)
    found = deadline(
        friday,
        2,
        policy="LEGAL",
        zone=PARIS,
        holidays={date(2026, 4, 6)},
        closures=[Closure(date(2026, 4, 8), date(2026, 4, 8), LONG_AGO)],
    )
    assert found.counted == (date(2026, 4, 7), date(2026, 4, 9))
    assert found.skipped == (
        (date(2026, 4, 4), "week_end"),
        (date(2026, 4, 5), "week_end"),
        (date(2026, 4, 6), "holiday"),
        SkippedDay(date(2026, 4, 8), SkipReason.CLOSURE),
    )


def test_a_closure_suspends_from_the_first_day_that_began_after_its_declaration() -> None:
    midnight = datetime(2026, 9, 9, tzinfo=PARIS)
    at_midnight = Closure(date(2026, 9, 9), date(2026, 9, 9), midnight)
    just_after = Closure(date(2026, 9, 9), date(2026, 9, 9), midnight + timedelta(microseconds=1))
    for closure, last_day in ((at_midnight, date(2026, 9, 10)), (just_after, date(2026, 9, 9))):
        found = deadline(TUESDAY, 1, policy="MF", zone=PARIS, closures=[closure], closures_suspend="yes")
        assert found.last_day == last_day


def test_only_closures_declared_by_the_time_of_the_request_suspend_by_default() -> None:
    at_receipt = Closure(date(2026, 9, 9), date(2026, 9, 9), TUESDAY)
    after_it = Closure(date(2026, 9, 9), date(2026, 9, 9), TUESDAY + timedelta(microseconds=1))
    assert deadline(TUESDAY, 1, policy="MF", zone=PARIS, closures=[at_receipt]).last_day == date(2026, 9, 10)
    assert deadline(TUESDAY, 1, policy="MF", zone=PARIS, closures=[after_it]).last_day == date(2026, 9, 9)


def test_eight_hundred_days_are_walked_and_no_more() -> None:
    received_on = TUESDAY.astimezone(PARIS).date()
    reachable = received_on + timedelta(days=800)
    assert reachable.weekday() < 5
    for last_closed, last_day in ((reachable - timedelta(days=1), reachable), (reachable, None)):
        closure = Closure(received_on, last_closed, LONG_AGO)
        found = deadline(TUESDAY, 1, policy="MF", zone=PARIS, closures=[closure])
        assert found.last_day == last_day
        assert found.state == ("running" if last_day else "suspended")
        assert (found.due_before is None) == (last_day is None)


def test_a_last_day_without_a_midnight_still_ends() -> None:
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    found = deadline(datetime(2018, 11, 1, 15, tzinfo=UTC), 1, policy="MF", zone=sao_paulo)
    assert found.last_day == date(2018, 11, 2)
    closed_week_end = deadline(datetime(2018, 11, 2, 15, tzinfo=UTC), 1, policy="MF", zone=sao_paulo)
    assert closed_week_end.due_before == datetime(2018, 11, 6, 2, tzinfo=UTC)


def test_a_zone_may_be_given_by_its_name() -> None:
    assert deadline(TUESDAY, 1, policy="MF", zone="Europe/Paris") == deadline(TUESDAY, 1, policy="MF", zone=PARIS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"received_at": datetime(2026, 9, 8, 10)}, "no zone"),  # noqa: DTZ001 a naive value is what is being refused
        ({"business_days": 0}, "at least one"),
        ({"business_days": -1}, "at least one"),
        ({"policy": "FRIDAY"}, "FRIDAY"),
        ({"closures_suspend": "perhaps"}, "perhaps"),
    ],
)
def test_a_programming_mistake_is_said(change: dict[str, Any], message: str) -> None:
    arguments = {"received_at": TUESDAY, "business_days": 1, "policy": "MF", "zone": PARIS, **change}
    with pytest.raises(ValueError, match=message):
        deadline(**arguments)


def test_a_closure_is_declared_at_an_instant() -> None:
    with pytest.raises(ValueError, match="no zone"):
        Closure(date(2026, 9, 9), None, datetime(2026, 9, 8))  # noqa: DTZ001 a naive value is what is being refused


AUGUST = Closure(date(2026, 8, 3), date(2026, 8, 14), LONG_AGO)


def counted_with(*closed: Closure) -> Deadline:
    return deadline(datetime(2026, 7, 31, 16, tzinfo=PARIS), 1, policy="MF", zone=PARIS, closures=closed)


def test_a_deadline_never_moves_to_before_the_end_of_the_day_after_the_change() -> None:
    changed_at = datetime(2026, 8, 6, 9, tzinfo=PARIS)
    after = after_change(counted_with(), counted_with(AUGUST), changed_at, PARIS)
    assert after.last_day == date(2026, 8, 7)
    assert after.due_before == datetime(2026, 8, 8, tzinfo=PARIS)


def test_a_deadline_that_stays_late_enough_moves_as_counted() -> None:
    changed_at = datetime(2026, 8, 5, 9, tzinfo=PARIS)
    recomputed = counted_with(replace(AUGUST, last_day=date(2026, 8, 5)))
    assert recomputed.last_day == date(2026, 8, 6)
    assert after_change(recomputed, counted_with(AUGUST), changed_at, PARIS) == recomputed


def test_a_change_after_the_deadline_does_not_give_it_new_life() -> None:
    changed_at = datetime(2026, 8, 20, 9, tzinfo=PARIS)
    before = counted_with()
    assert after_change(before, before, changed_at, PARIS) == before


def test_a_suspended_clock_whose_closure_ends_gets_at_least_the_day_after_the_change() -> None:
    suspended = counted_with(Closure(date(2026, 8, 3), None, LONG_AGO))
    after = after_change(counted_with(), suspended, datetime(2026, 8, 6, 9, tzinfo=PARIS), PARIS)
    assert after.last_day == date(2026, 8, 7)
    assert after_change(suspended, suspended, datetime(2026, 8, 6, 9, tzinfo=PARIS), PARIS) == suspended


def test_a_frozen_clock_keeps_the_days_after_the_day_it_was_frozen() -> None:
    found = deadline(TUESDAY, 30, policy="MF", zone=PARIS)
    assert days_left(found.counted, TUESDAY, PARIS) == 30
    assert days_left(found.counted, TUESDAY + timedelta(days=1), PARIS) == 29
    assert days_left(found.counted, datetime(2026, 9, 12, 12, tzinfo=PARIS), PARIS) == 27
    assert days_left(found.counted, TUESDAY + timedelta(days=100), PARIS) == 0


@given(instants, business_days, policies, zones, holidays, lists_of_closures, suspensions)
def test_what_is_stopped_on_its_last_day_has_taken_all_the_days_it_had(
    received_at: datetime,
    count: int,
    policy: BusinessDayPolicy,
    zone: ZoneInfo,
    off: frozenset[date],
    closed: list[Closure],
    suspend: Any,
) -> None:
    rules: dict[str, Any] = {"policy": policy, "zone": zone, "holidays": off}
    rules |= {"closures": closed, "closures_suspend": suspend}
    found = deadline(received_at, count, **rules)
    assert days_taken(received_at, received_at, **rules) == 0
    if found.due_before is not None:
        taken = days_taken(received_at, found.due_before - timedelta(microseconds=1), **rules)
        # A last day that rolled over a holiday leaves that one counted as the working day it is under MF.
        assert taken >= count if policy is BusinessDayPolicy.MF_ROLL else taken == count


def test_an_answer_takes_no_day_on_the_day_of_receipt_and_goes_on_counting_when_it_is_late() -> None:
    def taken(days: int) -> int:
        return days_taken(TUESDAY, TUESDAY + timedelta(days=days), policy="MF", zone=PARIS)

    assert [taken(days) for days in (0, 1, 3, 4, 6, 50)] == [0, 1, 3, 3, 4, 36]


DECLARED = datetime(2026, 1, 1, tzinfo=UTC)
MARCH = datetime(2026, 3, 3, 8, tzinfo=UTC)


def closed(first: str, last: str | None) -> Closure:
    return Closure(date.fromisoformat(first), None if last is None else date.fromisoformat(last), DECLARED)


@pytest.mark.parametrize(
    ("closures", "last_day"),
    [
        ([closed("2026-03-04", None)], date(2026, 6, 2)),
        ([closed("2026-03-04", "2026-12-31")], date(2026, 6, 2)),
        ([closed("2026-03-04", "2026-04-30"), closed("2026-05-01", "2026-12-31")], date(2026, 6, 2)),
        ([closed("2026-03-04", "2026-05-01"), closed("2026-05-04", "2026-12-31")], date(2026, 6, 2)),
        ([closed("2026-03-04", "2026-05-01"), closed("2026-05-05", "2026-05-06")], date(2026, 5, 4)),
        ([closed("2025-10-01", None)], date(2026, 3, 4)),
    ],
    ids=["open-ended", "too long", "one after the other", "over a week-end", "with a day between", "long before"],
)
def test_a_closure_suspends_ninety_days_at_most(closures: list[Closure], last_day: date) -> None:
    found = deadline(MARCH, 1, policy="MF", zone=PARIS, closures=closures, closure_days=90)
    assert found.last_day == last_day


def test_what_a_limited_closure_leaves_counts_as_days_taken() -> None:
    stopped_at = datetime(2026, 6, 2, 12, tzinfo=UTC)
    rules = {"policy": "MF", "zone": PARIS, "closures": [closed("2026-03-04", None)], "closure_days": 90}
    assert days_taken(MARCH, stopped_at, **rules) == 1


def test_a_closure_at_the_end_of_the_calendar_is_limited_to_it() -> None:
    assert limited_closures([Closure(date.max, None, DECLARED)], 90)[0].last_day == date.max
