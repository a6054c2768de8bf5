"""Which texts are instants (RFC 3339, 5.6), and that they come back as they went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.instants import format_instant, parse_instant

minutes = st.integers(-23 * 60 - 59, 23 * 60 + 59)
EPOCH = datetime(1970, 1, 2, tzinfo=UTC)
YEAR_9998_S = 253_370_000_000

instants = st.builds(
    lambda second, microsecond, minute: (EPOCH + timedelta(seconds=second, microseconds=microsecond)).astimezone(
        timezone(timedelta(minutes=minute))
    ),
    st.integers(0, YEAR_9998_S),
    st.integers(0, 999_999),
    minutes,
)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-03-02T09:30:00Z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02t09:30:00z", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02T10:30:00+01:00", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-01T23:30:00-10:00", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02T09:30:00-00:00", datetime(2026, 3, 2, 9, 30, tzinfo=UTC)),
        ("2026-03-02T09:30:00.5Z", datetime(2026, 3, 2, 9, 30, 0, 500_000, tzinfo=UTC)),
        ("2026-03-02T09:30:00.123456Z", datetime(2026, 3, 2, 9, 30, 0, 123_456, tzinfo=UTC)),
        ("2026-03-02T09:30:00.123456789Z", datetime(2026, 3, 2, 9, 30, 0, 123_456, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_a_date_a_time_and_an_offset_are_an_instant(text: str, instant: datetime) -> None:
    parsed = parse_instant(text)
    assert parsed == instant
    assert parsed is not None
    assert parsed.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02",
        "2026-03-02T09:30:00",
        "2026-03-02 09:30:00Z",
        "2026-03-02T09:30Z",
        "20260302T093000Z",
        "2026-W10-1T09:30:00Z",
        "2026-3-2T09:30:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-03-02T24:00:00Z",
        "2026-03-02T09:60:00Z",
        "2026-03-02T09:30:00+24:00",
        "2026-03-02T09:30:00+0100",
        "2026-03-02T09:30:00+01",
        "2026-03-02T09:30:00.Z",
        "2026-03-02T09:30:00,5Z",
        "2026-03-02T09:30:00Z\n",
        " 2026-03-02T09:30:00Z",
        "２０２６-03-02T09:30:00Z",
        "0000-01-01T00:00:00Z",
        "+12026-03-02T09:30:00Z",
        "",
        "now",
        1_772_443_800,
        True,
        None,
        ["2026-03-02T09:30:00Z"],
    ],
)
def test_anything_else_is_none(value: object) -> None:
    assert parse_instant(value) is None


@pytest.mark.parametrize(
    "text", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"]
)
def test_an_instant_at_the_ends_of_the_calendar_which_no_other_zone_could_hold_is_none(text: str) -> None:
    assert parse_instant(text) is None


@given(instants)
def test_what_is_written_is_read_back_as_the_same_instant(instant: datetime) -> None:
    text = format_instant(instant)
    assert text.endswith("Z")
    assert parse_instant(text) == instant


@given(st.text() | st.integers() | st.floats() | st.binary())
def test_no_value_makes_it_raise(value: object) -> None:
    parsed = parse_instant(value)
    assert parsed is None or parsed.tzinfo is UTC
