"""The price of a product is that of the listing in force."""

from __future__ import annotations

from datetime import datetime, timedelta

from marketplace_hooks.services.catalog.listing_prices import read_prices

from ...support.customers import money
from ...support.marketplace import Marketplace


def publish_price(marketplace: Marketplace, cents: int, since: datetime) -> None:
    listing = {"features": [], "compatible_from": None, "compatible_to": None, "published_at": since.isoformat()}
    marketplace.publish("product.upserted", product_id="mod-1", price=money(cents), listing=listing)
    marketplace.run_all_now()


def test_a_price_holds_from_its_listing_to_the_next_and_before_the_first_the_present_one(
    marketplace: Marketplace,
) -> None:
    marketplace.publish("seller.upserted")
    first = marketplace.runtime.now() - timedelta(days=20)
    second = first + timedelta(days=10)
    publish_price(marketplace, 1000, first)
    publish_price(marketplace, 2000, second)
    instants = (first - timedelta(days=1), first, second - timedelta(seconds=1), second)
    with marketplace.runtime.database.read_session() as session:
        prices = read_prices(session, ["mod-1"])
    assert [prices.at("mod-1", at) for at in instants] == [(cents, "EUR") for cents in (2000, 1000, 1000, 2000)]


def test_a_price_that_repeats_the_date_of_another_counts_from_when_it_was_sent(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    published = marketplace.runtime.now() - timedelta(days=20)
    publish_price(marketplace, 1000, published)
    sent = marketplace.runtime.now()
    publish_price(marketplace, 2000, published)
    with marketplace.runtime.database.read_session() as session:
        prices = read_prices(session, ["mod-1"])
    assert [prices.at("mod-1", at)[0] for at in (published, sent, sent + timedelta(minutes=1))] == [1000, 1000, 2000]
