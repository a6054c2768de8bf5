"""A seller sees on the page of a product who has Business Care, what is open and what renews soon."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import update

from marketplace_hooks.models.subscriptions import Subscription
from marketplace_hooks.services.catalog.pages import product_page
from marketplace_hooks.services.operations.product_support import ProductSupport, read_product_support

from ...support.customers import publish_customer, publish_purchase, publish_refund
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import publish_request


@pytest.fixture(autouse=True)
def _sold(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    publish_customer(marketplace)


def support_of(marketplace: Marketplace, product_id: str = "mod-1") -> ProductSupport:
    runtime = marketplace.runtime
    with runtime.database.read_session() as session:
        page = product_page(session, product_id)
        assert page is not None
        return read_product_support(session, page.card, runtime.now(), runtime.settings)


def test_only_active_business_care_and_renewals_of_the_next_thirty_days_count(marketplace: Marketplace) -> None:
    now = datetime.now(UTC)
    publish_purchase(marketplace, "new")
    publish_purchase(marketplace, "refunded")
    for name, days_ago in (("in-29-days", 336), ("in-32-days", 333), ("stopped", 350)):
        publish_purchase(marketplace, name, purchased_at=(now - timedelta(days=days_ago)).isoformat())
    publish_purchase(marketplace, "of another product", product_id="mod-2")
    marketplace.run_all_now()
    publish_refund(marketplace, "refunded")
    marketplace.publish(
        "subscription.renewal_cancelled", purchase_id="stopped", actor="customer", received_at=now.isoformat()
    )
    marketplace.run_all_now()
    found = support_of(marketplace)
    assert (found.subscribers, found.renewals, found.renewals_cents) == (4, 1, 3960)


def test_a_rise_of_the_price_does_not_raise_what_a_notice_has_said(marketplace: Marketplace) -> None:
    publish_purchase(marketplace, "in-20-days", purchased_at=(datetime.now(UTC) - timedelta(days=345)).isoformat())
    marketplace.run_all_now()
    with marketplace.runtime.database.session() as session:
        session.execute(update(Subscription).values(announced_cents=3_000, announced_currency="EUR"))
    assert support_of(marketplace).renewals_cents == 3_000
    with marketplace.runtime.database.session() as session:
        session.execute(update(Subscription).values(announced_cents=9_000))
    assert support_of(marketplace).renewals_cents == 3_960, "a fall of the price counts"


def test_a_product_without_customers_has_nothing_to_reckon_with(marketplace: Marketplace) -> None:
    assert support_of(marketplace) == ProductSupport(
        subscribers=0, renewals=0, renewals_cents=0, open_requests=0, requests=[]
    )


def test_the_page_names_the_most_urgent_requests_first_and_no_customer(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_purchase(marketplace, "purchase-1")
    marketplace.run_all_now()
    for number in range(7):
        publish_request(
            marketplace, request_id=f"request-{number}", subject=f"Fault {number}", purchase_id="purchase-1"
        )
        clock.shift(3_600)
    seller = browser_of(marketplace, "seller", "seller-1")
    page = seller.get("/seller/products/mod-1")
    asked = [link for link in page.links if link.startswith("/seller/requests/")]
    assert asked == [f"/seller/requests/request-{number}" for number in range(5)]
    words = page.visible_text
    assert re.search("Customers with active Business Care ?1", words)
    assert re.search("Open requests ?7", words)
    assert "Next deadline:" in words
    assert "Odile" not in words


def test_requests_stay_with_the_seller_whom_they_were_sent_to(marketplace: Marketplace) -> None:
    publish_purchase(marketplace, "purchase-1")
    marketplace.run_all_now()
    publish_request(marketplace, purchase_id="purchase-1")
    assert support_of(marketplace).open_requests == 1
    marketplace.publish("seller.upserted", seller_id="seller-2")
    marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-2")
    marketplace.run_all_now()
    found = support_of(marketplace)
    assert (found.open_requests, found.requests) == (0, [])
