"""Products: the marketplace takes any offline, puts it back and reinstates a withdrawn one, each with a reason."""

from __future__ import annotations

from ...support.marketplace import OFFLINE, WITHDRAWN, Marketplace
from ...support.page_client import Browser, browser_of

PAGE = "/operator/products/mod-1"


def test_a_product_is_taken_offline_after_a_preview_and_put_back(marketplace: Marketplace, operator: Browser) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    change = f"{PAGE}/change/offline_temporary"
    assert change in operator.get(PAGE).links
    preview = operator.get(change)
    assert ("Packs hidden1" in preview.visible_text, "can still contact the seller" in preview.visible_text) == (
        True,
        True,
    )
    assert operator.post(change, reason="").status == 422
    done = operator.post(change, reason="A complaint.")
    assert (marketplace.status("mod-1"), marketplace.holding_sides("mod-1")) == (OFFLINE, {"marketplace"})
    assert "A complaint." in done.visible_text
    assert "A complaint." in operator.get(PAGE).visible_text
    back = f"{PAGE}/change/online"
    assert back in operator.page.links
    operator.get(back)
    operator.post(back, reason="Settled.")
    assert marketplace.status("mod-1") == "online"


def test_the_marketplace_does_not_lift_the_sellers_hold(marketplace: Marketplace, operator: Browser) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    page = operator.get(f"{PAGE}/change/online")
    assert (page.status, "This cannot be done" in page.visible_text) == (409, True)
    assert "Taken offline by the seller" in page.visible_text
    assert "Keep offline" in operator.get(PAGE).visible_text
    assert f"{PAGE}/change/{OFFLINE}" not in operator.get("/operator/products").links


def test_a_withdrawn_product_is_reinstated_with_a_reason_and_comes_back_offline(
    marketplace: Marketplace, operator: Browser
) -> None:
    marketplace.publish_products("mod-1")
    marketplace.change_status("mod-1", WITHDRAWN, reason="the end")
    marketplace.run_all_now()
    asked = operator.get(f"{PAGE}/reinstatement")
    assert (
        "the end" in asked.visible_text,
        "Cancelled renewals are not restored automatically" in asked.visible_text,
    ) == (
        True,
        True,
    )
    wrong = operator.post(f"{PAGE}/reinstatement", reason=" ")
    assert (wrong.status, marketplace.status("mod-1")) == (422, WITHDRAWN)
    done = operator.post(f"{PAGE}/reinstatement", reason="A mistake.")
    assert "The product is reinstated but still offline." in done.visible_text
    assert (marketplace.status("mod-1"), marketplace.holding_sides("mod-1")) == (OFFLINE, {"marketplace"})
    assert marketplace.published_types("mod-1")[-1] == "product.reinstated"
    [withdrawal] = marketplace.withdrawals("mod-1")
    assert withdrawal.reinstated_reason == "A mistake."
    assert "there is nothing to reinstate" in operator.get(f"{PAGE}/reinstatement").visible_text


def test_products_are_found_by_words_seller_and_status_hidden_ones_too(
    marketplace: Marketplace, operator: Browser
) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_products("mod-3", seller_id="seller-2")
    marketplace.change_status("mod-2", OFFLINE)
    marketplace.run_all_now()

    def found(query: str) -> list[str]:
        links = operator.get(f"/operator/products?{query}").links
        return [
            link.rpartition("/")[2]
            for link in links
            if link.startswith("/operator/products/") and "/change/" not in link
        ]

    assert found("") == found("q=lumen") == ["mod-1", "mod-2", "mod-3"]
    assert (found("status=offline_temporary"), found("seller=seller-2"), found("q=nothing")) == (
        ["mod-2"],
        ["mod-3"],
        [],
    )


def test_a_seller_is_found_with_figures_and_products(marketplace: Marketplace, operator: Browser) -> None:
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish("seller.suspended", reason="unpaid")
    marketplace.run_all_now()
    page = operator.get("/operator/sellers?q=lumen")
    assert ("/operator/sellers/seller-1" in page.links, "suspended" in page.visible_text) == (True, True)
    seller = operator.get("/operator/sellers/seller-1")
    assert ("Month by month" in seller.visible_text, "Offline2" in seller.visible_text) == (True, True)
    assert (
        "Mois par mois"
        in browser_of(marketplace, "operator", language="fr").get("/operator/sellers/seller-1").visible_text
    )


def test_only_the_marketplace_changes_a_product_here(marketplace: Marketplace, operator: Browser) -> None:
    marketplace.publish_products("mod-1")
    operator.get(f"{PAGE}/change/offline_temporary")
    seller = browser_of(marketplace, "seller", "seller-1")
    seller._page = operator.page
    assert seller.post(f"{PAGE}/change/offline_temporary", reason="x").status == 403
    operator.get(f"{PAGE}/change/offline_temporary")
    assert operator.post(f"{PAGE}/change/offline_temporary", token=False, reason="x").status == 400
    assert marketplace.status("mod-1") == "online"
