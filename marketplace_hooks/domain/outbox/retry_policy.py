"""Retry policy: when a failed delivery is attempted again, with backoff and jitter (`webhooks.md` 9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ..instants import parse_http_date

JITTER = 0.2
BUSY = frozenset({429, 502, 503, 504})
BUSY_PAUSE_S = 60.0
"""A server that says it is overloaded, or says nothing in time, is left alone for at least so long."""


def next_attempt_at(
    now: datetime,
    *,
    attempts: int,
    schedule_s: Sequence[float],
    jitter: float,
    status: int | None,
    timed_out: bool = False,
    retry_after_s: float | None = None,
) -> datetime | None:
    """When to try again after `attempts` failed ones; None: that was the last.

    `schedule_s` are the pauses before each attempt, the first included. `jitter` is in [-1, 1] and moves the pause by
    up to 20 %. `retry_after_s` is what the answer asked for, honoured between the pause and twice the pause.
    """
    if attempts >= len(schedule_s):
        return None
    base_s = schedule_s[attempts]
    pause_s = base_s * (1 + JITTER * jitter)
    if retry_after_s is not None:
        pause_s = min(max(pause_s, retry_after_s, base_s), 2 * base_s)
    rest_s = rest_of_endpoint_s(status, schedule_s=schedule_s, timed_out=timed_out)
    return now + timedelta(seconds=max(pause_s, rest_s))


def longest_pause_s(attempts: int, schedule_s: Sequence[float]) -> float:
    """The longest pause that `next_attempt_at` makes after `attempts` failed ones; 0 before the first attempt."""
    if attempts == 0 or attempts >= len(schedule_s):
        return 0.0
    return max(2 * schedule_s[attempts], BUSY_PAUSE_S)


def rest_of_endpoint_s(status: int | None, *, schedule_s: Sequence[float], timed_out: bool = False) -> float:
    """For how long nothing at all is sent to an endpoint that is overloaded, or silent; 0 for every other failure."""
    return min(BUSY_PAUSE_S, max(schedule_s)) if timed_out or status in BUSY else 0.0


def retry_after_s(given: str | None, now: datetime) -> float | None:
    """What a `Retry-After` asks for: seconds, or an HTTP date (RFC 9110, 10.2.3); None for anything else."""
    if given is None:
        return None
    if given.strip().isdecimal():
        return float(given.strip()[:9])
    at = parse_http_date(given)
    return None if at is None else max(0.0, (at - now).total_seconds())
