"""A restore that is killed has changed nothing, and is made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..support.backups import backs_up, empty_database, tables
from ..support.marketplace import Marketplace
from ..support.processes import STARTED_WITHIN_S, Deployment, Fault, load_factor

BEFORE_THE_END = "marketplace_hooks.services.operations.restore:end_all_sessions"


@pytest.fixture
def place(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """An installation whose database is empty."""
    (tmp_path / "place").mkdir()
    with empty_database(database_url, tmp_path, request) as url:
        place = Deployment(tmp_path / "place", url, None)
        yield place
        place.close()


def test_a_killed_restore_leaves_the_database_empty_for_the_next(
    marketplace: Marketplace, place: Deployment, tmp_path: Path
) -> None:
    marketplace.publish_products("mod-1")
    folder = tmp_path / "backup"
    backs_up(marketplace.runtime, folder)
    killed = place.start("restore", str(folder), faults=[Fault(at=BEFORE_THE_END)])
    assert killed.popen.wait(STARTED_WITHIN_S * load_factor()) < 0
    assert tables(place.database) == []
    place.database.dispose()
    assert place.start("restore", str(folder)).popen.wait(STARTED_WITHIN_S * load_factor()) == 0
    assert len(tables(place.database)) > 1
