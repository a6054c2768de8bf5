"""Migrations: every database gets the tables that the models describe, whoever migrates it, however often."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from marketplace_hooks.database import migrate
from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.full_text import VIRTUAL_TABLES
from marketplace_hooks.database.types import Base
from tests.support.processes import STARTED_WITHIN_S, Deployment, Fault, load_factor

CREATE_TABLE = "alembic.ddl.impl:DefaultImpl.create_table"


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Database]:
    """An empty database of each kind."""
    database = Database(empty_database_url)
    yield database
    database.dispose()


@pytest.fixture
def place(tmp_path: Path, empty_database_url: str) -> Iterator[Deployment]:
    """An installation whose database is empty."""
    place = Deployment(tmp_path, empty_database_url, None)
    yield place
    place.close()


def versions(database: Database) -> list[str]:
    with database.read_session() as session:
        return list(session.scalars(text(f"SELECT version_num FROM {migrate.VERSION_TABLE}")))


def tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_the_migrations_make_what_the_models_describe(database: Database) -> None:
    migrate.upgrade(database)
    assert migrate.differences(database) == []
    made = {name for name in tables(database) if not name.startswith(VIRTUAL_TABLES)}
    assert made == {*Base.metadata.tables, migrate.VERSION_TABLE}


def test_a_difference_between_models_and_migrations_is_found(database: Database) -> None:
    migrate.upgrade(database)
    with database.begin() as connection:
        connection.execute(text("DROP INDEX ix_mh_inbox_work"))
        connection.execute(text("ALTER TABLE mh_inbox ADD COLUMN forgotten INTEGER"))
    assert len(migrate.differences(database)) == 2


def test_migrating_twice_changes_nothing(database: Database) -> None:
    assert not migrate.is_current(database)
    migrate.upgrade(database)
    assert migrate.is_current(database)
    before = tables(database), versions(database)
    migrate.upgrade(database)
    assert (tables(database), versions(database)) == before
    assert len(versions(database)) == 1


def test_processes_that_migrate_at_once_wait_for_each_other(place: Deployment) -> None:
    processes = [place.start("migrate") for _ in range(3)]
    assert [process.popen.wait(STARTED_WITHIN_S * load_factor()) for process in processes] == [0, 0, 0]
    assert migrate.is_current(place.database)
    assert migrate.differences(place.database) == []
    assert len(versions(place.database)) == 1


def test_a_migration_that_was_killed_half_way_is_done_by_the_next(place: Deployment) -> None:
    half_way = Fault(at=CREATE_TABLE, call=7)
    killed = place.start("migrate", faults=[half_way])
    assert killed.popen.wait(STARTED_WITHIN_S * load_factor()) < 0
    assert half_way.hit_pids == [killed.pid]
    assert not migrate.is_current(place.database)
    place.database.dispose()
    assert place.start("migrate").popen.wait(STARTED_WITHIN_S * load_factor()) == 0
    assert migrate.is_current(place.database)
    assert migrate.differences(place.database) == []


def test_the_tables_and_the_versions_of_a_host_are_left_alone(database: Database) -> None:
    host = create_engine(database.url)
    with host.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('of the host')"))
        connection.execute(text("CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT)"))
    migrate.upgrade(database)
    migrate.upgrade(database)
    with host.connect() as connection:
        assert connection.scalars(text("SELECT version_num FROM alembic_version")).all() == ["of the host"]
        assert {one["name"] for one in inspect(connection).get_columns("products")} == {"id", "name"}
    host.dispose()
    assert migrate.differences(database) == []
