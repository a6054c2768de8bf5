"""Products of a seller: the list, who holds each offline and why, what is scheduled, what has happened."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert, select

from marketplace_hooks.models.products import Product

from ...support.marketplace import MARKETPLACE, OFFLINE, WITHDRAWN, Marketplace
from ...support.page_client import Browser, browser_of, post_without_form
from ...support.recorded_statements import counting_queries

LATER = "2026-04-01T08:00:00Z"


def test_a_seller_sees_what_is_sold_and_nothing_of_others(browser: Browser) -> None:
    page = browser.get("/seller")
    assert page.status == 200
    assert "Galerie zoom (en)" in page.visible_text
    assert "Étiquettes de colis (en)" in page.visible_text
    assert "Livraison" not in page.visible_text
    assert "in one pack" in page.visible_text


def test_the_list_says_who_holds_what_and_why(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", OFFLINE, MARKETPLACE, reason="a complaint about the pictures")
    shop.change_status("mod-2", WITHDRAWN, reason="I stop", effective_at=LATER)
    shop.run_all_now()
    words = browser.get("/seller").visible_text
    assert "Offline Taken offline by the marketplace: “a complaint about the pictures”" in words
    assert "Will be permanently disabled on 1 Apr 2026" in words


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("q=galerie", {"mod-1"}),
        ("q=etiquettes", {"mod-2"}),
        ("q=livraison", set()),
        ("status=online", {"mod-1"}),
        ("status=offline_temporary", {"mod-2"}),
        ("status=offline_permanent", set()),
        ("q=%00%07", {"mod-1", "mod-2"}),
    ],
)
def test_products_are_found_by_their_words_and_their_status(
    shop: Marketplace, browser: Browser, asked: str, found: set[str]
) -> None:
    shop.change_status("mod-2", OFFLINE)
    shop.run_all_now()
    page = browser.get(f"/seller?{asked}")
    shown = {link.removeprefix("/seller/products/") for link in page.links if link.startswith("/seller/products/")}
    assert {link for link in shown if "/" not in link} == found
    if not found:
        assert "No matching product" in page.visible_text


def test_who_sells_nothing_is_told_so(shop: Marketplace) -> None:
    assert "No products yet" in browser_of(shop, "seller", "nobody").get("/seller").visible_text


def _many(shop: Marketplace, count: int) -> None:
    [one] = shop.all(select(Product).where(Product.id == "mod-1"))
    columns = {column.key: getattr(one, column.key) for column in Product.__mapper__.column_attrs}
    rows = [{**columns, "id": f"many-{number:06}"} for number in range(count)]
    with shop.runtime.database.session() as session:
        session.execute(insert(Product), rows)


def test_the_list_is_read_page_by_page_with_as_many_statements_however_long_it_is(
    shop: Marketplace, browser: Browser
) -> None:
    with counting_queries(shop) as few:
        browser.get("/seller")
    _many(shop, 60)
    shown: list[str] = []
    path = "/seller"
    for _ in range(3):
        with counting_queries(shop) as queries:
            page = browser.get(path)
        assert len(queries) - 1 == len(few) <= 6  # a list of several pages is counted.
        shown += [link for link in page.links if link.startswith("/seller/products/") and "/change/" not in link]
        following = (
            link for link in page.links if "after=" in link and "language" not in link and "choose" not in link
        )
        path = next(following, "")
    assert path == ""
    assert len(shown) == len(set(shown)) == 62


def test_the_products_page_tells_each_hold_with_its_reason_and_its_date(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", OFFLINE, reason="a rest")
    shop.change_status("mod-1", OFFLINE, MARKETPLACE, reason="a complaint")
    shop.run_all_now()
    words = browser.get("/seller/products/mod-1").visible_text
    assert "Taken offline by you since 2 March 2026, 10:30 Reason: “a rest”" in words
    assert "Taken offline by the marketplace since 2 March 2026" in words
    assert "Reason: “a complaint”" in words
    assert "Put back online" in words
    assert "Take offline Its" not in words


def test_who_does_not_hold_it_is_told_that_only_others_can_lift_it(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", OFFLINE, MARKETPLACE)
    shop.run_all_now()
    page = browser.get("/seller/products/mod-1")
    assert "You did not take it offline" in page.visible_text
    assert not any("change/online" in link for link in page.links)


def test_a_withdrawn_product_offers_nothing_more(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", WITHDRAWN, reason="I stop")
    shop.run_all_now()
    page = browser.get("/seller/products/mod-1")
    assert "Permanently disabled by you" in page.visible_text
    assert "only the marketplace can reinstate it" in page.visible_text
    assert not any("/change/" in link for link in page.links)


def test_its_packs_stand_on_its_page_and_whether_they_are_seen(shop: Marketplace, browser: Browser) -> None:
    assert "Visible 2 products" in browser.get("/seller/products/mod-1").visible_text
    shop.change_status("mod-2", OFFLINE)
    shop.run_all_now()
    assert "Hidden 2 products" in browser.get("/seller/products/mod-1").visible_text


def test_its_past_names_who_did_what_and_why(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", OFFLINE, reason="a rest")
    shop.change_status("mod-1", OFFLINE, MARKETPLACE, reason="a complaint")
    shop.change_status("mod-1", WITHDRAWN, reason="I stop", effective_at=LATER)
    shop.run_all_now()
    words = browser.get("/seller/products/mod-1").visible_text
    assert "By you · Reason: “a rest” · Effects" in words
    assert "By the marketplace · Reason: “a complaint” · Effects" in words
    assert "Scheduled: Permanently disable for 1 Apr 2026" in words


def test_a_scheduled_change_is_cancelled_on_its_page(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", WITHDRAWN, reason="I stop", effective_at=LATER)
    shop.run_all_now()
    browser.get("/seller/products/mod-1")
    page = browser.post("/seller/products/mod-1/scheduled/cancellation")
    assert page.status == 200
    assert "The scheduled change is cancelled." in page.visible_text
    assert "Scheduled change cancelled: Permanently disable" in page.visible_text
    assert shop.scheduled_changes("mod-1") == {}
    assert shop.published_types("mod-1")[-1] == "product.change_cancelled"


def test_what_was_cancelled_meanwhile_is_said_in_a_sentence(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", WITHDRAWN, effective_at=LATER)
    shop.run_all_now()
    browser.get("/seller/products/mod-1")
    shop.publish("product.change_cancelled", product_id="mod-1", actor="seller", reason="no")
    shop.run_all_now()
    page = browser.post("/seller/products/mod-1/scheduled/cancellation")
    assert page.status == 409
    assert "There is no scheduled change any more" in page.visible_text


def test_what_the_marketplace_has_scheduled_is_not_the_sellers_to_cancel(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", WITHDRAWN, MARKETPLACE, effective_at=LATER)
    shop.run_all_now()
    page = browser.get("/seller/products/mod-1")
    assert "Requested by the marketplace" in page.visible_text
    assert not any("scheduled" in form.action for form in page.forms)


@pytest.mark.parametrize("path", ["/seller/products/mod-1", "/seller/products/mod-1/change/online"])
def test_other_sellers_products_are_not_found(other: Browser, path: str) -> None:
    assert other.get(path).status == 404


@pytest.mark.parametrize("path", ["/seller/products/none", "/seller/products/%00", f"/seller/products/{'x' * 200}"])
def test_what_is_no_product_is_not_found(browser: Browser, path: str) -> None:
    assert browser.get(path).status == 404


def test_another_sellers_scheduled_change_is_not_found(shop: Marketplace, other: Browser) -> None:
    shop.change_status("mod-1", WITHDRAWN, effective_at=LATER)
    shop.run_all_now()
    assert post_without_form(other, "/seller/products/mod-1/scheduled/cancellation").status == 404
    assert shop.scheduled_changes("mod-1") == {"seller": (WITHDRAWN, datetime(2026, 4, 1, 8, tzinfo=UTC))}


def test_a_products_page_needs_no_more_statements_the_more_has_happened(shop: Marketplace, browser: Browser) -> None:
    with counting_queries(shop) as few:
        browser.get("/seller/products/mod-1")
    for number in range(2, 12):
        shop.publish_pack(f"pack-{number}", "mod-1", "mod-2")
        shop.change_status("mod-1", OFFLINE if number % 2 else "online")
    shop.run_all_now()
    with counting_queries(shop) as many:
        browser.get("/seller/products/mod-1")
    assert len(many) == len(few) <= 10


def test_a_french_seller_reads_french(shop: Marketplace) -> None:
    shop.change_status("mod-1", OFFLINE, MARKETPLACE, reason="une plainte")
    shop.run_all_now()
    reader = browser_of(shop, "seller", "seller-1", language="fr")
    assert "Hors ligne Mis hors ligne par la marketplace : « une plainte »" in reader.get("/seller").visible_text
    words = reader.get("/seller/products/mod-2").visible_text
    assert "Mettre hors ligne" in words
    assert "Désactiver définitivement" in words


@pytest.mark.parametrize("role", ["customer", "operator"])
def test_only_sellers_come_in(shop: Marketplace, role: str) -> None:
    assert browser_of(shop, role, "seller-1").get("/seller").status == 403


def test_nobody_is_led_to_the_sign_in(shop: Marketplace) -> None:
    page = browser_of(shop).get("/seller/products/mod-1")
    assert page.status == 303
    assert page.answer.location.endswith("/sign-in?next=/seller/products/mod-1")
