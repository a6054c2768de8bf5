"""A seller is shown what a change will do, confirms it once with a reason, and sees what follows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from sqlalchemy import update

from marketplace_hooks.domain.standard_reasons import StandardReason
from marketplace_hooks.models.cascades import Cascade
from marketplace_hooks.services.core.unit_of_work import Cause

from ...support.customers import publish_customer, publish_purchase, set_up_purchase
from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ...support.page_client import Browser, Page, browser_of, post_without_form
from ...support.recorded_statements import counting_queries
from ...support.support_desk import in_transaction, publish_request

NAME = "Galerie zoom"


def asks(browser: Browser, status: str = OFFLINE, **fields: Any) -> Page:
    """Open the preview and confirm it."""
    path = f"/seller/products/mod-1/change/{status}"
    browser.get(path)
    return browser.post(path, **{"reason": "a rest", **fields})


def numbers(page: Page) -> dict[str, str]:
    """The numbers of a preview, by what they count."""
    rows = re.findall(r"<li><span>(.*?)</span><strong>(.*?)</strong>(?:<small>(.*?)</small>)?", page.text)
    return {unescape(name): unescape(f"{number} {more}").strip() for name, number, more in rows}


def test_the_preview_shows_real_numbers(shop: Marketplace, browser: Browser) -> None:
    publish_customer(shop)
    for number in range(3):
        publish_purchase(shop, f"purchase-{number}")
    shop.run_all_now()
    publish_request(shop, purchase_id="purchase-0")
    page = browser.get(f"/seller/products/mod-1/change/{WITHDRAWN}")
    assert "Permanently disable this product?" in page.visible_text
    assert numbers(page) == {
        "Packs hidden": "1",
        "Renewals cancelled": "3",
        "Customers entitled to support": "3 until 2 Mar 2027 at the latest",
        "Open requests to honour": "1",
    }
    assert "This pack is hidden with it: Image pack" in page.visible_text


def test_a_rest_cancels_no_renewal_and_says_so(shop: Marketplace, browser: Browser) -> None:
    set_up_purchase(shop)
    page = browser.get(f"/seller/products/mod-1/change/{OFFLINE}")
    assert numbers(page)["Renewals cancelled"] == "0"
    assert "Business Care stays active and its renewals continue" in page.visible_text


def test_a_preview_changes_nothing(shop: Marketplace, browser: Browser) -> None:
    for status in (OFFLINE, WITHDRAWN):
        browser.get(f"/seller/products/mod-1/change/{status}")
    assert shop.status("mod-1") == ONLINE
    assert shop.cascades("mod-1") == []


def test_a_product_is_taken_offline_and_its_pack_with_it_and_both_come_back(
    shop: Marketplace, browser: Browser
) -> None:
    page = asks(browser)
    assert page.path.startswith("/seller/progress/")
    assert (shop.status("mod-1"), shop.is_pack_visible("pack-1")) == (OFFLINE, False)
    assert shop.side_states("mod-1")["seller"].held_reason == "a rest"
    page = asks(browser, ONLINE, reason="rested")
    assert "Back online" in page.visible_text
    assert (shop.status("mod-1"), shop.is_pack_visible("pack-1")) == (ONLINE, True)


def test_a_reason_is_asked_for(shop: Marketplace, browser: Browser) -> None:
    page = asks(browser, reason="   ")
    assert page.status == 422
    assert "There is one problem Enter a reason" in page.visible_text
    assert shop.status("mod-1") == ONLINE


def test_whoever_withdraws_for_good_types_the_products_name(shop: Marketplace, browser: Browser) -> None:
    page = asks(browser, WITHDRAWN, name="something else")
    assert page.status == 422
    assert "This is not the product’s name" in page.visible_text
    assert shop.status("mod-1") == ONLINE
    page = browser.post(f"/seller/products/mod-1/change/{WITHDRAWN}", name=f"  {NAME.upper()} ")
    assert page.status == 200
    assert shop.status("mod-1") == WITHDRAWN
    assert shop.withdrawals("mod-1")[0].reason == "a rest"


def test_a_withdrawal_is_scheduled_in_the_readers_own_time(shop: Marketplace, browser: Browser) -> None:
    browser.client.set_cookie("mh_zone", "America/New_York", domain="localhost")
    page = asks(browser, WITHDRAWN, name=NAME, effective_at="2026-07-01T09:00")
    assert "The change is scheduled for 1 July 2026, 09:00 (New York time)." in page.visible_text
    assert shop.status("mod-1") == ONLINE
    assert shop.scheduled_changes("mod-1") == {"seller": (WITHDRAWN, datetime(2026, 7, 1, 13, tzinfo=UTC))}


@pytest.mark.parametrize(
    "when", ["2026-03-02T10:30", "2020-01-01T00:00", "soon", "2026-03-02T10:30Z", "99999-01-01T00:00"]
)
def test_a_schedule_that_cannot_be_is_refused_with_a_sentence(shop: Marketplace, browser: Browser, when: str) -> None:
    page = asks(browser, effective_at=when)
    assert page.status == 422
    assert "effective_at-error" in page.text
    assert shop.scheduled_changes("mod-1") == {}
    assert shop.status("mod-1") == ONLINE


def test_the_first_instant_to_come_can_be_scheduled(shop: Marketplace, browser: Browser) -> None:
    asks(browser, effective_at="2026-03-02T10:31")  # it is 10:30 in Paris.
    assert shop.scheduled_changes("mod-1") == {"seller": (OFFLINE, datetime(2026, 3, 2, 9, 31, tzinfo=UTC))}


def test_a_form_that_is_sent_twice_is_carried_out_once(shop: Marketplace, browser: Browser) -> None:
    path = f"/seller/products/mod-1/change/{OFFLINE}"
    form = browser.get(path).form(path).fields
    sent = {**form.to_dict(), "reason": "a rest"}
    first, second = (browser.send("POST", path, follow=False, data=sent) for _ in range(2))
    assert (first.status, second.status) == (303, 303)
    assert first.answer.location == second.answer.location
    assert len(shop.cascades("mod-1")) == 1


def test_who_decided_on_what_no_longer_stands_is_asked_again(shop: Marketplace, browser: Browser) -> None:
    path = f"/seller/products/mod-1/change/{WITHDRAWN}"
    browser.get(path)
    shop.change_status("mod-1", OFFLINE, MARKETPLACE, reason="a complaint")
    shop.run_all_now()
    page = browser.post(path, reason="I stop", name=NAME)
    assert page.status == 409
    assert "Its status has changed since you opened this page" in page.visible_text
    assert "a complaint" in page.visible_text
    assert "I stop" in page.text
    assert shop.status("mod-1") == OFFLINE
    assert browser.post(path).status == 200
    assert shop.status("mod-1") == WITHDRAWN


def test_what_others_hold_cannot_be_put_back_online(shop: Marketplace, browser: Browser) -> None:
    shop.change_status("mod-1", OFFLINE, MARKETPLACE, reason="a complaint")
    shop.run_all_now()
    page = browser.get(f"/seller/products/mod-1/change/{ONLINE}")
    assert page.status == 409
    assert "Only whoever took it offline can put it back online" in page.visible_text
    assert all(form.method != "post" or "sign-out" in form.action for form in page.forms)


def test_a_withdrawn_product_cannot_be_put_back_online(shop: Marketplace, browser: Browser) -> None:
    path = f"/seller/products/mod-1/change/{ONLINE}"
    asks(browser, OFFLINE)
    browser.get(path)
    shop.change_status("mod-1", WITHDRAWN, MARKETPLACE)
    shop.run_all_now()
    page = browser.post(path, reason="back")
    assert page.status == 409
    assert "Only the marketplace can reinstate it" in page.visible_text
    assert shop.status("mod-1") == WITHDRAWN


def test_there_is_nothing_to_change_where_it_stands_so_already(browser: Browser) -> None:
    page = browser.get(f"/seller/products/mod-1/change/{ONLINE}")
    assert (page.status, "There is nothing to change" in page.visible_text) == (200, True)


def test_what_the_marketplace_took_offline_is_kept_offline_by_its_seller_and_not_taken_offline_again(
    shop: Marketplace, browser: Browser
) -> None:
    change = f"/seller/products/mod-1/change/{OFFLINE}"
    shop.change_status("mod-1", OFFLINE, MARKETPLACE)
    shop.run_all_now()
    assert change not in browser.get("/seller").links
    words = browser.get("/seller/products/mod-1").visible_text
    assert "Keep offline If you keep it offline, it comes back only once you put it back online as well." in words
    assert "Take offline" not in words
    words = browser.get(change).visible_text
    assert "Keep this product offline?" in words
    assert "It is already offline. It stays offline until everyone who took it offline, including you" in words
    assert "Its page is hidden at once" not in words
    assert "will be notified" not in words
    asks(browser)
    shop.change_status("mod-1", ONLINE, MARKETPLACE)
    shop.run_all_now()
    assert shop.holding_sides("mod-1") == {"seller"}
    assert shop.status("mod-1") == OFFLINE
    assert "Put back online" in browser.get("/seller").visible_text


def test_a_form_of_somebody_elses_page_is_not_taken(shop: Marketplace, browser: Browser) -> None:
    path = f"/seller/products/mod-1/change/{OFFLINE}"
    browser.get(path)
    assert browser.post(path, token=False, reason="a rest").status == 400
    assert shop.status("mod-1") == ONLINE


def test_other_sellers_products_are_not_changed(shop: Marketplace, other: Browser) -> None:
    path = f"/seller/products/mod-1/change/{OFFLINE}"
    assert post_without_form(other, path, reason="a rest").status == 404
    assert shop.status("mod-1") == ONLINE


@pytest.mark.parametrize("status", ["nonsense", "%00", "x" * 300])
def test_what_is_no_status_is_not_found(browser: Browser, status: str) -> None:
    assert browser.get(f"/seller/products/mod-1/change/{status}").status == 404


def test_a_preview_needs_no_more_statements_the_more_there_is(shop: Marketplace, browser: Browser) -> None:
    path = f"/seller/products/mod-1/change/{OFFLINE}"
    with counting_queries(shop) as few:
        browser.get(path)
    publish_customer(shop)
    for number in range(2, 8):
        shop.publish_pack(f"pack-{number}", "mod-1", "mod-2")
        publish_purchase(shop, f"purchase-{number}")
    shop.run_all_now()
    with counting_queries(shop) as many:
        browser.get(path)
    assert len(many) == len(few) <= 8


def test_the_progress_is_followed_until_it_is_done_and_may_be_left(shop: Marketplace, browser: Browser) -> None:
    set_up_purchase(shop)
    page = asks(browser, WITHDRAWN, name=NAME)
    address = page.path
    assert "In progress since 2 Mar 2026" in page.visible_text
    assert f'hx-get="{address}"' in page.text
    assert "http-equiv" in page.text
    part = browser.get(address, HX_Request="true")
    assert "<html" not in part.text
    assert 'hx-trigger="every 1s"' in part.text
    shop.run_all_now()
    done = browser.get(address, HX_Request="true")
    assert "hx-trigger" not in done.text
    whole = browser.get(address)
    assert "Done Finished on 2 Mar 2026" in whole.visible_text
    assert "Business Care renewals 1 renewal cancelled" in " ".join(whole.visible_text.split())
    assert "http-equiv" not in whole.text


def test_the_progress_says_a_reason_of_our_own_in_the_readers_language(shop: Marketplace, browser: Browser) -> None:
    address = asks(browser).path
    caused = update(Cascade).values(cause=Cause(actor="marketplace", reason=StandardReason.IMPORTED).as_json())
    in_transaction(shop, lambda uow: uow.session.execute(caused))
    assert "Reason: “data import”" in browser.get(address).visible_text


def test_other_sellers_progress_is_not_found(browser: Browser, other: Browser) -> None:
    address = asks(browser).path
    assert other.get(address).status == 404
    assert browser.get("/seller/progress/cas_unknown").status == 404


def test_a_french_seller_confirms_in_french(shop: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(shop)
    reader = browser_of(shop, "seller", "seller-1", language="fr")
    page = reader.get(f"/seller/products/mod-1/change/{WITHDRAWN}")
    assert "Désactiver définitivement ce produit" in page.visible_text
    assert numbers(page)["Renouvellements annulés"] == "1"
    assert numbers(page)["Clients ayant droit au SAV"] == "1 le dernier jusqu’au 2 mars 2027"
    path = f"/seller/products/mod-1/change/{WITHDRAWN}"
    assert "Ce n’est pas le nom du produit" in reader.post(path, reason="j’arrête", name="autre").visible_text
