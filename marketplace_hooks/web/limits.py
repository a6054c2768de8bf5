"""Who asks too often?

Counted in this process's memory: a limit is a fence against floods, not an account, and must cost next to nothing on
the path of every event. The settings say that they count for each web process.
"""

from __future__ import annotations

import time
from math import ceil

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter


class Limits:
    """Fixed windows of a minute over named keys."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._items: dict[int, RateLimitItemPerMinute] = {}

    def seconds_to_wait(self, per_minute: int, *key: str) -> int:
        """Count one; 0 when it is allowed, else after how many seconds to come back. `per_minute` 0: no limit."""
        if per_minute == 0 or self._limiter.hit(self._item(per_minute), *key):
            return 0
        return self._wait(per_minute, *key)

    def is_spent(self, per_minute: int, *key: str) -> int:
        """Like `seconds_to_wait`, but without counting."""
        if per_minute == 0 or self._limiter.test(self._item(per_minute), *key):
            return 0
        return self._wait(per_minute, *key)

    def _wait(self, per_minute: int, *key: str) -> int:
        reset_at = self._limiter.get_window_stats(self._item(per_minute), *key).reset_time
        return max(1, ceil(reset_at - time.time()))

    def _item(self, per_minute: int) -> RateLimitItemPerMinute:
        return self._items.setdefault(per_minute, RateLimitItemPerMinute(per_minute))
