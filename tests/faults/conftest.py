"""Places to break: an installation with its own database and its own Redis-compatible server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import databases
from tests.support.postgres import Postgres
from tests.support.redis import RedisServer

from ..support.processes import Place

MakePlace = Callable[..., Place]


@pytest.fixture
def make_place(tmp_path: Path, database_url: str, private_redis: RedisServer) -> Iterator[MakePlace]:
    """Make an installation on each kind of database; after the test nothing of it may be left."""
    made: list[Place] = []

    def make(**settings: Any) -> Place:
        made.append(Place(tmp_path, database_url, private_redis.url, **settings))
        return made[-1]

    yield make
    for place in made:
        place.close()


@pytest.fixture
def place(make_place: MakePlace) -> Place:
    """An installation with the settings of every fault test."""
    return make_place()


@pytest.fixture
def crashing_place(tmp_path: Path, restartable_postgres: Postgres, private_redis: RedisServer) -> Iterator[Place]:
    """An installation whose PostgreSQL the test may crash."""
    with databases.postgres_database(restartable_postgres) as url:
        databases.apply_migrations(url)
        place = Place(tmp_path, url, private_redis.url)
        yield place
        restartable_postgres.start()
        place.close()
