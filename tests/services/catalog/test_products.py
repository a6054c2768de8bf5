"""The newest description of a product counts, in whatever order its descriptions come."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from marketplace_hooks.models.products import Listing
from marketplace_hooks.services.catalog.products import listing_in_force

from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, Marketplace, sample

JANUARY, FEBRUARY, MARCH = (datetime(2026, month, 1, 9, tzinfo=UTC) for month in (1, 2, 3))
SECOND = timedelta(seconds=1)


def listing(published_at: datetime, *features: str) -> dict[str, object]:
    given: dict[str, object] = sample("product.upserted")["data"]["listing"]
    return {**given, "published_at": published_at.isoformat(), "features": list(features)}


def announced(marketplace: Marketplace, at: datetime, product_id: str = "mod-1") -> list[object] | None:
    """The features that the listing announced at an instant; None before the first."""
    with marketplace.runtime.database.read_session() as session:
        found = listing_in_force(session, product_id, at)
        return None if found is None else found.features


def test_a_product_is_what_its_description_says(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    event = marketplace.publish("product.upserted")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    product = marketplace.product("mod-1")
    assert (product.seller_id, product.kind, product.technical_name) == ("seller-1", "module", "lumengallery")
    assert product.title == {"fr": "Galerie Lumen", "en": "Lumen Gallery"}
    assert product.categories == ["Front office", "Media"]
    assert (product.price_cents, product.currency) == (9900, "EUR")
    assert (product.status, product.shown) == (ONLINE, True)


def test_a_new_product_publishes_nothing(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    assert marketplace.outgoing("mod-1") == []


def test_the_newest_description_stands_whichever_came_last(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    orders = {f"mod-{number}": order for number, order in enumerate(itertools.permutations([1, 2, 3]))}
    for step in range(3):
        for product_id, order in orders.items():
            version = order[step]
            marketplace.publish(
                "product.upserted", product_id=product_id, version=version, technical_name=f"v{version}"
            )
        marketplace.run_all_now()
    assert {marketplace.product(product_id).technical_name for product_id in orders} == {"v3"}


def test_an_older_description_is_recorded_as_superseded(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    marketplace.publish("product.upserted", version=2)
    late = marketplace.publish("product.upserted", version=1)
    again = marketplace.publish("product.upserted", version=2)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(late) == ("applied", "superseded")
    assert marketplace.state_and_outcome(again) == ("applied", "superseded")


def test_a_description_changes_nothing_of_the_status(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.publish("product.upserted", product_id="mod-1", technical_name="renamed")
    marketplace.run_all_now()
    assert marketplace.product("mod-1").technical_name == "renamed"
    assert marketplace.status("mod-1") == OFFLINE
    assert marketplace.published_types("mod-1") == ["product.hidden"]


def test_descriptions_and_status_changes_count_their_versions_apart(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    marketplace.publish("product.upserted", version=50)
    marketplace.change_status("mod-1", OFFLINE, version=1)
    marketplace.publish("product.upserted", version=51, technical_name="renamed")
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE
    assert marketplace.product("mod-1").technical_name == "renamed"


def test_a_listing_says_what_it_announced_on_any_day(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    marketplace.publish("product.upserted", version=1, listing=listing(JANUARY, "zoom"))
    marketplace.publish("product.upserted", version=2, listing=listing(FEBRUARY, "zoom", "video"))
    marketplace.run_all_now()
    assert announced(marketplace, JANUARY - SECOND) is None
    assert announced(marketplace, JANUARY) == ["zoom"]
    assert announced(marketplace, FEBRUARY - SECOND) == ["zoom"]
    assert announced(marketplace, FEBRUARY) == ["zoom", "video"]
    assert announced(marketplace, MARCH) == ["zoom", "video"]


def test_the_listing_of_an_older_description_that_comes_late_still_says_what_was_announced(
    marketplace: Marketplace,
) -> None:
    marketplace.publish("seller.upserted")
    marketplace.publish("product.upserted", version=3, listing=listing(MARCH, "video"))
    marketplace.publish("product.upserted", version=2, listing=listing(FEBRUARY, "sound"))
    marketplace.publish("product.upserted", version=1, listing=listing(JANUARY, "zoom"))
    marketplace.run_all_now()
    assert announced(marketplace, JANUARY) == ["zoom"]
    assert announced(marketplace, FEBRUARY) == ["sound"]
    assert announced(marketplace, MARCH) == ["video"]


def test_of_two_revisions_published_at_one_instant_the_later_version_is_in_force(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    marketplace.publish("product.upserted", version=2, listing=listing(JANUARY, "corrected"))
    marketplace.publish("product.upserted", version=1, listing=listing(JANUARY, "mistaken"))
    marketplace.run_all_now()
    assert announced(marketplace, JANUARY) == ["corrected"]


def test_a_listing_published_later_is_not_yet_in_force(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    marketplace.publish("product.upserted", version=2, listing=listing(MARCH, "video"))
    marketplace.run_all_now()
    assert announced(marketplace, MARCH - SECOND) is None


def test_a_revision_is_stored_once_and_never_changed(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    marketplace.publish("product.upserted", version=1, listing=listing(JANUARY, "zoom"))
    marketplace.run_all_now()
    marketplace.publish("product.upserted", version=1, listing=listing(JANUARY, "something else"))
    marketplace.run_all_now()
    [stored] = marketplace.all(select(Listing))
    assert stored.features == ["zoom"]


def test_a_listing_records_its_price_and_what_it_is_compatible_with(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")
    [stored] = marketplace.all(select(Listing))
    assert (stored.price_cents, stored.currency) == (9900, "EUR")
    assert (stored.compatible_from, stored.compatible_to) == ("1.7.6.0", "8.2.99")
    assert stored.incompatible_modules == [{"name": "oldgallery", "from": "1.0.0", "to": "2.4.1"}]
    assert stored.features == ["Lazy loading", {"fr": "Zoom au survol", "en": "Zoom on hover"}]


def test_a_product_sold_to_another_seller_follows_the_new_sellers_account(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2", seller_id="seller-1")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    marketplace.publish("seller.upserted", seller_id="seller-2")
    marketplace.publish("seller.suspended", seller_id="seller-2")
    marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-2")
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE
    assert marketplace.published_types("mod-1") == ["product.hidden"]
    assert not marketplace.is_pack_visible("pack-1")
    assert marketplace.published_types("pack-1", "pack") == ["pack.hidden"]
    marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-1")
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == ONLINE
    assert marketplace.published_types("mod-1") == ["product.hidden", "product.shown"]
    assert marketplace.published_types("pack-1", "pack") == ["pack.hidden", "pack.shown"]


def test_a_product_sold_to_another_seller_retains_the_holds_of_its_sides(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", seller_id="seller-1")
    marketplace.publish("seller.upserted", seller_id="seller-2")
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE)
    marketplace.publish("product.upserted", product_id="mod-1", seller_id="seller-2")
    marketplace.run_all_now()
    assert marketplace.holding_sides("mod-1") == {MARKETPLACE}
    assert marketplace.status("mod-1") == OFFLINE
