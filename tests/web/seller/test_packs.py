"""A seller sees which packs are shown and what hides the others, and takes one offline; its products stay."""

from __future__ import annotations

import pytest

from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ...support.page_client import Browser, Page, browser_of, post_without_form
from ...support.recorded_statements import counting_queries

PACK = "/seller/packs/pack-1"
LATER = "2026-04-01T08:00:00Z"


def asks(browser: Browser, status: str = OFFLINE, **fields: str) -> Page:
    """Open the preview and confirm it."""
    path = f"{PACK}/change/{status}"
    browser.get(path)
    return browser.post(path, **{"reason": "a rest", **fields})


def test_a_pack_is_taken_offline_and_comes_back_and_its_products_stay(shop: Marketplace, browser: Browser) -> None:
    page = browser.get(f"{PACK}/change/{OFFLINE}")
    assert "Take this pack offline?" in page.visible_text
    assert "Products in the pack (not affected)2" in page.visible_text
    page = asks(browser)
    assert page.path.startswith("/seller/progress/")
    assert PACK in page.links
    assert (shop.is_pack_visible("pack-1"), shop.status("mod-1"), shop.status("mod-2")) == (False, ONLINE, ONLINE)
    assert "Taken offline by you since 2 March 2026, 10:30 Reason: “a rest”" in browser.get(PACK).visible_text
    asks(browser, ONLINE, reason="rested")
    assert shop.is_pack_visible("pack-1")


def test_whoever_withdraws_one_for_good_types_its_name(shop: Marketplace, browser: Browser) -> None:
    page = asks(browser, WITHDRAWN, name="Galerie zoom")
    assert (page.status, "This is not the pack’s name" in page.visible_text) == (422, True)
    assert "No renewal is cancelled" in page.visible_text
    page = browser.post(f"{PACK}/change/{WITHDRAWN}", name="image PACK")
    assert (page.status, shop.withdrawals("pack-1")[0].reason) == (200, "a rest")
    page = browser.get(PACK)
    assert "It is permanently off sale." in page.visible_text
    assert not any("/change/" in link for link in page.links)


def test_the_list_says_by_whom_or_by_which_product_a_pack_is_hidden(shop: Marketplace, browser: Browser) -> None:
    assert "Image pack Online 2 products" in browser.get("/seller/packs").visible_text
    shop.change_status("mod-2", OFFLINE)
    shop.run_all_now()
    words = browser.get("/seller/packs").visible_text
    assert ("Image pack Hidden" in words, "Offline product: Étiquettes de colis (en)" in words) == (True, True)
    assert "One of its products is offline." in browser.get(PACK).visible_text
    assert "stays hidden while one of its products is offline" not in words
    asks(browser)
    words = browser.get(f"{PACK}/change/{ONLINE}").visible_text
    assert "stays hidden while one of its products is offline" in words
    assert "Image pack" in browser.get("/seller/packs?q=image").visible_text
    assert "No matching pack" in browser.get("/seller/packs?q=nothing").visible_text


def test_a_scheduled_change_is_cancelled_on_its_page(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("pack-1", WITHDRAWN, kind="pack", effective_at=LATER)
    shop.run_all_now()
    browser.get(PACK)
    page = browser.post(f"{PACK}/scheduled/cancellation")
    assert (page.status, "The scheduled change is cancelled." in page.visible_text) == (200, True)
    assert shop.scheduled_changes("pack-1", "pack") == {}


def test_what_the_marketplace_holds_is_not_the_sellers_to_lift(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("pack-1", OFFLINE, MARKETPLACE, kind="pack", reason="a complaint")
    shop.run_all_now()
    page = browser.get(f"{PACK}/change/{ONLINE}")
    assert (page.status, "a complaint" in page.visible_text) == (409, True)
    assert "Keep offline" in browser.get(PACK).visible_text
    assert "Keep this pack offline?" in browser.get(f"{PACK}/change/{OFFLINE}").visible_text


@pytest.mark.parametrize("path", [PACK, f"{PACK}/change/{OFFLINE}", "/seller/packs/none", "/seller/packs/%00"])
def test_other_sellers_packs_are_not_found(other: Browser, path: str) -> None:
    assert other.get(path).status == 404


def test_other_sellers_packs_are_not_changed(shop: Marketplace, other: Browser) -> None:
    assert post_without_form(other, f"{PACK}/change/{OFFLINE}", reason="a rest").status == 404
    assert post_without_form(other, f"{PACK}/scheduled/cancellation").status == 404
    assert shop.is_pack_visible("pack-1")


def test_the_list_takes_as_many_statements_however_long_it_is(shop: Marketplace, browser: Browser) -> None:
    with counting_queries(shop) as few:
        browser.get("/seller/packs")
    for number in range(2, 40):
        shop.publish("pack.upserted", pack_id=f"pack-{number:02}", product_ids=["mod-1", "mod-2"])
    shop.change_status("mod-1", OFFLINE)
    shop.run_all_now()
    with counting_queries(shop) as many:
        page = browser.get("/seller/packs")
    assert len(many) - 1 == len(few) <= 6  # a list of several pages is counted.
    more = next(link for link in page.links if "after=" in link and "language" not in link)
    assert "pack-39" in browser.get(more).text


def test_a_french_seller_reads_french(shop: Marketplace) -> None:
    reader = browser_of(shop, "seller", "seller-1", language="fr")
    words = reader.get(f"{PACK}/change/{WITHDRAWN}").visible_text
    assert ("Désactiver définitivement ce pack" in words, "Aucun renouvellement n’est annulé" in words) == (True, True)
