"""`shop` is a seller's back office, opened: two products in a pack, and who sells them at a browser."""

from __future__ import annotations

import pytest
import time_machine

from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.prepared import prepared


@pytest.fixture
def shop(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    return set_up_shop(marketplace)


@prepared
def set_up_shop(marketplace: Marketplace) -> None:
    """`seller-1` sells `mod-1` and `mod-2`, both in `pack-1`; `seller-2` sells `mod-3`."""
    marketplace.publish("seller.upserted", seller_id="seller-1")
    marketplace.publish("seller.upserted", seller_id="seller-2")
    for number, name in (("1", "Galerie zoom"), ("2", "Étiquettes de colis"), ("3", "Livraison")):
        marketplace.publish(
            "product.upserted",
            product_id=f"mod-{number}",
            seller_id="seller-2" if number == "3" else "seller-1",
            title={"fr": name, "en": f"{name} (en)"},
            technical_name=f"module{number}",
        )
    marketplace.run_all_now()
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")


@pytest.fixture
def browser(shop: Marketplace) -> Browser:
    """The browser of `seller-1`, who reads English."""
    return browser_of(shop, "seller", "seller-1")


@pytest.fixture
def other(shop: Marketplace) -> Browser:
    """The browser of another seller."""
    return browser_of(shop, "seller", "seller-2")
