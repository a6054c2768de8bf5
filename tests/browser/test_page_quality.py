"""Pages without a mouse, without scripts, and on a slow line."""

from __future__ import annotations

import pytest
from playwright.sync_api import Response, expect

from ..support.demo_stack import DemoStack
from ..support.page_loads import load_slowed
from ..support.page_quality import sign_in_as
from ..support.pages_under_test import PAGES
from .conftest import OpenBrowser

MOST_BYTES = 60_000
MOST_REQUESTS = 5
LINE_PX = 50
MOST_SHIFT = 0.02
AREAS = [("seller", "pixelune", "/seller"), ("customer", "c-1001", "/account"), ("operator", "", "/operator")]


def test_the_first_page_is_small_and_made_of_few_files(stack: DemoStack, open_browser: OpenBrowser) -> None:
    page = open_browser()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto("/", wait_until="networkidle")
    assert {answer.url.startswith(stack.url) for answer in answers} == {True}
    assert len(answers) <= MOST_REQUESTS
    assert sum(answer.request.sizes()["responseBodySize"] for answer in answers) <= MOST_BYTES


@pytest.mark.parametrize(
    "name", ["mh_storefront.home", "mh_storefront.product", "mh_storefront.pack", "mh_sign_in.sign_in"]
)
def test_a_public_page_stands_still_and_is_light(stack: DemoStack, open_browser: OpenBrowser, name: str) -> None:
    page = open_browser(width=412)
    loaded = load_slowed(page, lambda: PAGES[name].go(page, stack))
    assert loaded.shift <= MOST_SHIFT
    assert loaded.size <= MOST_BYTES


@pytest.mark.parametrize(("role", "subject", "path"), AREAS)
def test_a_room_is_made_of_few_files(open_browser: OpenBrowser, role: str, subject: str, path: str) -> None:
    page = open_browser()
    sign_in_as(page, role, subject)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(path, wait_until="load")
    # The icon is asked for at any time: here it may be that of the page before.
    files = [answer.url for answer in answers if "favicon" not in answer.url]
    assert len(files) <= MOST_REQUESTS


@pytest.mark.parametrize(("role", "subject", "path"), AREAS)
def test_the_first_key_leads_past_the_navigation(open_browser: OpenBrowser, role: str, subject: str, path: str) -> None:
    page = open_browser()
    sign_in_as(page, role, subject, then=path)
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize(("role", "subject", "path"), AREAS)
def test_every_stop_of_the_keyboard_is_seen_and_follows_the_page(
    open_browser: OpenBrowser, role: str, subject: str, path: str
) -> None:
    page = open_browser()
    sign_in_as(page, role, subject, then=path)
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                  const one = document.activeElement, style = getComputedStyle(one), own = "mh_place";
                  one[own] ??= [...document.querySelectorAll("*")].indexOf(one);
                  const after = getComputedStyle(one, "::after");
                  const ring = style.outlineStyle !== "none" || after.outlineStyle !== "none";
                  return {place: one[own], ring};
                }"""
            )
        )
    assert all(stop["ring"] for stop in seen)
    places = [stop["place"] for stop in seen]
    assert places == sorted(places)


def test_a_seller_without_scripts_takes_a_product_offline_and_back(stack: DemoStack, open_browser: OpenBrowser) -> None:
    page = open_browser(javascript=False)
    make_site_client = open_browser(javascript=False)
    sign_in_as(page, "seller", "kervelo")
    for button, status in (("Take offline", 404), ("Put back online", 200)):
        page.goto("/seller/products/20508")
        page.get_by_role("link", name=button).click()
        page.get_by_label("Reason").fill("a look")
        page.get_by_role("button", name=button).click()
        page.wait_for_url("**/seller/progress/*")
        answer = make_site_client.goto("/products/20508")
        assert answer is not None
        assert answer.status == status


@pytest.mark.parametrize(("role", "subject", "path"), [("", "", "/"), *AREAS])
def test_a_phone_shows_one_line_whose_menu_has_the_whole_navigation_without_scripts(
    open_browser: OpenBrowser, role: str, subject: str, path: str
) -> None:
    page = open_browser(language="fr", width=360, javascript=False)
    if role:
        sign_in_as(page, role, subject)
    page.goto(path)
    tops = page.locator(".bar > :visible").evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert max(tops) <= LINE_PX
    links = page.locator(".menu-panel :is(a, button)")
    expect(links.first).to_be_hidden()
    page.locator(".menu > summary").press("Enter")
    for link in links.all():
        expect(link).to_be_visible()
        link.scroll_into_view_if_needed()
        expect(link).to_be_in_viewport(ratio=1)


def test_the_chosen_appearance_is_painted_whatever_the_system_prefers(open_browser: OpenBrowser) -> None:
    page = open_browser(scheme="light", javascript=False)
    page.goto("/about-inspections")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.get_by_role("button", name="Dark").press("Enter")
    page.wait_for_url("**/about-inspections")
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert dark != light
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
