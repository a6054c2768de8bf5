"""A seller reads how the deadlines were kept, month by month: drawn, and as numbers for whoever does not see them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine

from ...support.customers import publish_purchase, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.page_client import Browser, browser_of
from ...support.recorded_statements import counting_queries
from ...support.support_desk import FIX, REQUEST, due, publish_message, publish_request, set_up_request

PATH = "/seller/figures"


@pytest.fixture
def figures(shop: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """Of two requests one was answered in time and fixed too late, the other is open."""
    set_up_purchase(shop)
    set_up_request(shop)
    clock.shift(timedelta(hours=1))
    publish_message(shop)
    clock.move_to(due(shop, FIX))
    shop.run_all_now()
    publish_request(shop, "request-2", kind="question", subject="Another")
    return shop


def test_the_figures_tell_what_was_kept_and_what_was_missed(figures: Marketplace, browser: Browser) -> None:
    page = browser.get(PATH)
    assert "100%" in page.visible_text
    assert "1 on time, 0 overdue" in page.visible_text
    assert "0 on time, 1 overdue" in page.visible_text
    assert "€99.00" in page.visible_text


def test_every_chart_with_numbers_has_them_in_a_table(figures: Marketplace, browser: Browser) -> None:
    page = browser.get(PATH)
    assert (page.text.count("<figure"), page.text.count("View as a table")) == (4, 3), "one chart is empty"
    assert 2 <= page.text.count('<svg viewBox="0 0 640') <= 4
    assert re.search(r'tabindex="0" role="img" aria-label="Mar 2026: \d', page.text), "a bar is reached by the keyboard"
    assert "Limit: 1 business day" in page.visible_text
    assert "Requests by month" in page.visible_text


def test_a_refusal_is_counted_by_its_ground(figures: Marketplace, browser: Browser) -> None:
    path = f"/seller/requests/{REQUEST}"
    browser.get(f"{path}/refusal")
    browser.post(f"{path}/refusal", ground="source_modified", text="You have changed it", evidence="a.php")
    assert "Your refusals Reason Refusals overturned The customer has changed the source code 1 0" in (
        browser.get(PATH).visible_text
    )


def test_who_has_had_no_request_is_told_so(browser: Browser) -> None:
    assert "No request in the last 12 months" in browser.get(PATH).visible_text


def test_other_sellers_figures_are_not_shown(figures: Marketplace, other: Browser) -> None:
    assert "No request in the last 12 months" in other.get(PATH).visible_text


def test_figures_take_the_same_statements_for_any_number_of_requests(figures: Marketplace, browser: Browser) -> None:
    with counting_queries(figures) as few:
        browser.get(PATH)
    for number in range(3, 8):
        publish_purchase(figures, f"purchase-{number}")
        publish_request(figures, f"request-{number}", subject=f"Number {number}")
    with counting_queries(figures) as many:
        browser.get(PATH)
    assert len(many) == len(few) <= 5


def test_a_french_seller_reads_figures_in_french(figures: Marketplace) -> None:
    words = browser_of(figures, "seller", "seller-1", language="fr").get(PATH).visible_text
    assert "0 dans les délais, 1 hors délai" in words
    assert "100 %" in words.replace("\u202f", " ")
