"""Query plans: a seller's lists are read from an index, however long they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from marketplace_hooks.domain.catalog.statuses import Status
from marketplace_hooks.models.support import RefundClaim, SupportRequest
from marketplace_hooks.services.catalog.seller_offers import list_products_with_holds
from marketplace_hooks.services.support.owed_refunds import RefundFilter, seller_refunds
from marketplace_hooks.services.support.request_lists import RequestGroup, RequestQuery, list_requests
from marketplace_hooks.services.support.requests import Viewer

from ...support.bulk_purchases import copy_rows, gather_statistics
from ...support.marketplace import Marketplace
from ...support.recorded_statements import assert_no_table_scan, recorded_statements
from ...support.support_desk import FIX, due, set_up_request, set_up_support

MANY = 20_000
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
VIEWER = Viewer(seller_id="seller-1")


@pytest.fixture
def crowded(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """Many products, many requests of which one in ten is open, and many refunds, all of one seller."""
    set_up_support(marketplace)
    set_up_request(marketplace)
    clock.move_to(due(marketplace, FIX))
    marketplace.run_all_now()
    withdrawn = "CASE WHEN i % 10 = 0 THEN 'offline_permanent' ELSE 'online' END"
    closed = "CASE WHEN i % 10 = 0 THEN NULL ELSE submitted_at END"
    due_at = "CASE WHEN i % 20 = 0 THEN recorded_at END"
    with marketplace.runtime.database.session() as session:
        copy_rows(session, "mh_products", "id", "mod-1", MANY, status=withdrawn)
        copy_rows(session, "mh_requests", "id", "request-1", MANY, closed_at=closed, next_deadline_at=due_at)
        copy_rows(session, "mh_refund_claims", "request_id", "request-1", MANY)
    gather_statistics(marketplace.runtime.database)
    return marketplace


def _products(session: Session) -> list[Any]:
    plain = list_products_with_holds(session, "seller-1")
    assert list_products_with_holds(session, "seller-1", after=plain.next_after).items
    return list_products_with_holds(session, "seller-1", status=Status.OFFLINE_PERMANENT).items


def _requests(session: Session) -> list[SupportRequest]:
    everything = list_requests(session, VIEWER, limit=26)
    assert everything[0].next_deadline_at is not None
    last = everything[-1]
    assert list_requests(session, VIEWER, after=(last.next_deadline_at, last.number), limit=26)
    assert list_requests(session, VIEWER, after=(None, 15_000), limit=26)
    return list_requests(session, VIEWER, RequestQuery(state=RequestGroup.OPEN), now=NOW, limit=26)


def _claims(session: Session) -> list[Any]:
    today = date(2026, 4, 14)
    first = seller_refunds(session, "seller-1", today=today, which=RefundFilter.ALL, limit=26)
    return seller_refunds(session, "seller-1", today=today, after=(first[-1].due_at, first[-1].request_id), limit=26)


@pytest.mark.parametrize(
    ("read", "table"),
    [(_products, "mh_products"), (_requests, SupportRequest.__tablename__), (_claims, RefundClaim.__tablename__)],
)
def test_every_list_is_read_from_an_index(crowded: Marketplace, read: Callable[[Session], Any], table: str) -> None:
    runtime = crowded.runtime
    with recorded_statements(runtime.database.engine) as heard, runtime.database.read_session() as session:
        found = read(session)
    assert len(found) >= 25
    assert_no_table_scan(runtime, heard, table)
