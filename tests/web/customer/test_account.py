"""A customer's purchases: how Business Care stands, why it renews or not, what it costs, what may be downloaded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from ...support.customers import (
    publish_customer,
    publish_dispute,
    publish_purchase,
    publish_refund,
    publish_release,
    publish_termination,
    set_up_purchase,
)
from ...support.marketplace import MARKETPLACE, OFFLINE, WITHDRAWN, Marketplace
from ...support.page_client import Browser, browser_of
from ...support.recorded_statements import counting_queries
from ...support.support_desk import PURCHASE

PAGE = f"/account/purchases/{PURCHASE}"
RENEWAL = f"{PAGE}/renewal"
REACTIVATION = f"{PAGE}/reactivation"
DAY = 86_400


def test_the_list_says_until_when_and_for_which_price_it_renews(customer: Browser) -> None:
    words = customer.get("/account").visible_text
    assert "Business Care active through 2 March 2027" in words
    assert "Renews on 3 March 2027 for €39.60" in words


def test_the_same_in_french(desk: Marketplace) -> None:
    words = browser_of(desk, "customer", "customer-1", language="fr").get(PAGE).visible_text
    assert "Business Care en cours" in words
    assert "Jusqu’au 2 mars 2027 inclus." in words


def test_the_renewal_is_cancelled_by_one_click_confirmed_and_undone(
    customer: Browser, desk: Marketplace, clock: time_machine.Traveller
) -> None:
    customer.get(PAGE)
    page = customer.post(RENEWAL)
    assert page.path == RENEWAL
    assert "Business Care will not renew" in page.visible_text
    assert "Support and updates continue through 2 March 2027." in page.visible_text
    assert "It does not renew. You cancelled the renewal." in customer.get(PAGE).visible_text
    assert "Does not renew. You cancelled the renewal." in customer.get("/account").visible_text
    clock.shift(60)
    customer.get(RENEWAL)
    assert "Business Care will renew" in customer.post(RENEWAL).visible_text
    assert "Renews on 3 March 2027" in customer.get("/account").visible_text
    assert desk.published_types(PURCHASE, "purchase").count("subscription.renewal_cancelled") == 1


def test_cancelling_twice_cancels_once(customer: Browser, desk: Marketplace) -> None:
    customer.get(PAGE)
    sent = customer.page.form(RENEWAL).fields.to_dict()
    assert [customer.client.post(RENEWAL, data=sent).status_code for _ in range(2)] == [303, 303]
    assert desk.published_types(PURCHASE, "purchase").count("subscription.renewal_cancelled") == 1


def test_a_withdrawal_says_why_it_does_not_renew_and_offers_no_undo(customer: Browser, desk: Marketplace) -> None:
    desk.change_status("mod-1", WITHDRAWN, reason="End of life")
    desk.run_all_now()
    page = customer.get(PAGE)
    assert "The product was permanently disabled, which cancels all renewals." in page.visible_text
    assert "It does not renew." in page.visible_text
    assert "Reason given: End of life" in page.visible_text
    assert "Restore the renewal" not in page.visible_text
    assert "Business Care active" in page.visible_text
    assert "Business Care will not renew" in customer.get("/products/mod-1").visible_text


def test_what_cannot_be_done_is_a_sentence(customer: Browser, desk: Marketplace) -> None:
    customer.get(PAGE)
    publish_refund(desk, PURCHASE)
    page = customer.post(RENEWAL)
    assert page.status == 409
    assert "Nothing was changed: this Business Care no longer renews." in page.visible_text


@pytest.fixture
def expired(customer: Browser, desk: Marketplace, clock: time_machine.Traveller) -> Browser:
    customer.get(PAGE)
    customer.post(RENEWAL)
    clock.shift(366 * DAY)
    desk.run_all_now()
    return customer


def test_an_expired_one_is_taken_up_again_at_the_price_that_was_shown(expired: Browser, desk: Marketplace) -> None:
    assert "Reactivate for €133.65" in expired.get(PAGE).visible_text
    page = expired.get(REACTIVATION)
    assert "Lapsed-coverage fee €94.05" in page.visible_text
    page = expired.post(REACTIVATION)
    assert "We have asked the marketplace to charge €133.65." in page.visible_text
    assert "subscription.reactivation_due" in desk.published_types(PURCHASE, "purchase")


def test_another_price_than_the_one_shown_is_shown_before_anything_is_asked_for(
    expired: Browser, desk: Marketplace
) -> None:
    expired.get(REACTIVATION)
    page = expired.post(REACTIVATION, amount_cents="100")
    assert page.status == 409
    assert "The price has changed" in page.visible_text
    assert "subscription.reactivation_due" not in desk.published_types(PURCHASE, "purchase")


def test_an_inactive_one_says_since_when_and_why(expired: Browser, desk: Marketplace) -> None:
    words = expired.get(PAGE).visible_text
    assert "Business Care not active Since 3 March 2027. The last paid period has ended." in words
    desk.change_status("mod-1", WITHDRAWN)
    desk.run_all_now()
    assert "Business Care cannot be reactivated" in expired.get(PAGE).visible_text


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        (publish_refund, "The purchase was refunded, which ended Business Care."),
        (publish_dispute, "The bank reversed the payment."),
        (publish_termination, "The marketplace ended it early."),
    ],
)
def test_every_end_has_its_day_and_its_reason(customer: Browser, desk: Marketplace, ends: Any, why: str) -> None:
    ends(desk, PURCHASE)
    assert f"Since 2 March 2026. {why}" in customer.get(PAGE).visible_text
    assert why in customer.get("/account").visible_text


def test_a_payment_that_is_awaited_is_told(customer: Browser, desk: Marketplace, clock: time_machine.Traveller) -> None:
    clock.move_to(datetime(2027, 3, 3, 9, 0, tzinfo=UTC))
    desk.run_all_now()
    assert "Payment pending" in customer.get("/account").visible_text
    assert "has been requested but not paid yet" in customer.get(PAGE).visible_text


@pytest.mark.parametrize(("status", "side"), [(OFFLINE, "seller"), (OFFLINE, MARKETPLACE), (WITHDRAWN, "seller")])
def test_an_offline_product_changes_nothing_for_its_owner(
    customer: Browser, desk: Marketplace, status: str, side: str
) -> None:
    desk.change_status("mod-1", status, side)
    desk.run_all_now()
    words = customer.get(PAGE).visible_text
    assert "Business Care active Through 2 March 2027." in words
    assert "Business Care active" in customer.get("/products/mod-1").visible_text


def test_a_release_is_downloaded_or_says_why_not(
    customer: Browser, desk: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_release(desk, "free-1", product_id="mod-1", number="2.1.0", kind="free")
    publish_release(desk, "paid-1", product_id="mod-1", number="3.0.0", kind="paid")
    desk.run_all_now()
    page = customer.get(PAGE)
    assert f"{PAGE}/downloads/free-1" in page.links
    assert f"{PAGE}/downloads/paid-1" not in page.links
    assert "This update is sold separately and has not been bought. It costs €29.00." in page.visible_text
    refused = customer.get(f"{PAGE}/downloads/paid-1")
    assert (refused.status, "This update is sold separately" in refused.visible_text) == (403, True)


def test_the_link_of_a_release_leads_to_its_file(make_marketplace: Any, clock: time_machine.Traveller) -> None:
    service: Marketplace = make_marketplace(DOWNLOAD_SECRET="00112233445566778899aabbccddeeff")
    service.publish_products("mod-1")
    set_up_purchase(service, PURCHASE)
    publish_release(service, "free-1", product_id="mod-1", kind="free")
    service.run_all_now()
    answer = browser_of(service, "customer", "customer-1").get(f"{PAGE}/downloads/free-1").answer
    assert answer.status_code == 302
    assert "signature=" in answer.headers["Location"]


def test_the_purchases_of_others_are_not_found(customer: Browser, stranger: Browser) -> None:
    for path in (PAGE, RENEWAL, REACTIVATION, f"{PAGE}/downloads/x", "/account/purchases/none"):
        assert stranger.get(path).status == 404, path
    customer.get(PAGE)
    stolen = customer.page.form(RENEWAL).fields.to_dict()
    stranger.get("/account")
    assert stranger.client.post(RENEWAL, data=stolen).status_code in (400, 404)
    assert "Renews on" in customer.get("/account").visible_text


def test_a_form_without_its_token_changes_nothing(customer: Browser, desk: Marketplace) -> None:
    customer.get(PAGE)
    assert customer.post(RENEWAL, token=False).status == 400
    assert "Renews on" in customer.get("/account").visible_text


def test_the_list_goes_on_by_a_cursor_and_costs_the_same_however_long_it_is(
    customer: Browser, desk: Marketplace
) -> None:
    with counting_queries(desk) as few:
        customer.get("/account")
    publish_customer(desk)
    for number in range(30):
        publish_purchase(desk, f"purchase-a{number:02}")
    desk.run_all_now()
    with counting_queries(desk) as many:
        first = customer.get("/account")
    assert len(many) - 1 == len(few) <= 6  # a list of several pages is counted.
    [further] = [link for link in first.links if "after=" in link]
    assert first.text.count("Bought on") == 25
    assert customer.get(further).text.count("Bought on") == 6


def test_one_purchase_costs_a_fixed_number_of_statements(customer: Browser, desk: Marketplace) -> None:
    with counting_queries(desk) as few:
        customer.get(PAGE)
    for number in range(8):
        publish_release(
            desk,
            f"r-{number}",
            product_id="mod-1",
            number=f"2.{number}",
            published_at=(datetime.now(UTC) - timedelta(hours=number)).isoformat(),
        )
    desk.run_all_now()
    with counting_queries(desk) as many:
        customer.get(PAGE)
    assert len(many) == len(few) <= 15


def test_who_has_bought_nothing_is_told_what_would_be_here(stranger: Browser) -> None:
    assert "You have not bought anything yet" in stranger.get("/account").visible_text
