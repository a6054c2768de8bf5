"""Categories hold the products that are described in them and sold now."""

from __future__ import annotations

from marketplace_hooks.services.catalog.cards import Visibility
from marketplace_hooks.services.catalog.lists import find_categories, find_products

from ...support.marketplace import OFFLINE, ONLINE, Marketplace


def test_categories_are_those_of_what_is_sold_now(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    for product_id, categories in (("mod-1", ["Été", "Zoo"]), ("mod-2", ["Attic", "Zoo"]), ("mod-3", ["Hidden"])):
        marketplace.publish("product.upserted", product_id=product_id, categories=categories)
    marketplace.run_all_now()
    marketplace.change_status("mod-3", OFFLINE)
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        assert find_categories(session) == ["Attic", "Été", "Zoo"]


def test_a_product_moves_between_categories_and_vanishes_with_its_sellers_account(marketplace: Marketplace) -> None:
    def found(category: str) -> list[str]:
        with marketplace.runtime.database.read_session() as session:
            return [card.product_id for card in find_products(session, category=category).items]

    marketplace.publish("seller.upserted")
    # All in one batch: the last description counts, a category named twice counts once, and a change in between too.
    for categories in (["Attic", "Zoo"], ["Zoo", "Zoo", "Cellar"]):
        marketplace.publish("product.upserted", product_id="mod-1", categories=categories)
        marketplace.change_status("mod-1", OFFLINE)
        marketplace.change_status("mod-1", ONLINE)
    marketplace.run_all_now()
    assert (found("Attic"), found("Cellar"), found("Zoo")) == ([], ["mod-1"], ["mod-1"])
    marketplace.publish("product.upserted", product_id="mod-1", categories=[])
    marketplace.publish("product.upserted", product_id="mod-2", categories=["Zoo"])
    marketplace.run_all_now()
    assert (found("Cellar"), found("Zoo")) == ([], ["mod-2"])
    marketplace.publish("seller.suspended", reason="unpaid")
    marketplace.run_all_now()
    assert found("Zoo") == []
    with marketplace.runtime.database.read_session() as session:
        assert find_categories(session) == []
        mine = find_products(session, category="Zoo", visibility=Visibility(seller_id="seller-1"))
    assert [card.product_id for card in mine.items] == ["mod-2"]
