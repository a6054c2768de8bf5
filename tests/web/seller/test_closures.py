"""A seller declares days without work beforehand, and customers see them at once; then fewer, or none after all."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.models.support import SellerClosure
from marketplace_hooks.web.seller.closures import business_days

from ...support.customers import set_up_purchase
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, Page, browser_of, post_without_form
from ...support.recorded_statements import counting_queries
from ...support.support_desk import ACKNOWLEDGEMENT, due, publish_request

DAY = timedelta(days=1)
PATH = "/seller/closures"


def declares(browser: Browser, first_day: str, last_day: str = "", **more: Any) -> Page:
    """Open the page and declare a closure; it is Monday 2 March 2026."""
    browser.get(PATH)
    return browser.post(PATH, first_day=first_day, last_day=last_day, **more)


def closures_of(shop: Marketplace) -> list[SellerClosure]:
    return shop.all(select(SellerClosure).order_by(SellerClosure.first_day))


def test_a_closure_is_declared_and_customers_see_it(shop: Marketplace, browser: Browser) -> None:
    page = declares(browser, "2026-03-09", "2026-03-15", reason="a week off")
    assert "Declared. Your customers can see it now." in page.visible_text
    assert "Announced 7 days, 5 business days" in page.visible_text
    [closure] = closures_of(shop)
    assert (closure.first_day, closure.last_day) == (date(2026, 3, 9), date(2026, 3, 15))
    assert shop.published_types("seller-1", "seller") == ["seller.closure_announced"]
    assert "9 March 2026" in browser_of(shop).get("/products/mod-1").visible_text


def test_requests_that_come_after_it_wait_and_earlier_ones_do_not(
    shop: Marketplace, browser: Browser, clock: time_machine.Traveller
) -> None:
    set_up_purchase(shop)
    publish_request(shop, "request-before")
    clock.shift(timedelta(minutes=1))
    declares(browser, "2026-03-03", "2026-03-04")
    clock.shift(timedelta(minutes=1))
    publish_request(shop, "request-after", subject="Another")
    before, after = (due(shop, ACKNOWLEDGEMENT, f"request-{which}") for which in ("before", "after"))
    assert after - before == 2 * DAY
    assert "Its days do not count for requests received after you declare it." in browser.get(PATH).visible_text


def test_a_closure_may_have_no_end_for_now(shop: Marketplace, browser: Browser) -> None:
    assert "no end date" in declares(browser, "2026-03-02", open_ended="yes").visible_text
    assert closures_of(shop)[0].last_day is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"first_day": ""}, "Enter the first day"),
        ({"first_day": "2026-03-01", "last_day": "2026-03-09"}, "choose today or a later day"),
        ({"first_day": "2026-03-09"}, "Enter the last day, or choose “No end date for now”"),
        ({"first_day": "2026-03-09", "last_day": "2026-03-08"}, "The last day cannot be before the first one."),
        ({"first_day": "9 March", "last_day": "2026-03-10"}, "Enter a date, such as 2026-03-02"),
        ({"first_day": "0001-01-01", "last_day": "2026-03-10"}, "Enter a date, such as 2026-03-02"),
    ],
)
def test_days_that_cannot_be_are_asked_for_again(
    shop: Marketplace, browser: Browser, fields: dict[str, str], message: str
) -> None:
    page = declares(browser, **fields)
    assert (page.status, message in page.visible_text) == (422, True)
    assert closures_of(shop) == []


def test_today_is_early_enough(shop: Marketplace, browser: Browser) -> None:
    assert "In progress 1 day, 1 business day" in _plain(declares(browser, "2026-03-02", "2026-03-02").visible_text)


def _plain(words: str) -> str:
    return words.replace("One day", "1 day").replace("one business day", "1 business day")


def test_a_closure_is_shortened(shop: Marketplace, browser: Browser) -> None:
    declares(browser, "2026-03-09", "2026-03-15")
    closure_id = closures_of(shop)[0].id
    page = browser.post(f"{PATH}/{closure_id}/end", last_day="2026-03-11")
    assert "Shortened. Your customers have been notified." in page.visible_text
    assert closures_of(shop)[0].last_day == date(2026, 3, 11)


@pytest.mark.parametrize(
    ("last_day", "status", "message"),
    [
        ("2026-03-16", 409, "ends on 15 March 2026 and cannot be extended to 16 March 2026."),
        ("2026-03-08", 422, "The last day cannot be before the first one."),
        ("", 422, "Enter the last day"),
    ],
)
def test_a_closure_is_only_ever_shortened(
    shop: Marketplace, browser: Browser, last_day: str, status: int, message: str
) -> None:
    declares(browser, "2026-03-09", "2026-03-15")
    page = browser.post(f"{PATH}/{closures_of(shop)[0].id}/end", last_day=last_day)
    assert (page.status, message in page.visible_text) == (status, True)
    assert closures_of(shop)[0].last_day == date(2026, 3, 15)


def test_a_closure_to_come_is_cancelled_and_one_that_has_begun_ends_today(
    shop: Marketplace, browser: Browser, clock: time_machine.Traveller
) -> None:
    declares(browser, "2026-03-02", "2026-03-05")
    clock.shift(timedelta(minutes=1))
    declares(browser, "2026-03-09", "2026-03-15")
    begun, coming = closures_of(shop)
    page = browser.post(f"{PATH}/{coming.id}/cancellation")
    assert "Cancelled. Your customers have been notified." in page.visible_text
    page = browser.post(f"{PATH}/{begun.id}/cancellation")
    begun, coming = closures_of(shop)
    assert coming.cancelled_at is not None
    assert (begun.cancelled_at, begun.last_day) == (None, date(2026, 3, 2))


def test_a_declaration_that_is_sent_twice_is_one(shop: Marketplace, browser: Browser) -> None:
    form = browser.get(PATH).form(PATH).fields.to_dict()
    sent = {**form, "first_day": "2026-03-09", "last_day": "2026-03-15"}
    for _ in range(2):
        assert browser.send("POST", PATH, follow=False, data=sent).status == 303
    assert len(closures_of(shop)) == 1


def test_other_sellers_closures_are_not_found(shop: Marketplace, browser: Browser, other: Browser) -> None:
    declares(browser, "2026-03-09", "2026-03-15")
    closure_id = closures_of(shop)[0].id
    assert "No closure announced" in other.get(PATH).visible_text
    for what in ("end", "cancellation"):
        assert post_without_form(other, f"{PATH}/{closure_id}/{what}", last_day="2026-03-10").status == 404
        assert post_without_form(other, f"{PATH}/none/{what}", last_day="2026-03-10").status == 404
    assert closures_of(shop)[0].last_day == date(2026, 3, 15)


def test_a_form_without_its_token_is_not_taken(shop: Marketplace, browser: Browser) -> None:
    browser.get(PATH)
    assert browser.post(PATH, token=False, first_day="2026-03-09", last_day="2026-03-15").status == 400
    assert closures_of(shop) == []


def test_the_calendar_needs_as_many_statements_however_full_it_is(shop: Marketplace, browser: Browser) -> None:
    for number in range(10, 15):
        declares(browser, f"2026-03-{number}", f"2026-03-{number}")
    with counting_queries(shop) as queries:
        browser.get(PATH)
    assert len(queries) <= 2


@pytest.mark.parametrize(
    ("first", "days", "expected"),
    [("2026-03-02", 1, 1), ("2026-03-07", 2, 0), ("2026-03-06", 4, 2), ("2026-03-02", 14, 10), ("2026-03-04", 7, 5)],
)
def test_business_days_are_those_that_are_no_week_end(first: str, days: int, expected: int) -> None:
    assert business_days(date.fromisoformat(first), days) == expected


def test_a_french_seller_declares_in_french(shop: Marketplace) -> None:
    reader = browser_of(shop, "seller", "seller-1", language="fr")
    page = declares(reader, "2026-03-09", "2026-03-15")
    assert "Annoncée 7 jours, 5 jours ouvrés" in page.visible_text
