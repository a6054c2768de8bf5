"""Journeys take no more clicks than they may, from the page that a person sees first after signing in.

What is counted are the real clicks of the mouse on the page; texts are typed.
"""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from ..support.demo_stack import DemoStack
from ..support.page_quality import sign_in_as
from .conftest import OpenBrowser

COUNT = "addEventListener('click', event => { if (event.isTrusted && event.detail) countClick(); }, true)"
REFUSED = "c-1012"
"""A customer whose request was refused."""


def counted(page: Page) -> Callable[[], int]:
    """Count the clicks on this page from now on."""
    clicks: list[None] = []
    page.expose_function("countClick", lambda: clicks.append(None))
    page.add_init_script(COUNT)
    page.evaluate(COUNT)
    return lambda: len(clicks)


def test_a_product_is_hidden_by_three_clicks_at_most(open_browser: OpenBrowser) -> None:
    page = open_browser()
    sign_in_as(page, "seller", "pixelune", then="/seller")
    clicks = counted(page)
    page.locator('main a[href$="/20148/change/offline_temporary"]').click()
    page.get_by_label("Reason").fill("a rest")
    page.get_by_role("button", name="Take offline").click()
    expect(page.locator("#progress .state .tag")).to_have_text("Done")
    assert 0 < clicks() <= 3
    page.goto("/seller/products/20148/change/online")
    page.get_by_label("Reason").fill("rested")
    page.get_by_role("button", name="Put back online").click()
    page.wait_for_url("**/seller/progress/*")


def test_a_request_is_sent_by_three_clicks(open_browser: OpenBrowser) -> None:
    page = open_browser()
    sign_in_as(page, "customer", "c-1008", then="/account")
    clicks = counted(page)
    page.locator('main a[href*="purchase=o-50371"]').click()
    page.get_by_label("Subject").fill("It does not save")
    page.get_by_label("What happens, and what did you expect?").fill("I press the button, and nothing is kept.")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Send my request").click()
    expect(page.locator("main")).to_contain_text("I press the button, and nothing is kept.")
    assert 0 < clicks() <= 3


def test_why_a_request_was_refused_is_read_after_one_click(open_browser: OpenBrowser) -> None:
    page = open_browser()
    sign_in_as(page, "customer", REFUSED, then="/account")
    clicks = counted(page)
    page.get_by_role("navigation").get_by_role("link", name="My requests").first.click()
    expect(page.locator("main")).to_contain_text("Refused: It is")
    assert clicks() == 1


def test_a_rejected_event_is_mended_by_three_clicks(stack: DemoStack, open_browser: OpenBrowser) -> None:
    facts = {"product_id": "20148", "actor": "seller", "reason": "x", "version": 9}
    broken = stack.publish("product.status_changed", status="gone", **facts)
    page = open_browser()
    sign_in_as(page, "operator", then="/operator")
    clicks = counted(page)
    page.get_by_role("link", name="Rejected events").click()
    page.locator(f'main a[href*="{broken}/correction"]').click()
    body = page.locator("#body")
    body.fill(body.input_value().replace('"gone"', '"online"'))
    page.get_by_role("button", name="Send the corrected copy").click()
    expect(page.locator("main")).to_contain_text("The corrected copy was received as a new event")
    assert 0 < clicks() <= 3
