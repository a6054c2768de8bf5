"""Journeys of people through the running product, from their first page to their last, in a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from ..support.demo_stack import DemoStack
from ..support.page_quality import sign_in_as
from .conftest import OpenBrowser

HIDDEN = "20175"
ITS_PACK = "30024"
WITHDRAWN = "20133"
ITS_SELLER = "moulinoctets"
REJECTED = "20423"
"""The product of which the demo tells in an event that breaks its schema."""


def confirms(page: Page, button: str, reason: str, name: str | None = None) -> None:
    """Give the reason, and the product's name where it is asked for, and confirm."""
    page.get_by_label("Reason").fill(reason)
    if name is not None:
        page.get_by_label("Type the product’s name to confirm").fill(name)
    page.get_by_role("button", name=button).click()


def finishes(page: Page) -> None:
    """Until the cascade's progress says that everything is done, without the page being loaded again."""
    expect(page.locator("#progress .state .tag")).to_have_text("Done")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def status_in(page: Page, path: str) -> int:
    answer = page.goto(path)
    assert answer is not None
    return answer.status


def test_a_seller_hides_a_product_and_its_pack_vanishes_in_another_window(
    stack: DemoStack, open_browser: OpenBrowser
) -> None:
    make_site_client = open_browser()
    seller = open_browser()
    assert status_in(make_site_client, f"/packs/{ITS_PACK}") == 200
    sign_in_as(seller, "seller", "pixelune", then="/seller")
    seller.locator(f'a[href$="/products/{HIDDEN}"]').first.click()
    seller.get_by_role("link", name="Take offline").click()
    expect(seller.get_by_text("This pack is hidden with it:")).to_be_visible()
    confirms(seller, "Take offline", "a rest")
    seller.wait_for_url("**/seller/progress/*")
    assert status_in(make_site_client, f"/packs/{ITS_PACK}") == 404
    assert status_in(make_site_client, f"/products/{HIDDEN}") == 404
    finishes(seller)
    seller.get_by_role("link", name="Back to the product").click()
    seller.get_by_role("link", name="Put back online").click()
    confirms(seller, "Put back online", "rested")
    seller.wait_for_url("**/seller/progress/*")
    assert status_in(make_site_client, f"/packs/{ITS_PACK}") == 200
    finishes(seller)


def test_a_seller_withdraws_a_product_for_good_and_sees_its_renewals_cancelled(
    stack: DemoStack, open_browser: OpenBrowser
) -> None:
    make_site_client = open_browser()
    seller = open_browser()
    customer = open_browser()
    sign_in_as(seller, "seller", ITS_SELLER, then="/seller")
    seller.locator(f'a[href$="/products/{WITHDRAWN}"]').first.click()
    name = seller.get_by_role("heading", level=1).inner_text()
    seller.get_by_role("link", name="Permanently disable").click()
    foreseen = seller.locator(".tiles li", has_text="Renewals cancelled").locator("strong").inner_text()
    assert int(foreseen) > 0
    confirms(seller, "Permanently disable", "its time is over", "another name")
    expect(seller.get_by_role("alert")).to_be_visible()
    confirms(seller, "Permanently disable", "its time is over", name)
    seller.wait_for_url("**/seller/progress/*")
    assert status_in(make_site_client, f"/products/{WITHDRAWN}") == 410
    finishes(seller)
    expect(seller.locator(".step-list")).to_contain_text(re.compile(rf"\b{foreseen}\b renewals? cancelled"))
    sign_in_as(customer, "customer", "c-1001", then="/account/purchases/o-50210")
    expect(customer.locator("main")).to_contain_text("Business Care active")
    expect(customer.locator("main")).to_contain_text("permanently disabled")


def asks(page: Page, purchase_id: str) -> None:
    """Contact support about a purchase, up to the checks."""
    page.goto("/support/new")
    page.locator(f'a[href*="purchase={purchase_id}"]').first.click()
    page.locator('input[name="kind"]').first.check()
    page.get_by_label("Subject").fill("It does not save")
    page.get_by_label("What happens, and what did you expect?").fill("I press the button, and nothing is kept.")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1, name="Before you send it")).to_be_visible()


def outcome(page: Page, words: str) -> None:
    """The checks come one by one, and end with this."""
    expect(page.locator("#checks .live")).to_have_text("All checks are done.")
    expect(page.locator("#outcome")).to_have_text(words)


def test_a_customer_watches_the_checks_of_her_site_pass_and_sends_her_request(
    stack: DemoStack, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    sign_in_as(page, "customer", "c-1008")
    asks(page, "o-50371")
    outcome(page, "Your request is ready to send")
    expect(page.locator("#checks")).to_contain_text("8.2.1")
    page.get_by_role("button", name="Send my request").click()
    page.wait_for_url(re.compile(r"/support/(?!new)[^/]+$"))
    expect(page.locator("main")).to_contain_text("Business Care active")
    expect(page.locator("main")).to_contain_text("I press the button, and nothing is kept.")


def test_another_is_told_why_hers_cannot_be_sent(stack: DemoStack, open_browser: OpenBrowser) -> None:
    page = open_browser()
    sign_in_as(page, "customer", "c-1005")
    asks(page, "o-50301")
    outcome(page, "This request cannot be sent now")
    expect(page.locator("main")).to_contain_text("Business Care")
    assert page.get_by_role("button", name="Send").count() == 0
    page.get_by_role("link", name="See the purchase").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_third_declares_what_his_site_does_not_tell(stack: DemoStack, open_browser: OpenBrowser) -> None:
    page = open_browser()
    sign_in_as(page, "customer", "c-1001")
    asks(page, "o-50224")
    outcome(page, "Some information is missing")
    page.get_by_label("PrestaShop version").fill("8.1.7")
    page.get_by_role("button", name="Add this to the check").click()
    expect(page.get_by_role("status").first).to_contain_text("Your details were added to the check.")
    expect(page.locator("#checks")).to_contain_text("8.1.7")
    page.get_by_role("button", name=re.compile("Send")).first.click()
    page.wait_for_url(re.compile(r"/support/(?!new)[^/]+$"))


def test_an_operator_replays_a_rejected_event_and_sees_it_applied_once_its_sender_has_put_it_right(
    stack: DemoStack, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    sign_in_as(page, "operator")
    page.goto("/operator")
    page.get_by_role("link", name="Rejected events").click()
    page.locator('main a[href*="/operator/events/"]').first.click()
    expect(page.locator("#fate")).to_contain_text("It could not be applied")
    page.get_by_role("link", name="Apply again").click()
    expect(page.locator("main")).to_contain_text("Send a corrected copy instead")
    page.get_by_role("button", name="Apply again").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("#fate")).to_contain_text("It could not be applied")
    expect(page.locator("#standing .tag")).to_have_text("Rejected")
    expect(page.locator("#standing").get_by_role("link", name="Apply again")).to_be_visible()
    page.get_by_role("link", name="All related events").click()
    address = page.url
    facts = {"product_id": REJECTED, "actor": "seller", "reason": "out of stock"}
    corrected = stack.publish("product.status_changed", status="offline_temporary", version=1, **facts)
    page.goto(address)
    page.locator(f'main a[href*="{corrected}"]').click()
    expect(page.locator("#fate")).to_contain_text("Applied")
    expect(page.locator("#fate")).to_contain_text("product.hidden")
    stack.publish("product.status_changed", status="online", version=2, **facts)
