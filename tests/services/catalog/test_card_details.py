"""Cards say what listings announce, what is in a pack, and which releases are the newest."""

from __future__ import annotations

from datetime import timedelta

from marketplace_hooks.services.catalog.card_details import latest_releases, read_announcements, read_pack_contents

from ...support.customers import money, publish_release
from ...support.marketplace import Marketplace


def test_a_pack_shows_its_first_products_and_what_all_of_them_cost_one_by_one(marketplace: Marketplace) -> None:
    ids = [f"mod-{number}" for number in range(6)]
    marketplace.publish("seller.upserted")
    for id_ in ids:
        marketplace.publish("product.upserted", product_id=id_, price=money(1000))
    marketplace.publish("product.upserted", product_id="abroad", price=money(1000, "CHF"))
    marketplace.publish_pack("pack-1", *ids)
    marketplace.publish_pack("pack-2", "mod-0", "abroad")
    with marketplace.runtime.database.read_session() as session:
        contents = read_pack_contents(session, ["pack-1", "pack-2", "unknown"])
    assert set(contents) == {"pack-1", "pack-2"}
    assert [part.product_id for part in contents["pack-1"].parts] == ids[:4]
    assert (contents["pack-1"].apart_cents, contents["pack-2"].apart_cents) == (6000, None)


def test_versions_are_those_of_the_listing_in_force(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    now = marketplace.runtime.now()
    for days, first in ((-4, "1.7"), (-1, "8.0")):
        published_at = (now + timedelta(days=days)).isoformat()
        listing = {"features": [], "compatible_from": first, "compatible_to": "9.0", "published_at": published_at}
        marketplace.publish("product.upserted", product_id="mod-1", listing=listing)
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        announced = [read_announcements(session, ["mod-1"], now - timedelta(days=days))["mod-1"] for days in (5, 2, 0)]
    assert [one.compatible_from for one in announced] == [None, "1.7", "8.0"]


def test_a_release_is_shown_once_it_is_published(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    now = marketplace.runtime.now()
    for number, days in enumerate((-2, -1, 1)):
        at = (now + timedelta(days=days)).isoformat()
        publish_release(marketplace, f"release-{number}", published_at=at)
    marketplace.run_all_now()
    with marketplace.runtime.database.read_session() as session:
        assert [one.id for one in latest_releases(session, "mod-1", now)] == ["release-1", "release-0"]
