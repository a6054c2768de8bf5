"""Backups in tests: made of a marketplace, restored into an empty database, and compared table by table."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from marketplace_hooks.database.engine import Database
from marketplace_hooks.database.types import Base
from marketplace_hooks.services.core.runtime import Runtime
from marketplace_hooks.services.operations.backup import back_up
from marketplace_hooks.services.operations.backup_manifest import BackupManifest
from marketplace_hooks.services.operations.restore import restore

from . import databases
from .marketplace import Marketplace, open_marketplace


@contextlib.contextmanager
def empty_database(like: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database of the same kind as that one; yields its URL."""
    if like.startswith("sqlite"):
        yield databases.sqlite_url(folder / "restored.db")
        return
    with databases.postgres_database(request.getfixturevalue("postgres")) as url:
        yield url


@contextlib.contextmanager
def restored_marketplace(url: str, instance: Path, backup: Path, **settings: Any) -> Iterator[Marketplace]:
    """A marketplace over an empty database with an instance folder of its own, after the restore of a backup."""
    with open_marketplace(url, instance, **settings) as marketplace:
        restores(marketplace.runtime, backup)
        yield marketplace


def backs_up(runtime: Runtime, folder: Path, *, with_keys: bool = True) -> BackupManifest:
    return back_up(runtime, folder, with_keys=with_keys, log=lambda line: None)


def restores(runtime: Runtime, folder: Path) -> BackupManifest:
    return restore(runtime, folder, log=lambda line: None)


def rows(database: Database) -> dict[str, list[str]]:
    """Every row of every table of ours, as text."""
    with database.engine.connect() as connection:
        return {
            table.name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
            for table in Base.metadata.sorted_tables
        }


def tables(database: Database) -> list[str]:
    """The tables that there are."""
    with database.engine.connect() as connection:
        return sorted(sa.inspect(connection).get_table_names())
