"""A closure stands differently before, during and after its days."""

from __future__ import annotations

from datetime import date

import pytest

from marketplace_hooks.domain.support.closures import ClosureState, shortened_last_day, state_on

FIRST = date(2026, 12, 24)
LAST = date(2027, 1, 3)


@pytest.mark.parametrize(
    ("today", "state"),
    [
        (date(2026, 12, 23), ClosureState.ANNOUNCED),
        (FIRST, ClosureState.RUNNING),
        (LAST, ClosureState.RUNNING),
        (date(2027, 1, 4), ClosureState.OVER),
    ],
)
def test_both_its_days_are_closed(today: date, state: ClosureState) -> None:
    assert state_on(today, FIRST, LAST, cancelled=False) is state
    assert state_on(today, FIRST, LAST, cancelled=True) is ClosureState.CANCELLED


def test_without_a_last_day_it_is_never_over() -> None:
    assert state_on(date(2036, 1, 1), FIRST, None, cancelled=False) is ClosureState.RUNNING


@pytest.mark.parametrize(
    ("asked", "today", "expected"),
    [
        (date(2026, 8, 10), date(2026, 8, 5), date(2026, 8, 10)),
        (date(2026, 8, 5), date(2026, 8, 6), date(2026, 8, 6)),
        (date(2026, 8, 6), date(2026, 8, 6), date(2026, 8, 6)),
        (date(2026, 8, 14), date(2026, 8, 6), None),
        (date(2026, 8, 20), date(2026, 8, 6), None),
        (date(2026, 8, 10), date(2026, 8, 20), None),
    ],
)
def test_a_closure_shortened_early_ends_no_sooner_than_the_day_of_the_change(
    asked: date, today: date, expected: date | None
) -> None:
    assert shortened_last_day(date(2026, 8, 14), asked, today=today) == expected


def test_an_open_ended_closure_ends_when_it_is_shortened() -> None:
    assert shortened_last_day(None, date(2026, 8, 4), today=date(2026, 8, 6)) == date(2026, 8, 6)
