"""Lists hold what their reader may see, in its categories."""

from __future__ import annotations

from marketplace_hooks.services.catalog.cards import PUBLIC, Visibility
from marketplace_hooks.services.catalog.lists import find_products

from ...support.marketplace import OFFLINE, WITHDRAWN, Marketplace


def test_hidden_things_are_found_only_by_who_may_see_them(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_products("mod-3", seller_id="seller-2")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-3", WITHDRAWN)
    marketplace.run_all_now()

    def found(visibility: Visibility) -> list[str]:
        with marketplace.runtime.database.read_session() as session:
            return [card.product_id for card in find_products(session, visibility=visibility).items]

    assert found(PUBLIC) == found(Visibility(seller_id="seller-9")) == ["mod-2"]
    assert found(Visibility(seller_id="seller-1")) == ["mod-1", "mod-2"]
    assert found(Visibility(seller_id="seller-2")) == ["mod-2", "mod-3"]
    assert found(Visibility(everything=True)) == ["mod-1", "mod-2", "mod-3"]
