"""Business Care by the API: read, cancelled, enabled and reactivated by its holder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from ...support.api_callers import Caller, MakeCaller, idempotency_key, problem_of
from ...support.business_care import publish_renewal_cancelled, publish_renewal_enabled
from ...support.customers import (
    money,
    publish_customer,
    publish_dispute,
    publish_purchase,
    publish_refund,
    publish_renewal,
    set_up_purchase,
)
from ...support.marketplace import MARKETPLACE, OFFLINE, WITHDRAWN, Marketplace, sample
from ...support.recorded_statements import counting_queries

EXPIRED = "2024-06-15T10:00:00+02:00"
RENEWED_AT = "2027-03-02T23:00:00Z"
"""The renewal instant of what was bought on 2 March 2026: the end of 2 March 2027 in Paris."""


@pytest.fixture(autouse=True)
def _sold(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")


@pytest.fixture
def customer(calls: MakeCaller) -> Caller:
    return calls("customer", "customer-1")


@pytest.fixture
def platform(calls: MakeCaller) -> Caller:
    return calls("platform")


def shown(caller: Caller, purchase_id: str = "purchase-1") -> dict[str, Any]:
    answer = caller.get(f"/subscriptions/{purchase_id}")
    assert answer.status_code == 200, answer.text
    content: dict[str, Any] = answer.get_json()
    return content


def chooses(caller: Caller, enabled: bool, purchase_id: str = "purchase-1", **how: Any) -> Any:
    return caller.post(f"/subscriptions/{purchase_id}/renewal", {"enabled": enabled}, **how)


def reactivates(caller: Caller, purchase_id: str = "purchase-1", **how: Any) -> Any:
    return caller.post(f"/subscriptions/{purchase_id}/reactivation", **how)


def published(marketplace: Marketplace, name: str, purchase_id: str = "purchase-1") -> list[dict[str, Any]]:
    events = marketplace.outgoing(purchase_id, "purchase")
    return [event.data for event in events if event.type == f"subscription.{name}"]


def withdraws(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()


# --- what is seen


def test_a_running_business_care_shows_its_period_and_its_next_renewal_with_the_price(
    marketplace: Marketplace, customer: Caller
) -> None:
    set_up_purchase(marketplace)
    content = shown(customer)
    assert (content["state"], content["renews"], content["code"]) == ("active", True, "VALID")
    assert content["business_care"] == {"active": True, "last_day": "2027-03-02"}
    assert content["next_renewal"] == {
        "at": RENEWED_AT,
        "period_index": 2,
        "first_day": "2027-03-03",
        "last_day": "2028-03-02",
        "amount": money(3960),
        "listed_amount": money(3960),
    }
    [period] = content["periods"]
    assert (period["index"], period["kind"], period["payment"], period["amount"]) == (1, "purchase", "paid", None)
    assert (period["first_day"], period["last_day"]) == ("2026-03-02", "2027-03-02")
    assert (content["causes"], content["notice"], content["reactivation"]) == ([], None, None)


def test_the_next_renewal_costs_what_the_listing_asks_as_known_now(marketplace: Marketplace, customer: Caller) -> None:
    set_up_purchase(marketplace)
    listing = {**sample("product.upserted")["data"]["listing"], "published_at": "2026-03-02T09:20:00Z"}
    marketplace.publish("product.upserted", product_id="mod-1", price=money(10_001), listing=listing)
    marketplace.run_all_now()
    # 40 % of 100.01 is 40.004.
    assert shown(customer)["next_renewal"]["amount"] == money(4000)


def test_the_notice_is_shown_with_its_proof(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace, purchased_at="2025-05-01T10:00:00+02:00")
    marketplace.run_all_now()
    [sent] = published(marketplace, "renewal_notice_due")
    notice = shown(customer)["notice"]
    assert (notice["period_index"], notice["owed"], notice["timeliness"]) == (1, True, "in_time")
    assert (notice["window_first_day"], notice["window_last_day"]) == ("2026-02-01", "2026-04-01")
    assert notice["sent_at"] == "2026-03-02T09:30:00Z"
    [event] = [one for one in marketplace.outgoing("purchase-1", "purchase") if one.data == sent]
    assert notice["event_id"] == event.event_id


def test_an_expired_one_shows_what_it_costs_to_take_it_up_again(marketplace: Marketplace, customer: Caller) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED)
    content = shown(customer)
    assert (content["state"], content["renews"], content["next_renewal"]) == ("expired", False, None)
    assert content["business_care"] == {"active": False, "last_day": "2025-06-15"}
    # 40 % and 95 % of 99.00.
    assert content["reactivation"] == {
        "period_index": 2,
        "amount": money(13_365),
        "lines": [{"what": "period", "amount": money(3960)}, {"what": "supplement", "amount": money(9405)}],
    }


def test_every_period_is_shown_with_how_it_came_about(marketplace: Marketplace, customer: Caller) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED)
    publish_renewal(marketplace, "purchase-1", 2)
    periods = shown(customer)["periods"]
    assert [(one["index"], one["kind"], one["last_day"], one["amount"]) for one in periods] == [
        (1, "purchase", "2025-06-15", None),
        (2, "renewal", "2026-06-15", money(3960)),
    ]


@pytest.mark.parametrize("path", ["", "/renewal", "/reactivation"])
def test_other_peoples_and_unknown_ones_are_not_found(marketplace: Marketplace, calls: MakeCaller, path: str) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED)
    stranger = calls("customer", "customer-2")
    for purchase_id in ("purchase-1", "no-such"):
        if path == "":
            refused = stranger.get(f"/subscriptions/{purchase_id}")
        else:
            refused = stranger.post(f"/subscriptions/{purchase_id}{path}", {"enabled": False})
        assert problem_of(refused) == (404, "not_found")
    assert published(marketplace, "renewal_cancelled") == []


def test_a_free_product_has_no_business_care(marketplace: Marketplace, customer: Caller) -> None:
    marketplace.publish("product.upserted", product_id="gift", price=money(0))
    set_up_purchase(marketplace, product_id="gift", amount_cents=0)
    assert problem_of(customer.get("/subscriptions/purchase-1")) == (404, "no_business_care")
    assert problem_of(chooses(customer, False)) == (404, "no_business_care")
    assert problem_of(reactivates(customer)) == (404, "no_business_care")


@pytest.mark.parametrize(("role", "may_read"), [("seller", False), ("operator", True)])
def test_it_is_for_customers_and_the_platform_and_operators_read_it(
    marketplace: Marketplace, calls: MakeCaller, role: str, may_read: bool
) -> None:
    set_up_purchase(marketplace)
    caller = calls(role, "seller-1" if role == "seller" else None)
    assert caller.get("/subscriptions/purchase-1").status_code == (200 if may_read else 403)
    assert problem_of(chooses(caller, False)) == (403, "forbidden")
    assert problem_of(reactivates(caller)) == (403, "forbidden")


# --- cancelling and enabling


@pytest.mark.parametrize("role", ["customer", "platform"])
def test_a_cancelled_renewal_keeps_the_entitlement_to_the_end(
    marketplace: Marketplace, calls: MakeCaller, role: str
) -> None:
    set_up_purchase(marketplace)
    caller = calls(role, "customer-1" if role == "customer" else None)
    answer = chooses(caller, False)
    content = answer.get_json()
    assert (answer.status_code, content["renews"], content["code"]) == (200, False, "VALID_RENEWAL_CANCELLED")
    assert content["causes"] == [{"cause": "customer", "since": "2026-03-02T09:30:00Z", "lifted_at": None}]
    [confirmation] = published(marketplace, "renewal_cancelled")
    assert (confirmation["by"], confirmation["last_day"]) == ("customer", "2027-03-02")


def test_a_choice_reads_the_history_once_to_be_applied_and_once_to_be_shown(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    for enabled in (False, True):
        clock.shift(60)
        with counting_queries(marketplace) as queries:
            chooses(customer, enabled)
        assert sum("FROM mh_renewal_changes" in query.replace("\n", " ") for query in queries) == 2


def test_cancelling_twice_is_confirmed_once(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    first = chooses(customer, False).get_json()
    clock.shift(60)
    assert chooses(customer, False).get_json()["causes"] == first["causes"]
    assert len(published(marketplace, "renewal_cancelled")) == 1


@pytest.mark.parametrize("enabled", [False, True])
def test_a_choice_made_once_more_outlives_a_contrary_one_that_was_received_before_it_and_comes_later(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller, enabled: bool
) -> None:
    set_up_purchase(marketplace)
    chooses(customer, False)
    if enabled:
        clock.shift(60)
        chooses(customer, True)
    clock.shift(600)
    chooses(customer, enabled)
    contrary = publish_renewal_cancelled if enabled else publish_renewal_enabled
    contrary(marketplace, datetime.now(UTC) - timedelta(seconds=300))
    marketplace.run_all_now()
    assert shown(customer)["renews"] is enabled


def test_enabled_again_it_renews_again(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    chooses(customer, False)
    clock.shift(60)
    content = chooses(customer, True).get_json()
    assert (content["renews"], content["next_renewal"]["at"]) == (True, RENEWED_AT)
    clock.shift(60)
    chooses(customer, False)
    assert len(published(marketplace, "renewal_cancelled")) == 2


def test_a_repeated_call_under_one_key_is_carried_out_once(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED)
    key = idempotency_key()
    first = reactivates(customer, key=key)
    again = reactivates(customer, key=key)
    assert first.get_json() == again.get_json()
    assert len(published(marketplace, "reactivation_due")) == 1
    assert problem_of(chooses(customer, False, key=idempotency_key())) == (409, "does_not_run")


def test_a_withdrawal_is_no_business_of_the_customers(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    chooses(customer, False)
    withdraws(marketplace)
    clock.shift(60)
    content = chooses(customer, True).get_json()
    assert content["renews"] is False
    assert {one["cause"]: one["lifted_at"] is None for one in content["causes"]} == {
        "customer": False,
        "withdrawal": True,
    }
    refused = chooses(customer, True)
    assert problem_of(refused) == (409, "product_withdrawn")
    assert (refused.get_json()["state"], refused.get_json()["asked"]) == (WITHDRAWN, "online")


def test_after_a_reinstatement_nothing_revives_until_the_customer_says_so(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    withdraws(marketplace)
    clock.shift(60)
    marketplace.publish("product.reinstated", product_id="mod-1")
    marketplace.run_all_now()
    assert shown(customer)["renews"] is False
    clock.shift(60)
    assert chooses(customer, True).get_json()["renews"] is True


@pytest.mark.parametrize("end", ["expired", "refunded"])
def test_what_does_not_run_cannot_be_cancelled(marketplace: Marketplace, customer: Caller, end: str) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED if end == "expired" else None)
    if end == "refunded":
        publish_refund(marketplace, "purchase-1")
    refused = chooses(customer, False)
    assert problem_of(refused) == (409, "does_not_run")
    assert refused.get_json()["state"] == {"expired": "expired", "refunded": "ended"}[end]


@pytest.mark.parametrize("body", [{}, {"enabled": "no"}, {"enabled": None}])
def test_a_choice_must_be_said_plainly(marketplace: Marketplace, customer: Caller, body: dict[str, Any]) -> None:
    set_up_purchase(marketplace)
    assert problem_of(customer.post("/subscriptions/purchase-1/renewal", body)) == (422, "payload_rejected")


# --- taking it up again


def test_the_platform_is_told_to_charge_and_the_answer_says_the_same(
    marketplace: Marketplace, customer: Caller
) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED)
    answer = reactivates(customer)
    assert answer.status_code == 202
    [due] = published(marketplace, "reactivation_due")
    assert due["idempotency_key"] == "purchase-1:2"
    assert (due["amount"], due["customer_id"], due["product_id"]) == (money(13_365), "customer-1", "mod-1")
    assert sum(line["amount"]["amount_cents"] for line in due["lines"]) == 13_365
    assert answer.get_json() == {key: due[key] for key in answer.get_json()}
    assert shown(customer)["state"] == "expired"


def test_once_it_is_paid_it_runs_from_that_day(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED)
    asked = reactivates(customer).get_json()
    clock.shift(timedelta(days=2))
    marketplace.publish(
        "subscription.reactivated",
        purchase_id="purchase-1",
        period_index=asked["period_index"],
        amount=asked["amount"],
        charge_id="ch-1",
        occurred_at=datetime.now(UTC).isoformat(),
        final=False,
    )
    marketplace.run_all_now()
    content = shown(customer)
    assert (content["state"], content["business_care"]["last_day"]) == ("active", "2027-03-04")
    assert problem_of(reactivates(customer)) == (409, "not_expired")


def test_asked_again_it_has_the_same_key(marketplace: Marketplace, customer: Caller) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED)
    assert reactivates(customer).get_json()["idempotency_key"] == reactivates(customer).get_json()["idempotency_key"]


def test_what_runs_cannot_be_taken_up(marketplace: Marketplace, customer: Caller) -> None:
    set_up_purchase(marketplace)
    refused = reactivates(customer)
    assert problem_of(refused) == (409, "not_expired")
    assert (refused.get_json()["state"], refused.get_json()["asked"]) == ("active", "active")


def test_a_withdrawn_product_cannot_be_taken_up_but_a_hidden_one_can(
    marketplace: Marketplace, customer: Caller
) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED)
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE)
    marketplace.run_all_now()
    assert reactivates(customer).status_code == 202
    withdraws(marketplace)
    refused = reactivates(customer)
    assert problem_of(refused) == (409, "product_withdrawn")
    assert (refused.get_json()["state"], refused.get_json()["asked"]) == (WITHDRAWN, "online")
    assert shown(customer)["reactivation"] is None
    assert len(published(marketplace, "reactivation_due")) == 1


def test_nobody_pays_for_what_a_dispute_keeps_closed(marketplace: Marketplace, customer: Caller) -> None:
    set_up_purchase(marketplace, purchased_at=EXPIRED)
    publish_dispute(marketplace, "purchase-1")
    assert problem_of(reactivates(customer)) == (409, "payment_disputed")


def test_a_cancelled_one_can_be_taken_up_from_its_very_end(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace, purchased_at="2025-03-05T10:00:00+01:00")
    chooses(customer, False)
    clock.move_to(datetime(2026, 3, 5, 22, 59, tzinfo=UTC))
    assert problem_of(reactivates(customer)) == (409, "not_expired")
    clock.move_to(datetime(2026, 3, 5, 23, 0, tzinfo=UTC))
    assert reactivates(customer).status_code == 202


def test_a_renewal_that_is_awaited_is_not_offered_for_reactivation(
    marketplace: Marketplace, customer: Caller, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace, purchased_at="2025-03-05T10:00:00+01:00")
    clock.move_to(datetime(2026, 3, 5, 23, 0, 1, tzinfo=UTC))
    assert (shown(customer)["code"], shown(customer)["reactivation"]) == ("PAYMENT_PENDING", None)
    assert problem_of(reactivates(customer)) == (409, "not_expired")


# --- what was bought


def test_a_customer_sees_what_was_bought_with_its_business_care(marketplace: Marketplace, customer: Caller) -> None:
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    set_up_purchase(marketplace, "running")
    set_up_purchase(marketplace, "over", purchased_at=EXPIRED, product_id="mod-2", shop_url=None, pack_id="pack-1")
    set_up_purchase(marketplace, "theirs", customer_id="customer-2")
    chooses(customer, False, "running")
    items = customer.get("/purchases").get_json()["items"]
    assert [one["purchase_id"] for one in items] == ["over", "running"]
    over, running = items
    assert (running["state"], running["code"], running["renews"]) == ("active", "VALID_RENEWAL_CANCELLED", False)
    assert running["business_care"] == {"active": True, "last_day": "2027-03-02"}
    assert (over["state"], over["code"], over["renews"], over["remedy"]) == ("expired", "EXPIRED", None, "reactivate")
    assert (over["pack_id"], over["product_id"], over["price_paid"]) == ("pack-1", "mod-2", money(9900))
    assert running["title"] == {"fr": "Galerie Lumen", "en": "Lumen Gallery"}


def test_a_free_product_is_shown_without_business_care(marketplace: Marketplace, customer: Caller) -> None:
    marketplace.publish("product.upserted", product_id="gift", price=money(0))
    set_up_purchase(marketplace, product_id="gift", amount_cents=0)
    [item] = customer.get("/purchases").get_json()["items"]
    assert (item["state"], item["renews"], item["code"]) == (None, None, "NOT_FOUND")


def test_purchases_are_read_by_pages(marketplace: Marketplace, customer: Caller) -> None:
    publish_customer(marketplace)
    for number in range(5):
        publish_purchase(marketplace, f"p-{number}")
    marketplace.run_all_now()
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = customer.get("/purchases", query_string=query).get_json()
        seen += [one["purchase_id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [f"p-{number}" for number in range(5)]


def test_the_platform_says_whose_purchases_it_wants(
    marketplace: Marketplace, platform: Caller, calls: MakeCaller
) -> None:
    set_up_purchase(marketplace)
    of_customer = platform.get("/purchases", query_string={"customer_id": "customer-1"}).get_json()["items"]
    assert [one["purchase_id"] for one in of_customer] == ["purchase-1"]
    assert problem_of(platform.get("/purchases")) == (422, "payload_rejected")
    stranger = calls("customer", "customer-2")
    assert stranger.get("/purchases", query_string={"customer_id": "customer-1"}).get_json()["items"] == []
    assert problem_of(calls("seller", "seller-1").get("/purchases")) == (403, "forbidden")
