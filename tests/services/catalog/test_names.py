"""Lists that hold ids show titles and names."""

from __future__ import annotations

from sqlalchemy import update

from marketplace_hooks.models.purchases import Customer
from marketplace_hooks.services.catalog.names import customer_names, product_titles

from ...support.customers import publish_customer
from ...support.marketplace import Marketplace


def test_products_have_their_titles_and_customers_their_names_until_they_are_erased(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    publish_customer(marketplace, "customer-1", name="Odile")
    publish_customer(marketplace, "customer-2", name="Paul")
    marketplace.run_all_now()
    with marketplace.runtime.database.session() as session:
        session.execute(update(Customer).where(Customer.id == "customer-2").values(erased_at=marketplace.runtime.now()))
    with marketplace.runtime.database.read_session() as session:
        assert product_titles(session, ["mod-1", "unknown"]) == {"mod-1": marketplace.product("mod-1").title}
        assert customer_names(session, ["customer-1", "customer-2", "unknown"]) == {"customer-1": "Odile"}
