"""Search box: an id of anything leads straight to its page; several are listed, and what is unknown is said."""

from __future__ import annotations

from ...support.marketplace import OFFLINE, Marketplace
from ...support.page_client import Browser, browser_of
from ...support.support_desk import PURCHASE, REQUEST, publish_request, set_up_support


def test_an_id_leads_to_its_page_from_every_page(marketplace: Marketplace, operator: Browser) -> None:
    set_up_support(marketplace)
    publish_request(marketplace)
    event_id = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    for id_, path in (
        (event_id, f"/operator/events/{event_id}"),
        ("mod-1", "/operator/products/mod-1"),
        ("seller-1", "/operator/sellers/seller-1"),
        (REQUEST, f"/operator/requests/{REQUEST}"),
        (f"  {PURCHASE} ", "/operator/events"),
        ("customer:customer-1", "/operator/events"),
    ):
        [box] = [form for form in operator.get("/operator").forms if form.action == "/operator/search"]
        found = operator.get(f"{box.action}?q={id_}", follow=True)
        assert (found.status, found.path, len(found.answer.history)) == (200, path, 1), id_


def test_several_things_of_one_id_are_listed_and_an_unknown_id_is_said(
    marketplace: Marketplace, operator: Browser
) -> None:
    marketplace.publish_products("seller-1")
    listed = operator.get("/operator/search?q=seller-1")
    assert {"/operator/products/seller-1", "/operator/sellers/seller-1"} <= set(listed.links)
    unknown = operator.get("/operator/search?q=<gallery>")
    assert "No item has the ID <gallery>" in unknown.visible_text
    assert "/operator/products?q=%3Cgallery%3E" in unknown.links
    for nothing in ("", "?q=", "?q=%00", "?q=+"):
        assert "Enter a complete ID" in operator.get(f"/operator/search{nothing}").visible_text
    french = browser_of(marketplace, "operator", language="fr").get("/operator/search?q=seller-1")
    assert "Plusieurs éléments ont l’identifiant" in french.visible_text
