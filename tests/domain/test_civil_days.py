"""A civil day begins at its first instant, whatever the clocks of its zone do."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.civil_days import add_months, day_of, end_of, first_instant

ZONES = [
    "Europe/Paris",
    "America/New_York",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Indian/Reunion",
    "UTC",
]
days = st.dates(date(1980, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("day", "zone", "expected"),
    [
        (date(2026, 3, 30), "Europe/Paris", "2026-03-29T22:00:00Z"),
        (date(2026, 1, 1), "UTC", "2026-01-01T00:00:00Z"),
        (date(2018, 11, 4), "America/Sao_Paulo", "2018-11-04T03:00:00Z"),  # no midnight: the day begins at 01:00
        (date(2024, 11, 3), "America/Havana", "2024-11-03T04:00:00Z"),  # two midnights: the first
        (date(2010, 11, 7), "America/St_Johns", "2010-11-07T02:30:00Z"),  # one minute in, back to the day before
        (date(1919, 3, 31), "America/Toronto", "1919-03-31T04:30:00Z"),  # clocks jumped from 23:30 to 00:30
        (date(2011, 12, 30), "Pacific/Apia", "2011-12-30T10:00:00Z"),  # a day that Samoa skipped
        (date(2011, 12, 31), "Pacific/Apia", "2011-12-30T10:00:00Z"),
    ],
)
def test_the_first_instant_of_a_day(day: date, zone: str, expected: str) -> None:
    assert first_instant(day, zone) == datetime.fromisoformat(expected)
    assert first_instant(day, ZoneInfo(zone)) == datetime.fromisoformat(expected)


@given(days, st.sampled_from(ZONES))
def test_the_instant_before_the_first_belongs_to_an_earlier_day(day: date, zone: str) -> None:
    first = first_instant(day, zone)
    assert first.tzinfo is UTC
    assert day_of(first, zone) >= day
    assert day_of(first - timedelta(microseconds=1), zone) < day


@given(days, st.sampled_from(ZONES))
def test_a_day_ends_where_the_next_one_begins(day: date, zone: str) -> None:
    assert end_of(day, zone) == first_instant(day + timedelta(days=1), zone) >= first_instant(day, zone)


def test_an_instant_without_a_zone_falls_on_no_day() -> None:
    with pytest.raises(ValueError, match="no zone"):
        day_of(datetime(2026, 1, 1), "Europe/Paris")  # noqa: DTZ001 a naive value is what is being refused


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 5, 31), -3, date(2026, 2, 28)),
        (date(2026, 5, 31), -1, date(2026, 4, 30)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 29)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 6, 30), 0, date(2026, 6, 30)),
    ],
)
def test_months_are_added_and_clipped_at_their_end(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected
