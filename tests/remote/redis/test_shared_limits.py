"""Shared rate limits: all processes count together, and without Redis nobody waits or fails."""

from __future__ import annotations

import socket
import time

import pytest

from marketplace_hooks.config.settings import Settings
from marketplace_hooks.errors import Unavailable
from marketplace_hooks.remote.redis import shared_limits
from marketplace_hooks.remote.redis.names import RedisNames
from marketplace_hooks.remote.redis.shared_limits import SharedLimits
from marketplace_hooks.services.core.rate_limits import LimitName, RateLimits

from ...support.redis import RedisServer

ONE = RedisNames(lambda: "one")


def test_processes_count_together_and_installations_apart(redis_server: RedisServer) -> None:
    redis_server.flush()
    one, other, stranger = (
        SharedLimits(redis_server.url, RedisNames(lambda name=name: name)) for name in ("a", "a", "b")
    )
    assert [one.seconds_to_wait(2, 60, "k"), other.seconds_to_wait(2, 60, "k")] == [0, 0]
    waits = [limits.seconds_to_wait(2, 60, "k") for limits in (one, other)]
    assert all(wait is not None and 1 <= wait <= 60 for wait in waits)
    assert stranger.seconds_to_wait(2, 60, "k") == 0
    assert one.seconds_to_wait(2, 60, "k", "another key") == 0


def test_redis_holds_no_address_and_no_id_of_a_person(redis_server: RedisServer) -> None:
    redis_server.flush()
    SharedLimits(redis_server.url, ONE).seconds_to_wait(2, 60, "sign_in_failures", "192.0.2.7")
    with redis_server.client() as client:
        [key] = client.keys()
        assert key.startswith(b"mh:one:limits")
        assert b"192.0.2.7" not in key
        assert 0 < client.ttl(key) <= 60


def test_while_redis_is_away_each_process_counts_for_itself_and_afterwards_together_again(
    private_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = SharedLimits(private_redis.url, ONE)
    limits = RateLimits(Settings(check_rate_per_minute=1), shared)
    assert limits.seconds_to_wait(LimitName.INSPECTIONS, "k") == 0
    private_redis.kill()
    assert limits.seconds_to_wait(LimitName.INSPECTIONS, "k") == 0
    assert 1 <= limits.seconds_to_wait(LimitName.INSPECTIONS, "k") <= 60
    private_redis.start()
    assert shared.seconds_to_wait(1, 60, "k") is None  # nobody asks again for some seconds.
    monkeypatch.setattr(shared, "_paused_until_s", 0.0)
    assert shared.seconds_to_wait(1, 60, "k") == 0


def test_a_redis_that_says_nothing_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limits = SharedLimits(f"redis://127.0.0.1:{silent.getsockname()[1]}", ONE)
        began_s = time.monotonic()
        assert [limits.seconds_to_wait(1, 60, "k") for _ in range(100)] == [None] * 100
        assert time.monotonic() - began_s < shared_limits.BREAKER_S  # one time-out, not a hundred.


def test_a_database_that_is_away_is_no_error_either(redis_server: RedisServer) -> None:
    def away() -> str:
        raise Unavailable("the database is away")

    assert SharedLimits(redis_server.url, RedisNames(away)).seconds_to_wait(1, 60, "k") is None
