"""Lists in a real browser: an id is copied and said to be, a log shows what comes without being loaded again."""

from __future__ import annotations

from playwright.sync_api import expect

from ..support.demo_stack import DemoStack
from ..support.page_quality import sign_in_as
from .conftest import OpenBrowser

NEW_SELLER = "copied-seller"


def test_an_id_is_copied_by_its_button_and_the_reader_is_told(stack: DemoStack, open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in_as(page, "operator", then="/operator/events")
    page.locator('th a[href*="/operator/events/"]').first.click()
    shown = page.locator("code.copyable").first
    # Without the button: one click selects it whole.
    assert shown.evaluate("code => getComputedStyle(code).userSelect") == "all"
    button = page.get_by_role("button", name="Copy the ID")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#announcement")).to_have_text("Copied")
    expect(page.locator(".copy-button").first).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == shown.inner_text()


def test_a_log_shows_what_comes_meanwhile_and_the_rest_of_the_page_stays(
    stack: DemoStack, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    sign_in_as(page, "operator", then="/operator/events?type=seller.upserted")
    page.locator("#find").fill("half a thought")
    seller = {"seller_id": NEW_SELLER, "name": "Copied", "country": "FR", "locale": "fr"}
    event_id = stack.publish("seller.upserted", **seller)
    expect(page.locator("#log").get_by_text(event_id)).to_be_visible()
    expect(page.locator("#find")).to_have_value("half a thought")
    page.get_by_role("link", name="Stop updating").click()
    expect(page.get_by_role("link", name="Update automatically")).to_be_visible()
    assert "hx-get" not in (page.locator("#log").get_attribute("outerHTML") or page.locator("#log").inner_html())


def test_a_toast_is_read_out(stack: DemoStack, open_browser: OpenBrowser) -> None:
    page = open_browser()
    sign_in_as(page, "operator", then="/operator/tokens")
    page.get_by_label("Description").fill("for a toast")
    page.get_by_label("Role", exact=True).select_option("operator")
    page.get_by_role("button", name="Create the token").click()
    expect(page.get_by_text("The token has been created.")).to_be_visible()
    page.goto("/operator/tokens")
    page.get_by_role("button", name="Revoke for a toast").click()
    expect(page.locator(".told")).to_have_text("The token is revoked.")
    expect(page.locator("#announcement")).to_have_text("The token is revoked.")
