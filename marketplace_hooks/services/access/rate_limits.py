"""Rate limits: fixed windows, the minutes of the clock, over named keys.

Counted in this process's memory: a limit is a fence against floods, not an account, and must cost next to nothing on
the path of every event. The settings say that they count for each web process.
"""

from __future__ import annotations

import threading
import time
from math import ceil

WINDOW_S = 60


class RateLimits:
    """Counts by key. With each window the counts of the last one go.

    By hand and not by the library `limits`, whose memory storage starts a timer's thread for most hits: that cost more
    than the rest of the view.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[tuple[str, ...], int] = {}

    def seconds_to_wait(self, per_minute: int, *key: str) -> int:
        """Count one; 0 when it is allowed, else after how many seconds to come back. `per_minute` 0: no limit."""
        if per_minute == 0:
            return 0
        with self._lock:
            left_s = self._begin_window()
            count = self._counts.get(key, 0)
            if count >= per_minute:
                return left_s
            self._counts[key] = count + 1
            return 0

    def is_spent(self, per_minute: int, *key: str) -> int:
        """Like `seconds_to_wait`, but without counting."""
        if per_minute == 0:
            return 0
        with self._lock:
            left_s = self._begin_window()
            return left_s if self._counts.get(key, 0) >= per_minute else 0

    def _begin_window(self) -> int:
        """Begin a new window when the minute is another; how many seconds are left of it, rounded up, at least 1."""
        window, passed_s = divmod(time.time(), WINDOW_S)
        if window != self._window:
            self._window = int(window)
            self._counts.clear()
        return ceil(WINDOW_S - passed_s)
