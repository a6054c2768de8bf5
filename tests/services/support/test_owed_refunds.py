"""Refunds owed by a seller: outstanding until they are paid out, and on record afterwards."""

from __future__ import annotations

from datetime import date

import time_machine

from marketplace_hooks.services.support.owed_refunds import RefundFilter, SellerRefund, seller_refunds

from ...support.customers import publish_refund
from ...support.marketplace import Marketplace
from ...support.support_desk import FIX, PURCHASE, REQUEST, due, publish_request, set_up_support


def refunds_of(desk: Marketplace, seller_id: str, which: RefundFilter) -> list[SellerRefund]:
    with desk.runtime.database.read_session() as session:
        return seller_refunds(session, seller_id, today=date(2026, 4, 14), which=which, limit=10)


def test_a_refund_is_outstanding_until_it_is_paid_out(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_support(marketplace)
    clock.shift(60)
    publish_request(marketplace)
    clock.move_to(due(marketplace, FIX))
    marketplace.run_all_now()
    [refund] = refunds_of(marketplace, "seller-1", RefundFilter.OUTSTANDING)
    assert (refund.request_id, refund.state, refund.currency) == (REQUEST, "due", "EUR")
    assert (refund.total_cents, refund.owed_cents) == (9900, 9900)
    assert refund.subject == f"About {REQUEST}"
    assert refunds_of(marketplace, "seller-2", RefundFilter.ALL) == []
    publish_refund(marketplace, PURCHASE)
    marketplace.run_all_now()
    assert refunds_of(marketplace, "seller-1", RefundFilter.OUTSTANDING) == []
    [settled] = refunds_of(marketplace, "seller-1", RefundFilter.ALL)
    assert (settled.state, settled.settled_at is not None) == ("refunded", True)
    assert (settled.total_cents, settled.owed_cents) == (9900, 0)
