"""A purchase is named to its own customer; a product on sale to everybody."""

from __future__ import annotations

import pytest

from marketplace_hooks.errors import NotFound
from marketplace_hooks.services.business_care.holders import Holder
from marketplace_hooks.services.business_care.purchase_summary import (
    latest_of_product,
    summarize_product,
    summarize_product_on_sale,
    summarize_purchase,
)

from ...support.customers import publish_refund, set_up_purchase
from ...support.marketplace import OFFLINE, Marketplace


def test_other_people_s_purchases_are_not_found(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace)
    with marketplace.runtime.database.read_session() as session:
        for customer_id in ("customer-1", None):
            found = summarize_purchase(session, Holder(purchase_id="purchase-1", customer_id=customer_id))
            assert (found.product_id, found.seller_id) == ("mod-1", "seller-1")
        with pytest.raises(NotFound):
            summarize_purchase(session, Holder(purchase_id="purchase-1", customer_id="customer-2"))


def test_a_hidden_product_is_named_in_conversations_only(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        assert summarize_product(session, "mod-1").purchase_id is None
        with pytest.raises(NotFound):
            summarize_product_on_sale(session, "mod-1")
        with pytest.raises(NotFound):
            summarize_product(session, "unknown")


def test_the_latest_purchase_of_a_product_is_one_that_was_not_refunded(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace, "purchase-1")
    set_up_purchase(marketplace, "purchase-2")

    def latest() -> str | None:
        with marketplace.runtime.database.read_session() as session:
            return latest_of_product(session, "customer-1", "mod-1")

    assert latest() == "purchase-2"
    publish_refund(marketplace, "purchase-2")
    marketplace.run_all_now()
    assert latest() == "purchase-1"
