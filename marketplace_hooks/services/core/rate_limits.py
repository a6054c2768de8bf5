"""Rate limits: how often something may be done within a time, by the name of the limit and by whom it is done.

`LIMITS` is the one table of them. Most are counted in this process's memory: a fence against floods must cost next to
nothing on the path of every event. Those that matter however many processes there are (`is_shared`) are counted in
Redis by all of them, and while it is away by each process for itself.
"""

from __future__ import annotations

import enum
import ipaddress
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from ...config.settings import Settings

MINUTE_S = 60
DAY_S = 86_400


class LimitName(enum.StrEnum):
    """What is limited."""

    __hash__ = str.__hash__  # an enumeration's own is slow, and this one is counted by on the path of every event.

    EVENTS = "events"
    EVENT_FAILURES = "event_failures"
    TOKEN_FAILURES = "token_failures"  # noqa: S105 - a limit's name
    SIGN_IN_FAILURES = "sign_in_failures"
    AUDITED_REFUSALS = "audited_refusals"
    API_CALLS = "api_calls"
    INSPECTIONS = "inspections"
    WRITING = "writing"
    CONVERSATION = "conversation"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """At most as many as `setting` says within `window_s`; 0: no limit."""

    setting: str
    window_s: int = MINUTE_S
    is_shared: bool = False


LIMITS: Mapping[LimitName, Limit] = {
    # Of one source.
    LimitName.EVENTS: Limit(setting="webhook_rate_per_minute"),
    # Of one client address; counted apart, and only what has failed, so that nobody locks out somebody else.
    LimitName.EVENT_FAILURES: Limit(setting="failure_rate_per_minute"),
    LimitName.TOKEN_FAILURES: Limit(setting="failure_rate_per_minute"),
    LimitName.SIGN_IN_FAILURES: Limit(setting="sign_in_rate_per_minute", is_shared=True),
    # Of one token or person: what is refused to them beyond that is not entered in the audit log.
    LimitName.AUDITED_REFUSALS: Limit(setting="failure_rate_per_minute"),
    # Of one token, person or address.
    LimitName.API_CALLS: Limit(setting="api_rate_per_minute"),
    # Of one customer.
    LimitName.INSPECTIONS: Limit(setting="check_rate_per_minute", is_shared=True),
    # Of one person, and of one person in one conversation.
    LimitName.WRITING: Limit(setting="messages_per_day", window_s=DAY_S, is_shared=True),
    LimitName.CONVERSATION: Limit(setting="conversation_messages_per_day", window_s=DAY_S, is_shared=True),
}


class SharedCounts(Protocol):
    """Counts that all processes share."""

    def seconds_to_wait(self, amount: int, window_s: int, *key: str) -> int | None:
        """As `RateLimits.seconds_to_wait`; None while nothing can be counted. Never raises, never blocks for long."""


class RateLimits:
    """The limits of one process: fixed windows, by key. `shared` None: there is no Redis."""

    def __init__(self, settings: Settings, shared: SharedCounts | None = None) -> None:
        self._amounts = {name: int(getattr(settings, limit.setting)) for name, limit in LIMITS.items()}
        self._shared = shared
        self._counts = {window_s: _Counts(window_s) for window_s in (MINUTE_S, DAY_S)}

    def seconds_to_wait(self, name: LimitName, *key: str) -> int:
        """Count one; 0 when it is allowed, else after how many seconds to come back."""
        amount = self._amounts[name]
        if amount == 0:
            return 0
        limit = LIMITS[name]
        if limit.is_shared and self._shared is not None:
            wait_s = self._shared.seconds_to_wait(amount, limit.window_s, name, *key)
            if wait_s is not None:
                return wait_s
        return self._counts[limit.window_s].seconds_to_wait(amount, name, *key)

    def is_spent(self, name: LimitName, *key: str) -> bool:
        """Whether `seconds_to_wait` would make wait, without counting. For limits that are not shared."""
        amount = self._amounts[name]
        return amount > 0 and self._counts[LIMITS[name].window_s].is_spent(amount, name, *key)

    def clear(self) -> None:
        """Forget what this process has counted."""
        for counts in self._counts.values():
            counts.clear()


class _Counts:
    """Counts by key within windows of the clock; with each window those of the last one go.

    By hand and not by the library `limits`, whose memory storage starts a timer's thread for most hits: that cost more
    than the rest of the view.
    """

    def __init__(self, window_s: int) -> None:
        self._window_s = window_s
        self._lock = threading.Lock()
        self._window = 0
        self._by_key: dict[tuple[str, ...], int] = {}

    def seconds_to_wait(self, amount: int, *key: str) -> int:
        with self._lock:
            left_s = self._begin_window()
            count = self._by_key.get(key, 0)
            if count >= amount:
                return left_s
            self._by_key[key] = count + 1
            return 0

    def is_spent(self, amount: int, *key: str) -> bool:
        with self._lock:
            self._begin_window()
            return self._by_key.get(key, 0) >= amount

    def clear(self) -> None:
        with self._lock:
            self._by_key.clear()

    def _begin_window(self) -> int:
        """Begin a new window when it is time; how many seconds are left of it, rounded up, at least 1."""
        window, passed_s = divmod(time.time(), self._window_s)
        if window != self._window:
            self._window = int(window)
            self._by_key.clear()
        return ceil(self._window_s - passed_s)


def client_key(address: str | None) -> str:
    """Whom a client's address stands for: IPv4 for itself, IPv6 for its /64, of which one client has every address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "unknown"
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
