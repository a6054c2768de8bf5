"""The list of sellers counts what each sells, and shows whose account is suspended."""

from __future__ import annotations

from marketplace_hooks.domain.catalog.statuses import Status
from marketplace_hooks.services.catalog.seller_list import find_seller, find_sellers

from ...support.marketplace import OFFLINE, Marketplace


def test_sellers_are_found_by_id_and_by_a_part_of_their_name(marketplace: Marketplace) -> None:
    for number in range(1, 4):
        marketplace.publish("seller.upserted", seller_id=f"seller-{number}", name=f"Atelier {number}")
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        assert [one.seller_id for one in find_sellers(session, limit=2)] == ["seller-1", "seller-2"]
        assert [one.seller_id for one in find_sellers(session, after="seller-2", limit=2)] == ["seller-3"]
        assert [one.seller_id for one in find_sellers(session, search="seller-2", limit=2)] == ["seller-2"]
        assert [one.seller_id for one in find_sellers(session, search="ATELIER 3", limit=2)] == ["seller-3"]
        assert find_seller(session, "seller-9") is None


def test_a_seller_has_the_number_of_products_in_each_status(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2", "mod-3")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        before = find_seller(session, "seller-1")
    marketplace.publish("seller.suspended")
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        after = find_seller(session, "seller-1")
    assert before is not None
    assert after is not None
    assert before.products == {Status.ONLINE: 2, Status.OFFLINE_TEMPORARY: 1}
    assert (before.is_suspended, after.is_suspended) == (False, True)
