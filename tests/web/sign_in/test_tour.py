"""Tour of the demo: it signs in as the person of each step, waits for what a step needs, and is remembered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from marketplace_hooks.web.demo_tour import CUSTOMER_ID, PRODUCT_ID, PURCHASE_ID, SELLER_ID, STEPS

from ...support.audit_log import audit_entries
from ...support.customers import set_up_purchase
from ...support.marketplace import OFFLINE, SECRET_KEY, Marketplace, open_marketplace
from ...support.page_client import Browser, browser_of, post_without_form
from ...support.support_desk import publish_request

REQUEST = "rq-of-the-tour"


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Iterator[Marketplace]:
    """What of the demo the tour is about."""
    with open_marketplace(sqlite_url, tmp_path / "instance", SECRET_KEY=SECRET_KEY, DEMO="true") as marketplace:
        marketplace.publish_products(PRODUCT_ID, seller_id=SELLER_ID)
        set_up_purchase(marketplace, PURCHASE_ID, customer_id=CUSTOMER_ID, product_id=PRODUCT_ID)
        yield marketplace


def starts(demo: Marketplace, language: str = "en") -> Browser:
    browser = Browser(demo.app, language)
    browser.get("/sign-in")
    browser.post("/sign-in/tour", step="1")
    return browser


def test_each_step_signs_in_as_the_one_who_does_it_and_opens_the_page(demo: Marketplace) -> None:
    browser = starts(demo)
    assert browser.page.path == f"/seller/products/{PRODUCT_ID}/change/{OFFLINE}"
    assert "Tour, step 1 of 5" in browser.page.visible_text
    assert "Tour, step 1 of 5" in browser.get("/").visible_text
    page = browser.post("/sign-in/tour", step="2")
    assert (page.status, page.path) == (200, "/support/new")
    assert str(STEPS[1].text.message) in page.visible_text
    started = [(one.actor_role, one.actor_id) for one in audit_entries(demo) if one.action == "session.started"]
    assert started == [("seller", SELLER_ID), ("customer", CUSTOMER_ID)]


def test_a_product_that_is_offline_already_is_shown_as_it_stands(demo: Marketplace) -> None:
    demo.change_status(PRODUCT_ID, OFFLINE)
    demo.run_all_now()
    assert starts(demo).page.path == f"/seller/products/{PRODUCT_ID}"


def test_a_step_that_needs_another_one_leads_to_that_one_and_says_so(demo: Marketplace) -> None:
    browser = starts(demo)
    page = browser.post("/sign-in/tour", step="4")
    assert page.path == "/support/new"
    assert "Send the request first" in page.visible_text
    about = {"purchase_id": PURCHASE_ID, "customer_id": CUSTOMER_ID, "product_id": PRODUCT_ID}
    publish_request(demo, REQUEST, **about)
    page = browser.post("/sign-in/tour", step="4")
    assert page.path == f"/seller/requests/{REQUEST}/refusal"
    assert "Refuse the request first" in page.visible_text
    assert "Tour, step 3 of 5" in page.visible_text


def test_it_is_closed_where_it_was_and_resumed_there_and_begun_anew_at_its_end(demo: Marketplace) -> None:
    browser = starts(demo, "fr")
    browser.post("/sign-in/tour", step="2")
    page = browser.post("/sign-in/tour", step="close")
    assert page.path == "/support/new"
    assert "Visite guidée" not in page.visible_text
    page = browser.get("/sign-in")
    assert "Reprendre la visite à l’étape 2" in page.visible_text
    assert page.form("/sign-in/tour").buttons == [("step", "2")]
    assert "Visite guidée, étape 2 sur 5" in browser.post("/sign-in/tour", step="2").visible_text
    browser.post("/sign-in/tour", step="done")
    page = browser.get("/sign-in")
    assert "Refaire la visite" in page.visible_text
    assert page.form("/sign-in/tour").buttons == [("step", "1")]


@pytest.mark.parametrize("step", ["", "0", "6", "closed-2", "-1", "1" * 5_000])
def test_a_step_that_does_not_exist_is_not_found(demo: Marketplace, step: str) -> None:
    browser = starts(demo)
    assert browser.post("/sign-in/tour", step=step).status == 404


def test_a_cookie_that_is_no_step_opens_nothing(demo: Marketplace) -> None:
    browser = Browser(demo.app)
    browser.client.set_cookie("mh_tour", "closed-closed-9")
    assert "Tour, step" not in browser.get("/").visible_text
    assert "Start the tour" in browser.get("/sign-in").visible_text


def test_outside_a_demo_there_is_no_tour(sqlite_url: str, tmp_path: Path) -> None:
    with open_marketplace(sqlite_url, tmp_path / "instance", SECRET_KEY=SECRET_KEY) as real:
        browser = browser_of(real, "seller", "seller-1")
        browser.client.set_cookie("mh_tour", "1")
        assert "/sign-in/tour" not in browser.get("/seller").text
        assert post_without_form(browser, "/sign-in/tour", token_page="/times", step="1").status == 404
    with open_marketplace(sqlite_url, tmp_path / "hosted", SECRET_KEY=SECRET_KEY, DEMO="true") as hosted:
        browser = browser_of(hosted, "seller", "seller-1")
        browser.client.set_cookie("mh_tour", "1")
        assert "/sign-in/tour" not in browser.get("/seller").text


def test_a_card_says_what_waits_and_leads_there_in_the_language_that_is_read(demo: Marketplace) -> None:
    browser = Browser(demo.app, "fr")
    page = browser.get("/sign-in")
    assert "Une demande concernant une autre boutique que celle de l’achat." in page.visible_text
    page = browser.post("/sign-in/demo", role="seller", subject=SELLER_ID)
    assert (page.path, '<html lang="fr"' in page.text) == ("/seller/requests", True)
    browser.get("/sign-in")
    assert browser.post("/sign-in/demo", role="customer", subject=CUSTOMER_ID).path == "/support/new"
