"""A refund claim from the signed event to the API, the pages and the outgoing event, `rules.md` 17."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from ...support.api_callers import Caller, MakeCaller, problem_of
from ...support.customers import SHOP, money, publish_release
from ...support.marketplace import Marketplace
from ...support.page_client import browser_of
from ...support.support_desk import FIX, PURCHASE, REQUEST, due, now, set_up_request, set_up_support

PATH = f"/support-requests/{REQUEST}"
ASK = {"action": "request", "text": "The fix never came."}


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """Bought for 99.00 on 2 March 2026; the fix was missed at the end of 13 April."""
    set_up_support(marketplace)
    clock.shift(timedelta(hours=1))
    set_up_request(marketplace)
    clock.move_to(due(marketplace, FIX))
    marketplace.run_all_now()
    return marketplace


def give_back(desk: Marketplace, cents: int, **more: Any) -> tuple[str, str | None]:
    """Publish a refund; return what became of the event."""
    data = {"request_id": None, "refund_id": None, "refunded_at": now(), **more}
    event = desk.publish("purchase.refunded", purchase_id=PURCHASE, amount=money(cents), **data)
    desk.run_all_now()
    return desk.state_and_outcome(event)


def refund(operator: Caller) -> Mapping[str, Any]:
    found: Mapping[str, Any] = operator.get(PATH).get_json()["refund"]
    return found


def state_and_owed(operator: Caller) -> tuple[str, int]:
    found = refund(operator)
    return found["state"], found["owed"]["amount_cents"]


def events(desk: Marketplace, name: str) -> list[Mapping[str, Any]]:
    return [one.data for one in desk.outgoing(REQUEST, "support_request") if one.type == f"support_request.{name}"]


def code(operator: Caller) -> str:
    found: str = operator.get(f"/entitlements?purchase_id={PURCHASE}&shop_url={SHOP}").get_json()["code"]
    return found


def test_one_euro_settles_one_euro_whichever_request_it_names(desk: Marketplace, operator: Caller) -> None:
    give_back(desk, 100, request_id=REQUEST)
    assert (state_and_owed(operator), code(operator)) == (("due", 9800), "VALID")
    give_back(desk, 3900)
    assert state_and_owed(operator) == ("due", 5900)
    assert operator.post(f"{PATH}/refund", ASK).status_code == 200
    assert events(desk, "refund_requested")[-1]["amount"] == money(5900)
    give_back(desk, 5899)
    assert (state_and_owed(operator), code(operator), events(desk, "refund_settled")) == (("requested", 1), "VALID", [])
    give_back(desk, 1, request_id="another")
    assert (state_and_owed(operator), code(operator)) == (("refunded", 0), "REFUNDED")
    [settled] = events(desk, "refund_settled")
    assert (settled["amount"], settled["given_back"]) == (money(0), money(9900))


def test_the_same_refund_id_is_one_refund_and_another_is_another(desk: Marketplace, operator: Caller) -> None:
    at = now()
    give_back(desk, 3000, refund_id="re-1")
    assert give_back(desk, 3000, refund_id="re-1", refunded_at=at) == ("applied", "no_effect")
    give_back(desk, 3000, refund_id="re-2", refunded_at=at)
    give_back(desk, 3000, refund_id="re-3", refunded_at=at)
    assert state_and_owed(operator) == ("due", 900)
    assert [one["refund_id"] for one in refund(operator)["given_back"]] == ["re-1", "re-2", "re-3"]


def test_a_dispute_that_was_lost_counts_as_given_back(desk: Marketplace, operator: Caller) -> None:
    desk.publish("purchase.disputed", purchase_id=PURCHASE, disputed_at=now(), amount=money(9900))
    desk.run_all_now()
    assert state_and_owed(operator) == ("due", 9900)
    desk.publish("purchase.dispute_closed", purchase_id=PURCHASE, outcome="lost", closed_at=now())
    desk.run_all_now()
    assert state_and_owed(operator) == ("refunded", 0)
    assert [one["what"] for one in refund(operator)["given_back"]] == ["dispute_lost"]


def test_what_is_given_back_beyond_the_price_is_published_and_shown_to_an_operator(
    desk: Marketplace, operator: Caller
) -> None:
    give_back(desk, 9900)
    assert "purchase.over_refunded" not in desk.published_types(PURCHASE, "purchase")
    give_back(desk, 2500)
    assert desk.published_types(PURCHASE, "purchase").count("purchase.over_refunded") == 1
    assert refund(operator)["excess"] == money(2500)
    page = browser_of(desk, "operator", "odette").get("/operator/refunds").visible_text
    assert "Refunded beyond the price paid" in page
    assert "€25.00" in page


def test_what_is_owed_on_the_day_is_requested_by_itself(
    desk: Marketplace, operator: Caller, clock: time_machine.Traveller
) -> None:
    give_back(desk, 3300)
    clock.move_to(datetime(2026, 4, 17, tzinfo=UTC))
    desk.run_all_now()
    assert state_and_owed(operator) == ("requested", 6600)
    assert [one["amount"] for one in events(desk, "refund_requested")] == [money(6600)]


def test_the_optional_period_is_a_line_of_the_claim_and_no_over_refund(desk: Marketplace, operator: Caller) -> None:
    """The first year is in the price: without a period that was paid, the operator's choice adds nothing."""
    operator.post(f"{PATH}/refund", {**ASK, "with_period": True})
    assert (state_and_owed(operator), refund(operator)["total"]) == (("requested", 9900), money(9900))


def test_every_side_reads_the_ledger(desk: Marketplace) -> None:
    give_back(desk, 4000)
    for role, subject, page in (
        ("customer", "customer-1", f"/support/{REQUEST}"),
        ("seller", "seller-1", f"/seller/requests/{REQUEST}"),
        ("operator", "odette", f"/operator/requests/{REQUEST}"),
    ):
        text = browser_of(desk, role, subject).get(page).visible_text
        for words in ("Price paid for the product", "€99.00", "€40.00", "Still owed", "€59.00"):
            assert words in text, (role, words)
    assert "€59.00" in browser_of(desk, "seller", "seller-1").get("/seller/refunds").visible_text


def test_of_a_lapsed_claim_nothing_is_owed_on_any_side(desk: Marketplace, operator: Caller, calls: MakeCaller) -> None:
    calls("customer", "customer-1").post(f"{PATH}/refund", {"action": "defer"})
    publish_release(desk, fixes=[REQUEST])
    desk.run_all_now()
    assert state_and_owed(operator) == ("lapsed", 0)
    assert refund(operator)["amount"] == money(0)
    for role, subject, page in (
        ("customer", "customer-1", f"/support/{REQUEST}"),
        ("seller", "seller-1", f"/seller/requests/{REQUEST}"),
        ("operator", "odette", f"/operator/requests/{REQUEST}"),
        ("customer", "customer-1", f"/support/{REQUEST}/file"),
        ("seller", "seller-1", "/seller/refunds?state=all"),
    ):
        text = browser_of(desk, role, subject).get(page).visible_text
        assert "Still owed" not in text, page
        assert "still owed:" not in text, page
        assert "Refund: €99.00" not in text, page
    assert "No refund is owed" in browser_of(desk, "customer", "customer-1").get(f"/support/{REQUEST}").visible_text


def test_a_customer_who_withdraws_the_request_reads_that_the_refund_stays_due(
    desk: Marketplace, operator: Caller
) -> None:
    browser = browser_of(desk, "customer", "customer-1")
    page = browser.get(f"/support/{REQUEST}").visible_text
    assert "The seller no longer owes you anything" not in page
    assert "The refund you are owed remains due." in page
    browser.post(f"/support/{REQUEST}/withdraw")
    assert state_and_owed(operator) == ("due", 9900)


def test_an_operator_says_why_the_refund_is_requested(desk: Marketplace, operator: Caller) -> None:
    answer = operator.post(f"{PATH}/refund", {"action": "request", "text": " \u200b"})
    assert problem_of(answer) == (422, "text_says_nothing")
    assert state_and_owed(operator) == ("due", 9900)


def test_only_the_customer_prefers_the_fix(desk: Marketplace, operator: Caller, calls: MakeCaller) -> None:
    assert operator.post(f"{PATH}/refund", {"action": "defer"}).status_code == 403
    assert state_and_owed(operator) == ("due", 9900)
    assert calls("platform").post(f"{PATH}/refund", {"action": "defer"}).status_code == 200


def test_a_deferred_refund_says_its_new_date_and_is_asked_for_again(
    desk: Marketplace, operator: Caller, calls: MakeCaller
) -> None:
    customer = calls("customer", "customer-1")
    assert customer.get(PATH).get_json()["refund"]["fix_by_if_deferred"] == "2026-05-26"
    assert customer.post(f"{PATH}/refund", {"action": "request"}).status_code == 403
    body = customer.post(f"{PATH}/refund", {"action": "defer"}).get_json()
    assert (body["refund"]["state"], body["clocks"]["second_fix"]["last_day"]) == ("deferred", "2026-05-26")
    assert (body["clocks"]["fix"]["state"], body["clocks"]["second_fix"]["state"]) == ("missed", "running")
    [deferred] = events(desk, "refund_deferred")
    assert (deferred["last_day"], deferred["amount"]) == ("2026-05-26", money(9900))
    give_back(desk, 3100)
    assert state_and_owed(operator) == ("deferred", 6800)
    body = customer.post(f"{PATH}/refund", {"action": "request"}).get_json()
    assert (body["refund"]["state"], body["refund"]["amount"]) == ("requested", money(6800))
