"""Facts of a deployment: one id for good, and the last word of what was noticed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from marketplace_hooks.database.engine import Database
from marketplace_hooks.errors import Unavailable
from marketplace_hooks.services.core.deployment import ID, read_deployment_id, read_fact, record_fact

from ...support.marketplace import Marketplace


def test_a_migrated_database_has_an_id_that_stays(marketplace: Marketplace) -> None:
    database = marketplace.runtime.database
    assert len(read_deployment_id(database)) == 16
    assert read_deployment_id(database) == read_deployment_id(database)


def test_the_last_record_of_a_fact_counts(marketplace: Marketplace) -> None:
    runtime = marketplace.runtime
    earlier = runtime.now() - timedelta(hours=1)
    record_fact(runtime.database, "weather", "rain", earlier)
    record_fact(runtime.database, "weather", "sun", runtime.now())
    with runtime.database.read_session() as session:
        fact = read_fact(session, "weather")
        assert fact is not None
        assert (fact.value, fact.recorded_at > earlier) == ("sun", True)
        assert read_fact(session, "tides") is None
        assert read_fact(session, ID) is not None


def test_without_its_tables_a_database_is_not_available(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(Unavailable):
        read_deployment_id(empty)
    empty.dispose()
