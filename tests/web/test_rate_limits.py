"""Limits of what one person writes and has inspected: the same by pages and by API, said in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace_hooks.models.inspections import Inspection
from marketplace_hooks.models.support import SupportRequest

from ..support.api_callers import Caller, caller_of, problem_of
from ..support.customers import SHOP, set_up_purchase
from ..support.marketplace import Marketplace
from ..support.page_client import Browser, browser_of
from ..support.support_desk import PURCHASE, REQUEST, messages, publish_message, publish_request, set_up_support

Opens = Callable[..., Marketplace]
pytestmark = pytest.mark.usefixtures("clock")

WORDS = "Bonjour, voici la version : 8.1.7, et le module est à jour."


def desk_of(make_marketplace: Opens, **settings: Any) -> Marketplace:
    desk = set_up_support(make_marketplace(**settings))
    publish_request(desk)
    return desk


def answers(browser: Browser, request_id: str = REQUEST) -> TestResponse:
    browser.get(f"/support/{request_id}")
    return browser.post(f"/support/{request_id}/answer", body=WORDS).answer


def posts(caller: Caller, **more: Any) -> TestResponse:
    return caller.post(f"/support-requests/{REQUEST}/messages", {"body": WORDS, **more})


def assert_too_many(answer: TestResponse) -> None:
    assert problem_of(answer) == (429, "too_many_requests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 86_400


def test_what_one_person_writes_in_a_conversation_is_limited_by_page_and_api_together(make_marketplace: Opens) -> None:
    desk = desk_of(make_marketplace, CONVERSATION_MESSAGES_PER_DAY=2)
    customer = browser_of(desk, "customer", "customer-1", language="fr")
    machine = caller_of(desk, "customer", "customer-1")
    assert answers(customer).status_code == 200
    assert posts(machine).status_code == 200
    refused = answers(customer)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 86_400
    assert "réessayez dans" in customer.page.visible_text
    assert WORDS in refused.text  # nothing that was typed is lost.
    assert_too_many(posts(machine))
    assert len(messages(desk)) == 2


def test_the_other_side_and_the_marketplace_write_on(make_marketplace: Opens) -> None:
    desk = desk_of(make_marketplace, CONVERSATION_MESSAGES_PER_DAY=1)
    customer, seller, platform = (
        caller_of(desk, *who) for who in (("customer", "customer-1"), ("seller", "seller-1"), ("platform",))
    )
    assert [posts(caller).status_code for caller in (customer, customer, seller, seller)] == [200, 429, 200, 429]
    assert {posts(platform, side="customer").status_code for _ in range(3)} == {200}
    publish_message(desk, side="customer")  # what the marketplace reports has happened already.
    assert len(messages(desk)) == 6


def test_requests_and_messages_of_a_day_are_limited_together(make_marketplace: Opens) -> None:
    desk = desk_of(make_marketplace, MESSAGES_PER_DAY=2)
    customer = caller_of(desk, "customer", "customer-1")
    request = {"purchase_id": PURCHASE, "subject": "Another", "body": "It is another thing.", "shop_url": SHOP}
    assert customer.post("/support-requests", request).status_code == 201
    assert posts(customer).status_code == 200
    assert_too_many(customer.post("/support-requests", {**request, "subject": "A third"}))
    assert_too_many(posts(customer))
    assert len(desk.all(select(SupportRequest))) == 2


def test_a_repetition_of_the_same_call_is_answered_and_not_counted(make_marketplace: Opens) -> None:
    desk = desk_of(make_marketplace, CONVERSATION_MESSAGES_PER_DAY=1)
    customer = caller_of(desk, "customer", "customer-1")
    path = f"/support-requests/{REQUEST}/messages"
    assert [customer.post(path, {"body": WORDS}, key="one").status_code for _ in range(3)] == [200] * 3
    assert_too_many(customer.post(path, {"body": WORDS}, key="another"))
    assert_too_many(customer.post(path, {"body": WORDS}, key="another"))  # a key is free again after a 429.


def test_inspections_are_limited_by_page_and_api_together(make_marketplace: Opens) -> None:
    desk = desk_of(make_marketplace, CHECK_RATE_PER_MINUTE=2)
    set_up_purchase(desk, "purchase-2", customer_id="customer-2")
    before = len(desk.all(select(Inspection)))
    customer = browser_of(desk, "customer", "customer-1")
    customer.get(f"/support/new?purchase={PURCHASE}")
    assert customer.post("/support/new", kind="anomaly", subject="Empty", body=WORDS).status == 200
    check = {"purchase_id": PURCHASE, "shop_url": SHOP}
    machine = caller_of(desk, "customer", "customer-1")
    platform = caller_of(desk, "platform")
    assert machine.post("/eligibility", check).status_code == 202
    assert_too_many(machine.post("/eligibility", check))
    assert_too_many(platform.post("/eligibility", check))
    assert platform.post("/eligibility", {"purchase_id": "purchase-2", "shop_url": SHOP}).status_code == 202
    assert len(desk.all(select(Inspection))) == before + 3
