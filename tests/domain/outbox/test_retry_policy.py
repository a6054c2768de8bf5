"""Retry policy: when a failed delivery is attempted again (`webhooks.md` 9)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.config.settings import Settings
from marketplace_hooks.domain.outbox.retry_policy import BUSY, next_attempt_at

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SCHEDULE = Settings().delivery_schedule_s

failed = st.integers(1, len(SCHEDULE) - 1)
jitters = st.floats(-1, 1)
calm = st.sampled_from([None, 301, 400, 404, 500, 501, 505])
asked = st.none() | st.floats(0, 10**8)


def pause_s(
    attempts: int,
    *,
    jitter: float = 0.0,
    status: int | None = 500,
    timed_out: bool = False,
    retry_after_s: float | None = None,
) -> float | None:
    again_at = next_attempt_at(
        NOW,
        attempts=attempts,
        schedule_s=SCHEDULE,
        jitter=jitter,
        status=status,
        timed_out=timed_out,
        retry_after_s=retry_after_s,
    )
    return None if again_at is None else (again_at - NOW).total_seconds()


def test_the_pauses_are_those_of_the_norm() -> None:
    hour = 3600.0
    paused = [pause_s(attempts) for attempts in range(1, 11)]
    assert paused == [5, 300, 1800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour, None]


@pytest.mark.parametrize(("attempts", "again"), [(9, True), (10, False), (11, False)])
def test_after_the_tenth_attempt_there_is_no_other(attempts: int, again: bool) -> None:
    assert (pause_s(attempts) is not None) is again


@given(attempts=failed, jitter=jitters, status=calm)
def test_jitter_moves_a_pause_by_a_fifth_at_most(attempts: int, jitter: float, status: int | None) -> None:
    base = SCHEDULE[attempts]
    assert pause_s(attempts, jitter=jitter, status=status) == pytest.approx(base * (1 + jitter / 5), abs=1e-5)


@pytest.mark.parametrize(
    ("retry_after_s", "paused"), [(0, 300), (299, 300), (300, 300), (301, 301), (599, 599), (600, 600), (10**7, 600)]
)
def test_retry_after_is_honoured_from_the_pause_to_twice_the_pause(retry_after_s: float, paused: float) -> None:
    assert pause_s(2, retry_after_s=retry_after_s) == paused


@given(attempts=failed, jitter=jitters, status=calm, retry_after_s=st.floats(0, 10**8))
def test_whatever_retry_after_says_the_pause_stays_between_base_and_twice_base(
    attempts: int, jitter: float, status: int | None, retry_after_s: float
) -> None:
    paused = pause_s(attempts, jitter=jitter, status=status, retry_after_s=retry_after_s)
    assert paused is not None
    assert SCHEDULE[attempts] <= paused <= 2 * SCHEDULE[attempts]


@pytest.mark.parametrize(
    ("status", "paused"), [(429, 60), (502, 60), (503, 60), (504, 60), (500, 5), (501, 5), (408, 5), (400, 5)]
)
def test_a_server_that_says_it_is_overloaded_is_left_alone_for_a_minute(status: int, paused: float) -> None:
    assert pause_s(1, status=status) == paused


@pytest.mark.parametrize(("timed_out", "paused"), [(True, 60), (False, 5)])
def test_so_is_one_that_did_not_answer_in_time(timed_out: bool, paused: float) -> None:
    assert pause_s(1, status=None, timed_out=timed_out) == paused


@given(attempts=failed, jitter=jitters, status=st.sampled_from(sorted(BUSY)), retry_after_s=asked)
def test_an_overloaded_server_never_sees_us_within_a_minute(
    attempts: int, jitter: float, status: int, retry_after_s: float | None
) -> None:
    paused = pause_s(attempts, jitter=jitter, status=status, retry_after_s=retry_after_s)
    assert paused is not None
    assert paused >= 60


def test_a_minute_is_no_ceiling_for_an_overloaded_server() -> None:
    assert pause_s(3, status=503) == 1800


@given(attempts=failed, jitter=jitters, status=calm | st.sampled_from(sorted(BUSY)), retry_after_s=asked)
def test_a_retry_lies_in_the_future_and_within_two_days(
    attempts: int, jitter: float, status: int | None, retry_after_s: float | None
) -> None:
    again_at = next_attempt_at(
        NOW, attempts=attempts, schedule_s=SCHEDULE, jitter=jitter, status=status, retry_after_s=retry_after_s
    )
    assert again_at is not None
    assert NOW < again_at <= NOW + timedelta(days=2)
