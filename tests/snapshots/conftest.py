"""Fixture of tests that are about files alone: a marketplace on one database is enough for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.marketplace import Marketplace, open_marketplace


@pytest.fixture
def sqlite_marketplace(sqlite_url: str, tmp_path: Path) -> Iterator[Marketplace]:
    """A marketplace on SQLite."""
    with open_marketplace(sqlite_url, tmp_path / "instance") as opened:
        yield opened
