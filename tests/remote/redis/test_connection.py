"""Addresses of Redis: TLS, Sentinel and Valkey's own schemes reach real servers; malformed ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from marketplace_hooks.errors import ConfigurationError
from marketplace_hooks.remote.redis.connection import connect
from marketplace_hooks.remote.redis.names import JobKind, RedisNames
from marketplace_hooks.remote.redis.queue import RedisWakeups, answers

from ...support.redis import RedisServer
from ...support.redis_servers import MASTER, redis_behind_tls, redis_with_sentinel
from ..http.test_tls import Authority

NAMES = RedisNames(lambda: "a")


def socket_of(server: RedisServer) -> Path:
    return Path(server.url.removeprefix("unix://").partition("?")[0])


def test_valkey_stands_for_redis(redis_url: str) -> None:
    connection = connect("valkeys://cache.example:6380/2?ssl_cert_reqs=none").connection_pool.connection_kwargs
    assert (connection["host"], connection["port"], connection["db"]) == ("cache.example", 6380, 2)
    assert connect("valkey://cache.example").connection_pool.connection_class is redis.Connection


def test_tls_is_spoken_and_the_certificate_is_checked(private_redis: RedisServer, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    authority = Authority(tmp_path)
    stranger = Authority(tmp_path / "other")
    with redis_behind_tls(socket_of(private_redis), authority.server_context("localhost")) as port:
        trusted = f"rediss://localhost:{port}/0?ssl_ca_certs={authority.file}"
        assert answers(trusted)
        assert RedisWakeups(trusted, NAMES, timeout_s=10).wake_worker(JobKind.INBOX)
        assert not answers(f"rediss://localhost:{port}/0?ssl_ca_certs={stranger.file}")
        assert not answers(f"redis://localhost:{port}/0")


def test_the_master_is_found_through_a_sentinel(tmp_path: Path) -> None:
    with redis_with_sentinel(tmp_path) as port:
        url = f"redis+sentinel://localhost:{port}/{MASTER}/1"
        assert answers(url)
        assert RedisWakeups(url, NAMES, timeout_s=10).wake_worker(JobKind.INBOX)
        assert connect(url).connection_pool.connection_kwargs["db"] == 1
        assert not answers(f"redis+sentinel://localhost:{port}/nobody")


@pytest.mark.parametrize(
    "url",
    [
        "localhost:6379",
        "http://localhost",
        "redis+sentinel://localhost:26379",
        "redis+sentinel:///marketplace",
        "redis+sentinel://a b:1/marketplace",
        "valkey+cluster://localhost",
    ],
)
def test_an_address_that_is_not_understood_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        connect(url)
