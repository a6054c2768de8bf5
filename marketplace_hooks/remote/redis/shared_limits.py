"""Shared rate limits: counts in Redis that all processes of one installation share, by the library `limits`."""

from __future__ import annotations

import hashlib
import time
from math import ceil

import redis
from limits import RateLimitItemPerSecond
from limits.storage.redis import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from ...errors import Unavailable
from ...telemetry.log_context import get_logger
from .connection import connect
from .names import RedisNames
from .queue import BREAKER_S, WAKEUP_TIMEOUT_S

log = get_logger(__name__)


class SharedLimits:
    """Fixed windows that begin with their first hit. While Redis is away nothing is counted, and nobody waits."""

    def __init__(self, url: str, names: RedisNames) -> None:
        self._pool = connect(url, timeout_s=WAKEUP_TIMEOUT_S).connection_pool
        self._names = names
        self._limiter: FixedWindowRateLimiter | None = None
        self._paused_until_s = 0.0

    def seconds_to_wait(self, amount: int, window_s: int, *key: str) -> int | None:
        """Count one; 0 when it is allowed, else after how many seconds to come back; None while Redis is away."""
        if time.monotonic() < self._paused_until_s:
            return None
        item = RateLimitItemPerSecond(amount, window_s)
        hashed = hashlib.sha256("\0".join(key).encode()).hexdigest()  # addresses and ids of people stay out of Redis.
        try:
            limiter = self._connected()
            if limiter.hit(item, hashed):
                return 0
            return max(1, ceil(limiter.get_window_stats(item, hashed).reset_time - time.time()))
        except (redis.RedisError, OSError, Unavailable) as error:
            self._paused_until_s = time.monotonic() + BREAKER_S
            log.warning("limits count for each process alone while Redis is away (%s)", type(error).__name__)
            return None

    def _connected(self) -> FixedWindowRateLimiter:
        if self._limiter is None:
            storage = RedisStorage("redis://", connection_pool=self._pool, key_prefix=self._names.limits)
            self._limiter = FixedWindowRateLimiter(storage)
        return self._limiter
