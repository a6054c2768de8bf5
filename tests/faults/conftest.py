"""Places to break: an installation with its own database and its own Redis-compatible server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import databases
from tests.support.postgres import Postgres
from tests.support.redis import RedisServer

from ..support.processes import Deployment

MakeDeployment = Callable[..., Deployment]


@pytest.fixture
def make_deployment(tmp_path: Path, database_url: str, private_redis: RedisServer) -> Iterator[MakeDeployment]:
    """Make an installation on each kind of database; after the test nothing of it may be left."""
    made: list[Deployment] = []

    def make(**settings: Any) -> Deployment:
        made.append(Deployment(tmp_path, database_url, private_redis.url, **settings))
        return made[-1]

    yield make
    for deployment in made:
        deployment.close()


@pytest.fixture
def deployment(make_deployment: MakeDeployment) -> Deployment:
    """An installation with the settings of every fault test."""
    return make_deployment()


@pytest.fixture
def crashing_deployment(
    tmp_path: Path, restartable_postgres: Postgres, private_redis: RedisServer
) -> Iterator[Deployment]:
    """An installation whose PostgreSQL the test may crash."""
    with databases.postgres_database(restartable_postgres) as url:
        databases.apply_migrations(url)
        deployment = Deployment(tmp_path, url, private_redis.url)
        yield deployment
        restartable_postgres.start()
        deployment.close()
