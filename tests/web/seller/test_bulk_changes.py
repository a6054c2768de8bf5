"""Several products are taken offline, or put back online, with one preview and one confirmation."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace_hooks.models.audit import AuditEntry
from marketplace_hooks.models.cascades import Cascade
from marketplace_hooks.models.outbox import OutgoingEvent

from ...support.customers import publish_customer, publish_purchase
from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ...support.page_client import Browser, Page, browser_of
from ...support.recorded_statements import counting_queries
from ...support.support_desk import publish_request


def preview(browser: Browser, *ids: str, status: str = OFFLINE) -> Page:
    """Choose products in the list and go on to the preview."""
    browser.get("/seller")
    return browser.get(f"/seller/changes/{status}?" + "&".join(f"id={id_}" for id_ in ids), follow=True)


def confirm(browser: Browser, status: str = OFFLINE, **fields: Any) -> Page:
    return browser.post(f"/seller/changes/{status}", **{"reason": "a rest", **fields})


def numbers(page: Page) -> dict[str, str]:
    return dict(re.findall(r"<li><span>(.*?)</span><strong>(.*?)</strong>", page.text))


def published(shop: Marketplace, type_: str) -> list[tuple[str, str]]:
    """The subject and the reason of each outgoing event of a type."""
    rows = shop.all(select(OutgoingEvent).where(OutgoingEvent.type == type_).order_by(OutgoingEvent.id))
    return [(row.subject_id, row.cause["reason"]) for row in rows]


def test_the_list_offers_each_product_its_usual_change_and_a_box(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-2", OFFLINE)
    shop.run_all_now()
    page = browser.get("/seller")
    assert f"/seller/products/mod-1/change/{OFFLINE}" in page.links
    assert f"/seller/products/mod-2/change/{ONLINE}" in page.links
    assert page.text.count('type="checkbox" name="id"') == 2
    assert "checked" not in page.text
    assert browser.get("/seller?choose=all").text.count(" checked") == 2


def test_the_preview_counts_pages_packs_and_customers_once(shop: Marketplace, browser: Browser) -> None:
    publish_customer(shop)
    publish_purchase(shop, "purchase-1", product_id="mod-1")
    publish_purchase(shop, "purchase-2", product_id="mod-2")
    shop.run_all_now()
    publish_request(shop, purchase_id="purchase-1")
    page = preview(browser, "mod-1", "mod-2", "mod-1")
    assert "Take 2 products offline?" in page.visible_text
    assert numbers(page) == {
        "Pages hidden": "2",
        "Packs hidden": "1",
        "Customers entitled to support": "2",
        "Open requests to honour": "1",
    }
    assert "Business Care stays active and its renewals continue" in page.visible_text
    assert (shop.status("mod-1"), shop.cascades("mod-1")) == (ONLINE, []), "a preview changes nothing"


def test_one_confirmation_changes_each_product_as_if_alone(shop: Marketplace, browser: Browser) -> None:
    preview(browser, "mod-1", "mod-2")
    page = confirm(browser)
    shop.run_all_now()
    assert (shop.status("mod-1"), shop.status("mod-2"), shop.is_pack_visible("pack-1")) == (OFFLINE, OFFLINE, False)
    for id_ in ("mod-1", "mod-2"):
        assert shop.side_states(id_)["seller"].held_reason == "a rest"
        assert len(shop.cascades(id_)) == 1
    assert published(shop, "product.hidden") == [("mod-1", "a rest"), ("mod-2", "a rest")]
    entries = shop.all(
        select(AuditEntry.object_id).where(AuditEntry.action == "product.status_changed", AuditEntry.outcome == "done")
    )
    assert sorted(entries) == ["mod-1", "mod-2"]
    page = browser.get(page.path)
    assert "2 products taken offline" in page.visible_text
    assert "2 pages hidden, 1 pack hidden, 3 notifications sent" in page.visible_text


def test_both_come_back_and_the_pack_is_shown_only_with_both(shop: Marketplace, browser: Browser) -> None:
    preview(browser, "mod-1", "mod-2")
    confirm(browser)
    shop.run_all_now()
    assert numbers(preview(browser, "mod-1", status=ONLINE))["Packs shown again"] == "0"
    assert numbers(preview(browser, "mod-1", "mod-2", status=ONLINE))["Packs shown again"] == "1"
    page = confirm(browser, ONLINE, reason="rested")
    assert (shop.status("mod-1"), shop.status("mod-2"), shop.is_pack_visible("pack-1")) == (ONLINE, ONLINE, True)
    shop.run_all_now()
    assert "2 pages shown again, 1 pack shown again" in browser.get(page.path).visible_text


def test_the_same_form_twice_is_carried_out_once_and_leads_to_the_same_page(
    shop: Marketplace, browser: Browser
) -> None:
    path = f"/seller/changes/{OFFLINE}"
    shown = preview(browser, "mod-1", "mod-2").form(path).fields.copy()
    shown["reason"] = "a rest"
    first = browser.send("POST", path, follow=True, data=shown)
    again = browser.send("POST", path, follow=True, data=shown)
    assert first.path == again.path
    assert first.status == again.status == 200
    assert shop.all(select(func.count()).select_from(Cascade)) == [2]
    shop.run_all_now()
    assert len(published(shop, "product.hidden")) == 2


def test_what_is_refused_is_listed_with_why_and_the_others_are_changed(shop: Marketplace, browser: Browser) -> None:
    page = preview(browser, "mod-1", "mod-2", "mod-3")
    assert "mod-3" not in page.form(f"/seller/changes/{OFFLINE}").fields.getlist("product"), "another seller's"
    shop.change_status("mod-2", WITHDRAWN, MARKETPLACE)
    shop.run_all_now()
    page = confirm(browser)
    assert "1 product taken offline" in page.visible_text
    assert "1 product was not changed" in page.visible_text
    assert "Étiquettes de colis (en) – Its status has changed since you opened this page." in page.visible_text
    assert (shop.status("mod-1"), shop.status("mod-2")) == (OFFLINE, WITHDRAWN)
    page = preview(browser, "mod-1", "mod-2")
    assert "There is nothing to change" in page.visible_text
    assert "Already offline." in page.visible_text
    assert "Only the marketplace can reinstate it." in page.visible_text
    assert not [form for form in page.forms if "seen" in form.names]


def test_what_another_side_holds_is_not_put_back_online(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", OFFLINE, MARKETPLACE)
    shop.run_all_now()
    page = preview(browser, "mod-1", "mod-2", status=ONLINE)
    assert "You did not take it offline, so you cannot put it back online." in page.visible_text


def test_a_reason_is_asked_for_and_nothing_is_forgotten(shop: Marketplace, browser: Browser) -> None:
    preview(browser, "mod-1", "mod-2")
    page = confirm(browser, reason=" ")
    assert (page.status, "Enter a reason" in page.visible_text) == (422, True)
    assert page.form().fields.getlist("product") == ["mod-1", "mod-2"]
    assert shop.status("mod-1") == ONLINE


@pytest.mark.parametrize(
    ("ids", "words"),
    [([], "Select at least one product."), ([f"p-{n}" for n in range(101)], "Select at most 100 products at a time.")],
)
def test_none_and_too_many_lead_back_to_the_list_with_a_word(
    shop: Marketplace, browser: Browser, ids: list[str], words: str
) -> None:
    assert words in preview(browser, *ids).visible_text
    shown = preview(browser, "mod-1").form(f"/seller/changes/{OFFLINE}").fields.copy()
    shown.setlist("product", ids)
    shown.setlist("seen", ["x"] * len(ids))
    page = browser.send("POST", f"/seller/changes/{OFFLINE}", follow=True, data={**shown.to_dict(flat=False)})
    assert words in page.visible_text


def test_others_products_statuses_and_results_are_not_found(
    shop: Marketplace, browser: Browser, other: Browser
) -> None:
    assert preview(browser, "mod-3").status == 404
    assert preview(browser, "mod-1", status=WITHDRAWN).status == 404
    preview(browser, "mod-1")
    page = confirm(browser)
    assert page.status == 200
    assert other.get(page.path).status == 404
    assert browser.get(f"{page.path[:-1]}x").status == 404


def test_the_name_of_anothers_product_is_not_told(shop: Marketplace, browser: Browser) -> None:
    shop.publish("product.upserted", product_id="mod-9", seller_id="seller-2", title={"en": "Not Announced Yet"})
    shop.run_all_now()
    shown = preview(browser, "mod-1").form(f"/seller/changes/{OFFLINE}").fields.copy()
    shown["reason"] = "a rest"
    shown.setlist("product", ["mod-9", "mod-1"])
    shown.setlist("seen", ["", *shown.getlist("seen")])
    page = browser.send("POST", f"/seller/changes/{OFFLINE}", follow=True, data={**shown.to_dict(flat=False)})
    assert "mod-9 – You do not sell this product." in page.visible_text
    assert "Not Announced Yet" not in page.text
    assert (shop.status("mod-1"), shop.status("mod-9")) == (OFFLINE, ONLINE)


def test_the_words_are_french_for_a_french_reader(shop: Marketplace) -> None:
    browser = browser_of(shop, "seller", "seller-1", language="fr")
    assert "Mettre 2 produits hors ligne ?" in preview(browser, "mod-1", "mod-2").visible_text
    page = confirm(browser)
    shop.run_all_now()
    words = browser.get(page.path).visible_text
    assert "2 fiches masquées, 1 pack masqué, 3 notifications envoyées" in words


def test_more_products_take_no_more_reading(shop: Marketplace, browser: Browser) -> None:
    for number in range(10, 20):
        shop.publish_products(f"mod-{number}", seller_id="seller-1")
    shop.run_all_now()
    with counting_queries(shop) as few:
        preview(browser, "mod-10", "mod-11")
    with counting_queries(shop) as many:
        preview(browser, *(f"mod-{number}" for number in range(10, 20)))
    assert len(few) == len(many)
