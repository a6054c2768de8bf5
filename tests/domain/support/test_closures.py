"""A closure stands differently before, during and after its days."""

from __future__ import annotations

from datetime import date

import pytest

from marketplace_hooks.domain.support.closures import ClosureState, state_on

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
