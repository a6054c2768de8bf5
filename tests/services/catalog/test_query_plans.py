"""The storefront finds what it shows by an index, however many products there are."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from marketplace_hooks.services.catalog import card_details, lists, sitemap
from marketplace_hooks.services.catalog.cards import Visibility

from ...support.bulk_purchases import copy_rows, gather_statistics
from ...support.marketplace import OFFLINE, Marketplace
from ...support.recorded_statements import assert_no_table_scan, recorded_statements

MANY = 20_000
CATEGORIES = 20
# Each copy in one of a few categories, every third one offline.
_STATUS = "CASE WHEN i % 3 = 0 THEN 'offline_temporary' ELSE 'online' END"
_IN_CATEGORIES = f"""
    INSERT INTO mh_product_categories (product_id, category, status)
    SELECT id, 'category-' || CAST(CAST(substr(id, 6) AS INTEGER) % {CATEGORIES} AS VARCHAR), status
    FROM mh_products WHERE id LIKE 'copy-%'
"""


@pytest.fixture
def crowded(marketplace: Marketplace) -> Marketplace:
    """A marketplace with many products."""
    marketplace.publish_products("mod-1")
    with marketplace.runtime.database.session() as session:
        copy_rows(session, "mh_products", "id", "mod-1", MANY, status=_STATUS)
        session.execute(text(_IN_CATEGORIES))
    gather_statistics(marketplace.runtime.database)
    return marketplace


def test_every_list_of_the_storefront_is_read_from_an_index(crowded: Marketplace) -> None:
    runtime = crowded.runtime
    with recorded_statements(runtime.database.engine) as heard, runtime.database.read_session() as session:
        found = lists.find_categories(session)
        assert lists.find_currencies(session) == ["EUR"]
        first = lists.find_products(session, limit=24)
        later = lists.find_products(session, limit=24, after=first.next_after)
        some = lists.find_products(session, category="category-7", after="copy-10010000", limit=24)
        own = lists.find_products(session, limit=24, visibility=Visibility(seller_id="seller-1"), seller_id="seller-1")
        card_details.read_announcements(session, [card.product_id for card in later.items], runtime.now())
    assert len(found) == CATEGORIES + 2  # and those of the first product.
    assert [len(page.items) for page in (first, later, some, own)] == [24] * 4
    assert [card.product_id for card in some.items][:2] == ["copy-10010007", "copy-10010027"]
    assert_no_table_scan(runtime, heard, "mh_products", "mh_product_categories")


def test_a_part_of_the_sitemap_is_read_from_an_index(crowded: Marketplace) -> None:
    runtime = crowded.runtime
    with runtime.database.read_session() as session:
        count = sitemap.count_product_parts(session)  # counts everything, by whatever is cheapest.
    with recorded_statements(runtime.database.engine) as heard, runtime.database.read_session() as session:
        parts = [sitemap.read_product_part(session, number) for number in (1, count)]
    found = [entry.id for part in parts for entry in part]
    assert len(parts[0]) == sitemap.PART
    assert 0 < len(parts[1]) <= sitemap.PART
    assert found == sorted(set(found))
    assert_no_table_scan(runtime, heard, "mh_products")


def test_a_category_leaves_the_list_with_its_last_product(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    marketplace.publish("product.upserted", product_id="mod-1", categories=["Common"])
    marketplace.publish("product.upserted", product_id="mod-2", categories=["Alone", "Common"])
    marketplace.run_all_now()

    def known() -> list[str]:
        with marketplace.runtime.database.read_session() as session:
            return lists.find_categories(session)

    assert known() == ["Alone", "Common"]
    marketplace.change_status("mod-2", OFFLINE)
    marketplace.run_all_now()
    assert known() == ["Common"]
