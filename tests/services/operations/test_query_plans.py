"""The operator's lists, searches and figures are read from an index, however much has happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from marketplace_hooks.domain.support.state_machine import Handling, RefundState
from marketplace_hooks.models.cascades import CascadeState
from marketplace_hooks.models.inbox import InboxState
from marketplace_hooks.models.outbox import DeliveryState
from marketplace_hooks.services.operations import dashboard, event_log
from marketplace_hooks.services.operations.event_trace import trace_cascade, trace_event
from marketplace_hooks.services.outbox import delivery_log
from marketplace_hooks.services.outbox.endpoints import add_endpoint
from marketplace_hooks.services.support import work_queue
from marketplace_hooks.services.support.request_lists import RequestQuery, RequestSort, list_requests
from marketplace_hooks.services.support.requests import Viewer

from ...support.bulk_purchases import copy_logs, copy_rows, gather_statistics
from ...support.marketplace import OFFLINE, Marketplace
from ...support.recorded_statements import assert_no_table_scan, recorded_statements
from ...support.support_desk import REQUEST, set_up_request, set_up_support

CONTESTED = RequestQuery(state=Handling.CONTESTED, sort=RequestSort.OLDEST)
MANY = 10_000
MANY_EVENTS = 40_000
TABLES = ("mh_inbox", "mh_cascades", "mh_outbox", "mh_deliveries", "mh_messages", "mh_clocks", "mh_refund_claims")


@pytest.fixture
def crowded(marketplace: Marketplace) -> Marketplace:
    """A marketplace with much behind it, all of it settled."""
    set_up_support(marketplace)
    set_up_request(marketplace)
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    endpoint, _ = add_endpoint(marketplace.runtime, "https://93.184.215.14/hooks")
    with marketplace.runtime.database.session() as session:
        session.execute(text("UPDATE mh_requests SET closed_at = submitted_at, handling = 'closed'"))
        copy_logs(session, endpoint.id, MANY, events=MANY_EVENTS)
        copy_rows(session, "mh_requests", "id", REQUEST, MANY)
        copy_rows(session, "mh_clocks", "request_id", REQUEST, MANY, **_MISSED)
    gather_statistics(marketplace.runtime.database)
    return marketplace


_MISSED = {"state": "'missed'", "missed_at": "'2020-01-01 00:00:00.000000'"}


def test_the_logs_are_read_from_an_index_whatever_is_asked_for(crowded: Marketplace) -> None:
    runtime = crowded.runtime
    now = crowded.runtime.now()
    day = timedelta(days=1)
    wanted: list[dict[str, Any]] = [
        {},
        {"before": 5_000},
        {"state": InboxState.REJECTED},
        {"subject": "product:none"},
        {"type_": "product.reinstated"},
        {"event_id": "copy-10000077"},
        {"received_from": now + 9 * day},
        {"received_from": now - day, "received_before": now + day},
    ]
    with recorded_statements(runtime.database.engine) as heard, runtime.database.read_session() as session:
        found = [len(event_log.find_events(session, **one)[0]) for one in wanted]
        delivery_log.find_deliveries(session, state=DeliveryState.EXHAUSTED)
        delivery_log.find_deliveries(session, event_id="copy-10000077")
        delivery_log.find_deliveries(session, subject=("product", "none"))
        delivery_log.find_deliveries(session, endpoint_id="none")
        for since, before in ((now - day, None), (None, now + day), (now - day, now + day), (now + 9 * day, None)):
            delivery_log.find_deliveries(session, published_from=since, published_before=before)
            delivery_log.find_deliveries(
                session, state=DeliveryState.DELIVERED, published_from=since, published_before=before
            )
        for state in CascadeState:
            event_log.find_cascades(session, state=state, before=4_000)
        trace_event(session, event_log.find_event(session, "copy-10000077").event)
        trace_cascade(session, "copy-10000077")
    assert found == [20, 20, 0, 0, 0, 1, 0, 20]
    assert_no_table_scan(runtime, heard, *TABLES)


def test_what_waits_and_how_the_whole_is_doing_is_read_from_an_index(crowded: Marketplace) -> None:
    runtime = crowded.runtime
    now = crowded.runtime.now()
    with recorded_statements(runtime.database.engine) as heard, runtime.database.read_session() as session:
        assert work_queue.replies_to_confirm(session, limit=26) == []
        assert work_queue.late_requests(session, after=(now, "copy-10000001:fix"), limit=26) == []
        assert list_requests(session, Viewer(), CONTESTED, limit=26) == []
        after = (now, "copy-10000001")
        assert work_queue.refunds_in(session, RefundState.MANUAL, today=now.date(), after=after, limit=26) == []
        figures = dashboard.read_dashboard(session, now, runtime.settings.reference_zone)
    assert (figures.tasks.late, len(figures.days)) == (0, dashboard.DAYS_SHOWN)
    tables = tuple(name for name in TABLES if name not in ("mh_messages", "mh_refund_claims"))
    # How many clocks were missed within days is not known without the days.
    assert_no_table_scan(runtime, heard, *tables, generic=False)
