"""The tour of the demo, walked from the sign-in to the decision: in English with scripts, in French without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from marketplace_hooks.web.demo_tour import PRODUCT_ID

from ..support.demo_stack import DemoStack
from ..support.page_quality import assert_accessible, overflow_of
from ..support.processes import wait_until
from .conftest import OpenBrowser

TITLES = {
    "en": ["Take a product offline", "Contact support", "Refuse the request", "Contest the refusal", "Decide"],
    "fr": ["Mettre un produit hors ligne", "Contacter le SAV", "Refuser la demande", "Contester le refus", "Trancher"],
}
CHECKED_WITHIN_S = 60.0


def goes_to(page: Page, number: int, language: str) -> None:
    """Go to a step by the button that leads there; its sentence is on the page."""
    page.locator(f'button[name="step"][value="{number}"]').first.click()
    expect(page.locator("#tour-title")).to_have_text(TITLES[language][number - 1])
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def is_checked(page: Page) -> bool:
    """Whether the checks have ended; without scripts the page is loaded again."""
    if page.locator("#outcome").count() == 0:
        page.reload()
    return page.locator("#outcome").count() == 1


@pytest.mark.parametrize(("language", "javascript"), [("en", True), ("fr", False)])
def test_the_tour_leads_from_hiding_a_product_to_the_decision(
    stack: DemoStack, open_browser: OpenBrowser, language: str, javascript: bool
) -> None:
    page = open_browser(language=language, javascript=javascript, width=360)
    page.goto("/sign-in")
    goes_to(page, 1, language)
    if page.locator("#reason").count():  # it is offline already where the tour is walked again.
        page.locator("#reason").fill("a rest")
        page.locator("form:has(#reason) button").click()
        page.wait_for_url("**/seller/progress/*")
    assert stack.rows("SELECT status FROM mh_products WHERE id = ?", [PRODUCT_ID]) == [("offline_temporary",)]

    goes_to(page, 2, language)
    assert overflow_of(page) == 0
    if javascript:
        assert_accessible(page)
    page.locator('input[name="kind"]').first.check()
    page.locator("#subject").fill(f"It does not save ({language})")
    page.locator("#body").fill(f"I press the button, and nothing is kept ({language}).")
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: not url.partition("?")[0].endswith("/support/new"))
    wait_until(lambda: is_checked(page), CHECKED_WITHIN_S, "the shop was not checked", page.locator("main").inner_text)
    page.locator('form[action*="/send"] button').first.click()
    page.wait_for_url(lambda url: "/new" not in url)
    request_id = page.url.rpartition("/")[2]

    goes_to(page, 3, language)
    page.locator('input[name="ground"][value="site_work_or_third_party"]').check()
    page.locator("#text").fill("The cause is a module of another seller.")
    page.locator("#evidence").fill("modules/another/another.php, line 12")
    page.locator("button.danger").click()
    page.wait_for_url(f"**/seller/requests/{request_id}")

    goes_to(page, 4, language)
    page.locator("details:has(#contest-text) summary").click()
    page.locator("#contest-text").fill("I have removed that module, and it is the same.")
    page.locator("details:has(#contest-text) button").click()
    expect(page.locator("#contest-text")).to_have_count(0)

    goes_to(page, 5, language)
    assert page.url.endswith(f"/operator/requests/{request_id}")
    page.locator('details:has(form[action$="/overturn"]) summary').click()
    page.locator('form[action$="/overturn"] textarea').fill("The module of the other seller is not there any more.")
    page.locator('form[action$="/overturn"] button').click()
    expect(page.locator('form[action$="/overturn"]')).to_have_count(0)
    assert stack.rows("SELECT handling FROM mh_requests WHERE id = ?", [request_id]) == [("accepted",)]
    page.locator('.tour button[value="done"]').click()
    expect(page.locator(".tour")).to_have_count(0)
    page.goto("/sign-in")
    expect(page.locator('button[name="step"][value="1"]')).to_be_visible()
