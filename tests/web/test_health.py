"""Health checks: alive, and ready; a missing Redis is never a reason not to be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from marketplace_hooks.database import migrate

from ..support.api_callers import problem_of
from ..support.marketplace import Marketplace, open_marketplace
from ..support.redis import RedisServer


def test_a_migrated_installation_is_alive_and_ready(marketplace: Marketplace) -> None:
    client = marketplace.app.test_client()
    assert client.get("/healthz").get_json() == {"status": "ok"}
    for _ in range(2):
        ready = client.get("/readyz")
        assert (ready.status_code, ready.get_json()["status"]) == (200, "ready")
        assert ready.headers["Cache-Control"] == "no-store"


def test_a_database_without_its_migrations_is_not_ready_and_becomes_so(empty_database_url: str, tmp_path: Path) -> None:
    with open_marketplace(empty_database_url, tmp_path) as marketplace:
        client = marketplace.app.test_client()
        assert client.get("/healthz").status_code == 200
        assert problem_of(client.get("/readyz")) == (503, "not_migrated")
        migrate.upgrade(marketplace.runtime.database)
        assert client.get("/readyz").status_code == 200


def test_a_database_that_is_away_is_said_with_when_to_come_back(tmp_path: Path) -> None:
    with open_marketplace("postgresql://nobody@127.0.0.1:9/none", tmp_path) as marketplace:
        client = marketplace.app.test_client()
        assert client.get("/healthz").status_code == 200
        away = client.get("/readyz")
        assert problem_of(away) == (503, "database_away")
        assert int(away.headers["Retry-After"]) > 0
        call = client.get("/api/v1/products")
        assert problem_of(call) == (503, "unavailable")
        assert int(call.headers["Retry-After"]) > 0


def test_a_redis_that_is_away_is_a_warning(
    make_marketplace: Callable[..., Marketplace], private_redis: RedisServer
) -> None:
    marketplace = make_marketplace(REDIS_URL=private_redis.url)
    client = marketplace.app.test_client()
    assert client.get("/readyz").get_json()["warnings"] == []
    private_redis.stop()
    away = client.get("/readyz")
    assert (away.status_code, len(away.get_json()["warnings"])) == (200, 1)


def test_without_any_redis_the_body_says_so(marketplace: Marketplace) -> None:
    [warning] = marketplace.app.test_client().get("/readyz").get_json()["warnings"]
    assert warning.startswith("redis")
