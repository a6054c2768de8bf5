"""Rate limits: who calls too often learns when to come back, and is free again with the next minute."""

from __future__ import annotations

from datetime import UTC, datetime

import time_machine

from marketplace_hooks.services.access.rate_limits import RateLimits

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


def test_as_many_as_are_allowed_pass_and_the_next_learns_how_long_to_wait() -> None:
    rate_limits = RateLimits()
    with time_machine.travel(NOON.replace(second=45), tick=False):
        answers = [rate_limits.seconds_to_wait(3, "source", "marketplace") for _ in range(5)]
    assert answers == [0, 0, 0, 15, 15]


def test_the_wait_is_at_least_a_second_while_the_minute_lasts() -> None:
    rate_limits = RateLimits()
    with time_machine.travel(NOON.replace(second=59, microsecond=999_000), tick=False):
        assert [rate_limits.seconds_to_wait(1, "k") for _ in range(2)] == [0, 1]


def test_a_caller_who_waited_is_let_in_again() -> None:
    rate_limits = RateLimits()
    with time_machine.travel(NOON.replace(second=20), tick=False) as clock:
        rate_limits.seconds_to_wait(1, "k")
        clock.shift(rate_limits.seconds_to_wait(1, "k"))
        assert rate_limits.seconds_to_wait(1, "k") == 0


def test_the_question_whether_a_limit_is_spent_counts_nothing() -> None:
    rate_limits = RateLimits()
    with time_machine.travel(NOON, tick=False):
        assert [rate_limits.is_spent(1, "k") for _ in range(3)] == [0, 0, 0]
        assert rate_limits.seconds_to_wait(1, "k") == 0
        assert rate_limits.is_spent(1, "k") == 60


def test_one_key_does_not_count_for_another() -> None:
    rate_limits = RateLimits()
    with time_machine.travel(NOON, tick=False):
        assert [rate_limits.seconds_to_wait(1, *key) for key in (("a",), ("b",), ("a", "b"), ("a",))] == [0, 0, 0, 60]


def test_zero_means_no_limit() -> None:
    rate_limits = RateLimits()
    assert {rate_limits.seconds_to_wait(0, "k") for _ in range(100)} == {0}
    assert rate_limits.is_spent(0, "k") == 0


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    rate_limits = RateLimits()
    with time_machine.travel(NOON, tick=False) as clock:
        rate_limits.seconds_to_wait(1, "k")
        clock.shift(-86_400)
        assert rate_limits.seconds_to_wait(1, "k") == 0
