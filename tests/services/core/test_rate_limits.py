"""Rate limits: who does something too often learns when to come back, and is free again with the next window."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import time_machine

from marketplace_hooks.config.settings import Settings
from marketplace_hooks.services.core.rate_limits import LIMITS, LimitName, RateLimits, client_key

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


def limits_of(per_minute: int, shared: object = None) -> RateLimits:
    settings = Settings(webhook_rate_per_minute=per_minute, check_rate_per_minute=per_minute, messages_per_day=1)
    return RateLimits(settings, shared)  # type: ignore[arg-type] # some of these are no counts.


class Counts:
    """Shared counts that say what they are told to."""

    def __init__(self, wait_s: int | None) -> None:
        self.wait_s = wait_s

    def seconds_to_wait(self, amount: int, window_s: int, *key: str) -> int | None:
        return self.wait_s


def test_as_many_as_are_allowed_pass_and_the_next_learns_how_long_to_wait() -> None:
    rate_limits = limits_of(3)
    with time_machine.travel(NOON.replace(second=45), tick=False):
        answers = [rate_limits.seconds_to_wait(LimitName.EVENTS, "marketplace") for _ in range(5)]
    assert answers == [0, 0, 0, 15, 15]


def test_the_wait_is_at_least_a_second_while_the_minute_lasts() -> None:
    rate_limits = limits_of(1)
    with time_machine.travel(NOON.replace(second=59, microsecond=999_000), tick=False):
        assert [rate_limits.seconds_to_wait(LimitName.EVENTS, "k") for _ in range(2)] == [0, 1]


def test_a_caller_who_waited_is_let_in_again() -> None:
    rate_limits = limits_of(1)
    with time_machine.travel(NOON.replace(second=20), tick=False) as clock:
        rate_limits.seconds_to_wait(LimitName.EVENTS, "k")
        clock.shift(rate_limits.seconds_to_wait(LimitName.EVENTS, "k"))
        assert rate_limits.seconds_to_wait(LimitName.EVENTS, "k") == 0


def test_a_limit_of_a_day_lasts_until_the_day_is_over() -> None:
    rate_limits = limits_of(1)
    with time_machine.travel(NOON, tick=False) as clock:
        assert [rate_limits.seconds_to_wait(LimitName.WRITING, "k") for _ in range(2)] == [0, 12 * 3_600]
        clock.shift(60)
        assert rate_limits.seconds_to_wait(LimitName.WRITING, "k") > 0


def test_asking_whether_a_limit_is_spent_does_not_count() -> None:
    rate_limits = limits_of(1)
    with time_machine.travel(NOON, tick=False):
        assert [rate_limits.is_spent(LimitName.EVENTS, "k") for _ in range(3)] == [False] * 3
        assert rate_limits.seconds_to_wait(LimitName.EVENTS, "k") == 0
        assert rate_limits.is_spent(LimitName.EVENTS, "k")


def test_each_key_and_each_limit_has_its_own_count() -> None:
    rate_limits = limits_of(1)
    with time_machine.travel(NOON, tick=False):
        keys = (("a",), ("b",), ("a", "b"), ("a",))
        assert [rate_limits.seconds_to_wait(LimitName.EVENTS, *key) for key in keys] == [0, 0, 0, 60]
        assert rate_limits.seconds_to_wait(LimitName.INSPECTIONS, "a") == 0


def test_zero_is_no_limit() -> None:
    rate_limits = limits_of(0)
    assert {rate_limits.seconds_to_wait(LimitName.EVENTS, "k") for _ in range(100)} == {0}
    assert not rate_limits.is_spent(LimitName.EVENTS, "k")


def test_the_counts_of_the_last_window_are_gone() -> None:
    rate_limits = limits_of(1)
    with time_machine.travel(NOON, tick=False) as clock:
        rate_limits.seconds_to_wait(LimitName.EVENTS, "k")
        clock.shift(60)
        assert rate_limits.seconds_to_wait(LimitName.EVENTS, "k") == 0


def test_limits_that_matter_are_counted_by_all_processes_and_the_others_are_not() -> None:
    rate_limits = limits_of(1, Counts(7))
    assert rate_limits.seconds_to_wait(LimitName.INSPECTIONS, "k") == 7
    assert rate_limits.seconds_to_wait(LimitName.EVENTS, "k") == 0


def test_while_nothing_can_be_shared_each_process_counts_for_itself() -> None:
    rate_limits = limits_of(1, Counts(None))
    with time_machine.travel(NOON, tick=False):
        assert [rate_limits.seconds_to_wait(LimitName.INSPECTIONS, "k") for _ in range(2)] == [0, 60]


def test_each_limit_has_a_setting() -> None:
    settings = {field.name for field in dataclasses.fields(Settings)}
    assert set(LIMITS) == set(LimitName)
    assert {limit.setting for limit in LIMITS.values()} <= settings
    for limit in LIMITS.values():
        assert getattr(replace(Settings(), **{limit.setting: 3}), limit.setting) == 3


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        (None, "unknown"),
        ("not an address", "not an address"),
    ],
)
def test_a_client_is_its_ipv4_address_or_its_ipv6_network(address: str | None, key: str) -> None:
    assert client_key(address) == key
