"""Attention: what needs somebody's attention is counted in each room, by one statement that reads no table."""

from __future__ import annotations

from datetime import timedelta

import time_machine
from sqlalchemy import text

from marketplace_hooks.services.operations import attention

from ...support.bulk_purchases import copy_rows, gather_statistics
from ...support.marketplace import Marketplace
from ...support.recorded_statements import assert_no_table_scan, recorded_statements
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    REQUEST,
    due,
    publish_message,
    publish_request,
    set_up_support,
)

MANY = 3_000
NOTHING = {"replies": 0, "overdue": 0, "contested": 0, "refunds": 0}
NOTHING |= {"rejected": 0, "failed": 0, "cascades": 0, "deliveries": 0}


def counts(desk: Marketplace) -> tuple[int, int, dict[str, int]]:
    """Of the seller, of the customer, and of the marketplace."""
    with desk.runtime.database.read_session() as session:
        return (
            attention.seller_attention(session, "seller-1")["requests"],
            attention.customer_attention(session, "customer-1")["requests"],
            dict(attention.operator_attention(session)),
        )


def test_it_follows_what_happens(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_support(marketplace)
    assert counts(marketplace) == (0, 0, NOTHING)
    publish_request(marketplace)
    publish_request(marketplace, "request-2")
    clock.shift(timedelta(hours=1))
    publish_message(marketplace, request_id="request-2")
    marketplace.publish("product.upserted", product_id="mod-9", kind="gadget")
    marketplace.run_all_now()
    assert counts(marketplace) == (1, 0, {**NOTHING, "rejected": 1})
    clock.move_to(due(marketplace, ACKNOWLEDGEMENT))
    marketplace.run_all_now()
    assert counts(marketplace) == (1, 0, {**NOTHING, "rejected": 1, "overdue": 1})
    with marketplace.runtime.database.session() as session:
        session.execute(text("UPDATE mh_requests SET handling = 'needs_information' WHERE id = 'request-2'"))
    assert counts(marketplace)[1] == 1


def test_much_is_counted_no_further_than_it_says_and_from_indexes(marketplace: Marketplace) -> None:
    set_up_support(marketplace)
    publish_request(marketplace)
    with marketplace.runtime.database.session() as session:
        copy_rows(session, "mh_requests", "id", REQUEST, MANY)
        copy_rows(session, "mh_clocks", "request_id", REQUEST, MANY)
    gather_statistics(marketplace.runtime.database)
    with recorded_statements(marketplace.runtime.database.engine) as heard:
        found = counts(marketplace)
    assert found == (attention.MOST + 1, 0, NOTHING)
    # The other tables are empty, and their indexes no shorter to read.
    assert_no_table_scan(marketplace.runtime, heard, "mh_requests", "mh_clocks", generic=False)
