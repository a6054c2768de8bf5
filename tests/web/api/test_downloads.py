"""Downloads by the API: what is offered and why not, and the link that the file host accepts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from werkzeug.test import TestResponse

from marketplace_hooks.domain.releases.signed_links import signed_link
from marketplace_hooks.services.access import tokens

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.customers import (
    money,
    publish_customer,
    publish_dispute,
    publish_purchase,
    publish_refund,
    publish_release,
    set_up_purchase,
)
from ...support.marketplace import OFFLINE, WITHDRAWN, Marketplace

SECRET = "00112233445566778899aabbccddeeff"


@pytest.fixture
def marketplace(make_marketplace: Any, clock: time_machine.Traveller) -> Marketplace:
    """One that can sign links."""
    shop: Marketplace = make_marketplace(DOWNLOAD_SECRET=SECRET)
    shop.publish_products("mod-1", "mod-2")
    return shop


@pytest.fixture
def customer(calls: MakeCaller) -> Caller:
    return calls("customer", "customer-1")


def day(text: str) -> str:
    return f"{text}T09:00:00Z"


def offered(customer: Caller, purchase_id: str = "purchase-1", **query: Any) -> list[tuple[str, str, bool]]:
    answer = customer.get(f"/purchases/{purchase_id}/downloads", query_string=query)
    assert answer.status_code == 200, answer.text
    return [(one["release_id"], one["reason"], one["available"]) for one in answer.get_json()["items"]]


def link(customer: Caller, release_id: str, purchase_id: str = "purchase-1") -> TestResponse:
    return customer.get(f"/downloads/{release_id}", query_string={"purchase_id": purchase_id})


def test_every_published_release_is_listed_with_the_reason_the_newest_first(
    marketplace: Marketplace, customer: Caller
) -> None:
    set_up_purchase(marketplace, purchased_at=day("2024-06-15"))
    publish_release(marketplace, "early", published_at=day("2024-01-10"))
    publish_release(marketplace, "during", published_at=day("2024-09-10"))
    publish_release(marketplace, "after", published_at=day("2025-09-10"))
    publish_release(marketplace, "paid", published_at=day("2025-10-10"), kind="paid", price=money(2900))
    publish_release(marketplace, "later", published_at=day("2026-04-01"))
    publish_release(marketplace, "other", published_at=day("2025-01-01"), product_id="mod-2")
    marketplace.run_all_now()
    assert offered(customer) == [
        ("paid", "not_bought", False),
        ("after", "business_care_over", False),
        ("during", "available", True),
        ("early", "business_care_over", False),
    ]
    items = customer.get("/purchases/purchase-1/downloads").get_json()["items"]
    assert [one["remedy"] for one in items] == ["buy", "reactivate", None, "reactivate"]
    assert (items[0]["price"], items[1]["price"]) == (money(2900), None)


@pytest.mark.parametrize("status", [OFFLINE, WITHDRAWN])
def test_an_active_business_care_opens_everything_free_though_the_product_is_gone(
    marketplace: Marketplace, customer: Caller, status: str
) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace, "early", published_at=day("2024-01-10"))
    marketplace.change_status("mod-1", status)
    publish_release(marketplace, "new")
    marketplace.run_all_now()
    assert offered(customer) == [("new", "available", True), ("early", "available", True)]


def test_nothing_is_there_to_reactivate_of_a_withdrawn_product(marketplace: Marketplace, customer: Caller) -> None:
    set_up_purchase(marketplace, purchased_at=day("2024-06-15"))
    publish_release(marketplace, "after", published_at=day("2025-09-10"))
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    [item] = customer.get("/purchases/purchase-1/downloads").get_json()["items"]
    assert (item["reason"], item["remedy"]) == ("business_care_over", None)


@pytest.mark.parametrize(("end", "reason"), [(publish_refund, "refunded"), (publish_dispute, "payment_disputed")])
def test_a_payment_that_is_gone_opens_nothing(
    marketplace: Marketplace, customer: Caller, end: Any, reason: str
) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace)
    end(marketplace, "purchase-1")
    assert offered(customer) == [("release-1", reason, False)]
    assert problem_of(link(customer, "release-1")) == (403, reason)


def test_a_paid_release_opens_with_its_purchase(marketplace: Marketplace, customer: Caller) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace, "paid", kind="paid")
    marketplace.run_all_now()
    refused = link(customer, "paid")
    assert problem_of(refused) == (403, "not_bought")
    assert refused.get_json()["remedy"] == "buy"
    purchase = {"release_id": "paid", "purchase_id": "purchase-1", "amount": money(2900)}
    marketplace.publish("release.purchased", purchased_at=datetime.now(UTC).isoformat(), **purchase)
    marketplace.run_all_now()
    assert link(customer, "paid").status_code == 302


def test_the_link_is_signed_good_for_five_minutes_and_kept_by_nobody(
    marketplace: Marketplace, customer: Caller
) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace, download_url="https://files.example/a.zip?build=7")
    marketplace.run_all_now()
    answer = link(customer, "release-1")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
    location = answer.headers["Location"]
    assert location == signed_link("https://files.example/a.zip?build=7", bytes.fromhex(SECRET), datetime.now(UTC))
    query = parse_qs(urlsplit(location).query)
    assert query["build"] == ["7"]
    assert int(query["expires"][0]) == int((datetime.now(UTC) + timedelta(minutes=5)).timestamp())


@pytest.mark.parametrize(
    ("release_id", "purchase_id"),
    [("unknown", "purchase-1"), ("other", "purchase-1"), ("later", "purchase-1"), ("release-1", "theirs")],
)
def test_what_is_not_the_customers_or_not_there_yet_is_not_found(
    marketplace: Marketplace, customer: Caller, release_id: str, purchase_id: str
) -> None:
    set_up_purchase(marketplace)
    set_up_purchase(marketplace, "theirs", customer_id="customer-2")
    publish_release(marketplace)
    publish_release(marketplace, "other", product_id="mod-2")
    publish_release(marketplace, "later", published_at=day("2026-04-01"))
    marketplace.run_all_now()
    assert problem_of(link(customer, release_id, purchase_id)) == (404, "not_found")
    assert problem_of(customer.get("/purchases/theirs/downloads")) == (404, "not_found")


def test_without_a_secret_nothing_is_signed_and_it_says_so(make_marketplace: Any, marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace)
    marketplace.run_all_now()
    bare = make_marketplace()
    _, text = tokens.create(bare.runtime, "customer", subject="customer-1")
    caller = Caller(bare.app, {"Authorization": f"Bearer {text}"})
    assert problem_of(link(caller, "release-1")) == (503, "not_configured")
    assert offered(caller) == [("release-1", "available", True)]


def test_long_lists_are_read_by_cursor(marketplace: Marketplace, customer: Caller) -> None:
    publish_customer(marketplace)
    publish_purchase(marketplace)
    for number in range(5):
        publish_release(marketplace, f"r-{number}", published_at=day("2026-01-01" if number < 3 else "2026-02-01"))
    marketplace.run_all_now()
    seen = []
    cursor = None
    for _ in range(3):
        page = customer.get(
            "/purchases/purchase-1/downloads", query_string={"limit": 2, **cursor_of(cursor)}
        ).get_json()
        seen += [one["release_id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == (["r-4", "r-3", "r-2", "r-1", "r-0"], None)
    bad = customer.get("/purchases/purchase-1/downloads", query_string={"cursor": "ZG93bmxvYWRzOng"})
    assert problem_of(bad) == (400, "cursor_malformed")


def cursor_of(cursor: str | None) -> dict[str, str]:
    return {} if cursor is None else {"cursor": cursor}


@pytest.mark.parametrize("role", ["seller", "operator", "platform"])
def test_downloads_are_for_customers(calls: MakeCaller, marketplace: Marketplace, role: str) -> None:
    caller = calls(role, "seller-1" if role == "seller" else None)
    assert problem_of(caller.get("/purchases/purchase-1/downloads")) == (403, "forbidden")
    assert problem_of(link(caller, "release-1")) == (403, "forbidden")
