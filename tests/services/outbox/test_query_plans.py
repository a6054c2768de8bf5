"""Deliveries are found by an index, whatever PostgreSQL's statistics say of those that wait."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from marketplace_hooks.services.outbox import delivery_worker
from marketplace_hooks.services.outbox.delivery_claims import claim, find_locked
from marketplace_hooks.services.outbox.endpoints import add_endpoint

from ...support.bulk_purchases import copy_rows, gather_statistics, insert_deliveries, without_autovacuum
from ...support.marketplace import OFFLINE, Marketplace
from ...support.recorded_statements import recorded_statements, rows_visited

WAITING = 2_000
ENDPOINTS = 20
MOST = 10


# PostgreSQL learns only from time to time how many deliveries wait: until then it takes the queue for empty.
def test_what_is_due_is_found_with_statistics_of_an_empty_queue(marketplace: Marketplace) -> None:
    runtime = marketplace.runtime
    if runtime.database.is_sqlite:
        pytest.skip("SQLite gathers no statistics by itself")
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    endpoint_ids = [add_endpoint(runtime, f"https://93.184.215.14/hooks/{number}")[0].id for number in range(ENDPOINTS)]
    with runtime.database.session() as session:
        event_id = session.scalar(text("SELECT min(event_id) FROM mh_outbox"))
        copy_rows(session, "mh_outbox", "event_id", event_id, WAITING)
    with without_autovacuum(runtime.database, ["mh_deliveries"]):
        gather_statistics(runtime.database)
        with runtime.database.session() as session:
            insert_deliveries(session, endpoint_ids[0], "pending", attempts=0)
        with recorded_statements(runtime.database.engine) as of_look:
            assert delivery_worker._endpoints_due(runtime) == endpoint_ids[:1]
        with recorded_statements(runtime.database.engine) as of_claims:
            for endpoint_id in (endpoint_ids[0], endpoint_ids[-1]):
                with runtime.database.session() as session:
                    claim(runtime, session, find_locked(session, endpoint_id), "tests", MOST)
        looked = [rows_visited(runtime, one) for one in of_look]
        claimed = [rows_visited(runtime, one) for one in of_claims if one.sql.startswith("SELECT")]
    assert max(looked) <= 3 * WAITING
    assert max(claimed) <= 10 * MOST
