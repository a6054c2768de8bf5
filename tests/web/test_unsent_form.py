"""Unsent forms: what somebody typed is not lost when the session ended or the form's token expired."""

from __future__ import annotations

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.models.drafts import RequestDraft

from ..support.marketplace import Marketplace
from ..support.page_client import Browser, browser_of
from ..support.support_desk import PURCHASE, REQUEST, messages, publish_request

SAME_ORIGIN = {"Origin": "http://localhost"}
ANSWER = f"/seller/requests/{REQUEST}/messages"
TEXT = "Please empty the cache.\nThen <b>look</b> again, it takes & keeps a minute."


def signs_out(browser: Browser) -> None:
    browser.identity = lambda: None


def signs_in(browser: Browser, role: str, subject: str) -> None:
    """As it is after every sign-in: with nothing left of the session before."""
    browser.client.delete_cookie("mh_session")
    browser.identity = lambda: {"role": role, "subject": subject, "locale": "en"}


def asked(desk: Marketplace) -> Browser:
    """The browser of a seller who has a request's page open; its session ends while the answer is typed."""
    publish_request(desk)
    seller = browser_of(desk, "seller", "seller-1")
    seller.headers = SAME_ORIGIN
    seller.get(f"/seller/requests/{REQUEST}")
    signs_out(seller)
    return seller


def test_a_sellers_answer_outlives_the_session_in_which_it_was_written(desk: Marketplace) -> None:
    seller = asked(desk)
    page = seller.post(ANSWER, body=TEXT)
    assert (page.status, "You are no longer signed in" in page.visible_text) == (401, True)
    assert page.form(ANSWER).fields["body"] == TEXT
    assert "/sign-in" in page.links
    assert seller.post(ANSWER).status == 401
    signs_in(seller, "seller", "seller-1")
    page = seller.post(ANSWER)
    assert (page.status, "Send your text again" in page.visible_text) == (400, True)
    assert [one.body for one in messages(desk)] == []
    page = seller.post(ANSWER)
    assert page.status == 200
    assert [one.body for one in messages(desk)] == [TEXT]


def test_a_customers_request_outlives_it_too(desk: Marketplace) -> None:
    customer = browser_of(desk, "customer", "customer-1")
    customer.headers = SAME_ORIGIN
    customer.get(f"/support/new?purchase={PURCHASE}")
    signs_out(customer)
    page = customer.post("/support/new", subject="The gallery is empty", body=TEXT)
    assert (page.status, "The gallery is empty" in page.visible_text) == (401, True)
    signs_in(customer, "customer", "customer-1")
    page = customer.post("/support/new")
    assert page.form("/support/new").fields["body"] == TEXT
    customer.post("/support/new")
    assert desk.all(select(RequestDraft.body)) == [TEXT]


def test_who_signs_in_as_somebody_else_sends_nothing_in_the_first_ones_name(desk: Marketplace) -> None:
    seller = asked(desk)
    seller.post(ANSWER, body=TEXT)
    signs_in(seller, "seller", "seller-2")
    seller.post(ANSWER)
    assert seller.post(ANSWER).status == 404
    assert messages(desk) == []


def test_a_form_that_was_open_for_too_long_is_shown_again(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_request(desk)
    seller = browser_of(desk, "seller", "seller-1")
    seller.headers = SAME_ORIGIN
    seller.get(f"/seller/requests/{REQUEST}")
    clock.shift(10 * 86_400)
    page = seller.post(ANSWER, body=TEXT)
    assert (page.status, page.form(ANSWER).fields["body"]) == (400, TEXT)


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://evil.example"}, {**SAME_ORIGIN, "Sec-Fetch-Site": "cross-site"}], ids=str
)
def test_what_another_site_sends_is_put_into_nobodys_mouth(desk: Marketplace, headers: dict[str, str]) -> None:
    seller = asked(desk)
    seller.headers = headers
    page = seller.post(ANSWER, follow=False, body=TEXT)
    assert (page.status, "cache" in page.text) == (303, False)
    signs_in(seller, "seller", "seller-1")
    seller.get(f"/seller/requests/{REQUEST}")
    page = seller.post(ANSWER, token=False, body=TEXT)
    assert (page.status, "cache" in page.text) == (400, False)
    assert "This form is no longer valid" in page.visible_text


def test_a_form_in_which_nothing_is_typed_leads_to_the_sign_in(desk: Marketplace) -> None:
    seller = asked(desk)
    assert seller.post(ANSWER, follow=False, body=" ").answer.headers["Location"] == "/sign-in"


def test_it_is_told_in_french(desk: Marketplace) -> None:
    seller = asked(desk)
    seller.language = "fr"
    assert "Vous n’êtes plus connecté" in seller.post(ANSWER, body=TEXT).visible_text
