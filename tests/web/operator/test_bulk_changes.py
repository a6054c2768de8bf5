"""The marketplace changes products of several sellers with one preview and one confirmation."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from marketplace_hooks.models.audit import AuditEntry

from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ...support.page_client import Browser, Page, browser_of
from ...support.recorded_statements import counting_queries


@pytest.fixture
def shop(marketplace: Marketplace) -> Marketplace:
    """Two products of one seller in a pack, and one of another seller."""
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_products("mod-3", seller_id="seller-2")
    marketplace.set_up_pack("pack-1", "mod-1", "mod-2")
    return marketplace


def preview(browser: Browser, *ids: str, status: str = OFFLINE) -> Page:
    return browser.get(f"/operator/changes/{status}?" + "&".join(f"id={id_}" for id_ in ids), follow=True)


def confirm(browser: Browser, status: str = OFFLINE, reason: str = "A complaint.") -> Page:
    return browser.post(f"/operator/changes/{status}", reason=reason)


def test_products_of_several_sellers_are_changed_at_once_and_each_seller_is_told(
    shop: Marketplace, operator: Browser
) -> None:
    shown = preview(operator, "mod-1", "mod-3").visible_text
    assert "Take 2 products offline?" in shown
    assert "The sellers and the affected customers will be notified, with your reason." in shown
    done = confirm(operator)
    shop.run_all_now()
    for id_ in ("mod-1", "mod-3"):
        assert (shop.status(id_), shop.holding_sides(id_)) == (OFFLINE, {"marketplace"})
        assert shop.side_states(id_)["marketplace"].held_reason == "A complaint."
    assert "2 products taken offline" in done.visible_text
    assert "2 pages hidden, 1 pack hidden, 3 notifications sent" in operator.get(done.path).visible_text
    entries = select(AuditEntry.object_id).where(AuditEntry.action == "product.status_changed")
    assert sorted(shop.all(entries)) == ["mod-1", "mod-3"]


def test_they_come_back_but_for_those_that_another_side_holds(shop: Marketplace, operator: Browser) -> None:
    preview(operator, "mod-1", "mod-3")
    confirm(operator)
    shop.change_status("mod-2", OFFLINE)
    shop.run_all_now()
    shown = preview(operator, "mod-1", "mod-2", "mod-3", status=ONLINE).visible_text
    assert "Put 2 products back online?" in shown
    assert "You did not take it offline, so you cannot put it back online." in shown
    confirm(operator, ONLINE, "Settled.")
    assert [shop.status(id_) for id_ in ("mod-1", "mod-2", "mod-3")] == [ONLINE, OFFLINE, ONLINE]


def test_the_list_offers_the_change_of_each_and_says_why_it_is_offline(shop: Marketplace, operator: Browser) -> None:
    shop.change_status("mod-2", OFFLINE, reason="a rest")
    shop.change_status("mod-3", WITHDRAWN, reason="the end")
    shop.run_all_now()
    preview(operator, "mod-1")
    confirm(operator)
    page = operator.get("/operator/products")
    links = [link for link in page.links if "/change/" in link]
    assert links == [f"/operator/products/mod-1/change/{ONLINE}"]
    assert "a rest" in page.visible_text
    assert operator.get("/operator/products?choose=all").text.count(" checked") == 2
    assert "Reinstate it first." in preview(operator, "mod-1", "mod-3", status=ONLINE).visible_text


def test_the_navigation_shows_a_bulk_change_among_products(operator: Browser) -> None:
    assert '<a href="/operator/products" aria-current="page">' in preview(operator, "mod-1").text


def test_what_is_unknown_or_nothing_is_not_changed(shop: Marketplace, operator: Browser) -> None:
    assert preview(operator, "none").status == 404
    assert preview(operator, "mod-1", status=WITHDRAWN).status == 404
    assert "Select at least one product." in preview(operator).visible_text
    fields = preview(operator, "mod-1").form(f"/operator/changes/{OFFLINE}").fields.copy()
    fields.setlist("product", ["mod-1", "none"])
    fields.setlist("seen", ["", ""])
    fields["reason"] = "A complaint."
    done = operator.send("POST", f"/operator/changes/{OFFLINE}", follow=True, data=fields.to_dict(flat=False))
    assert "none – There is no such product." in done.visible_text
    assert shop.status("mod-1") == OFFLINE


def test_the_words_are_french_for_a_french_reader_and_more_products_take_no_more_reading(shop: Marketplace) -> None:
    operator = browser_of(shop, "operator", "odette", language="fr")
    with counting_queries(shop) as few:
        preview(operator, "mod-1")
    with counting_queries(shop) as many:
        page = preview(operator, "mod-1", "mod-2", "mod-3")
    assert len(few) == len(many)
    assert "Les vendeurs et les clients concernés seront informés" in page.visible_text
