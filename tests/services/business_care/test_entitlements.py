"""Who is entitled now, or was at an instant: the published cases, lived through the database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select, text

from marketplace_hooks.database.types import Base
from marketplace_hooks.domain.business_care.entitlement import Entitlement
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter

from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    HOUR,
    MINUTE,
    PURCHASE,
    SECOND,
    check_entitlement,
    code_of,
    instant,
    publish_charge,
    publish_renewal_cancelled,
    publish_renewal_enabled,
    run_until,
    subscription,
)
from ...support.cases import case_id, cases
from ...support.customers import SHOP, money, publish_customer, publish_purchase, publish_refund, set_up_purchase
from ...support.marketplace import OFFLINE, WITHDRAWN, Marketplace

BOUGHT = instant("2026-03-02T10:30:00+01:00")
RENEWAL = instant("2027-03-03T00:00:00+01:00")


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")


# --- the published cases


def live_through(marketplace: Marketplace, clock: time_machine.Traveller, case: dict[str, Any]) -> None:
    """Buy on the first day, have each period claimed and paid as the case says, and tell the rest when it happens."""
    facts = case["purchase"]
    at = instant(case["request_at"])
    first, *others = facts["periods"]
    clock.move_to(instant(f"{first['first_day']}T12:00:00+02:00"))
    set_up_purchase(marketplace, product_id=facts["product"], shop_url=facts["shop"])
    if case["product_state"] == "offline_permanent":
        run_until(marketplace, clock, instant(facts["renewal_cancelled_at"]))
        marketplace.change_status(facts["product"], WITHDRAWN)
    for period in others:
        run_until(marketplace, clock, subscription(marketplace).renewal_at + CLAIM_DELAY)
        if period["payment"] == "paid":
            publish_charge(marketplace, "renewed")
    for fact, publish in (("renewal_cancelled_at", publish_renewal_cancelled), ("refunded_at", gives_back)):
        if fact in facts and case["product_state"] == "online":
            run_until(marketplace, clock, max(instant(facts[fact]), datetime.now(UTC)))
            publish(marketplace, instant(facts[fact]))
    run_until(marketplace, clock, max(at, datetime.now(UTC)))


def gives_back(marketplace: Marketplace, at: datetime) -> str:
    data = {"refunded_at": at.isoformat(), "amount": money(9900), "request_id": None}
    return marketplace.publish("purchase.refunded", purchase_id=PURCHASE, **data)


@pytest.mark.parametrize("case", cases("entitlements"), ids=case_id)
def test_worked_case(marketplace: Marketplace, clock: time_machine.Traveller, case: dict[str, Any]) -> None:
    about = PurchaseFilter(customer_id="customer-1", product_id=case["product"])
    if case["purchase"] is not None:
        live_through(marketplace, clock, case)
        about = PurchaseFilter(purchase_id=PURCHASE)
    at = instant(case["request_at"])
    found = check_entitlement(marketplace, at, site=case["shop"], about=about, product=case["product"])
    assert shown(found) == case["expected"]
    if datetime.now(UTC) == at:
        now = check_entitlement(marketplace, site=case["shop"], about=about, product=case["product"])
        assert shown(now) == case["expected"]


def shown(found: Entitlement) -> dict[str, Any]:
    return {"valid": found.valid, "code": found.code.value, "detail": found.detail}


# --- whose


def test_other_people_s_purchases_are_not_found(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    answers = {
        "own": code_of(marketplace, about=PurchaseFilter(purchase_id=PURCHASE, customer_id="customer-1")),
        "another customer's": code_of(
            marketplace, about=PurchaseFilter(purchase_id=PURCHASE, customer_id="customer-2")
        ),
        "the seller's": code_of(marketplace, about=PurchaseFilter(purchase_id=PURCHASE, seller_id="seller-1")),
        "another seller's": code_of(marketplace, about=PurchaseFilter(purchase_id=PURCHASE, seller_id="seller-2")),
        "unknown": code_of(marketplace, about=PurchaseFilter(purchase_id="purchase-2")),
    }
    assert answers == {
        "own": "VALID",
        "another customer's": "NOT_FOUND",
        "the seller's": "VALID",
        "another seller's": "NOT_FOUND",
        "unknown": "NOT_FOUND",
    }


def test_of_several_purchases_the_code_latest_in_precedence_answers(marketplace: Marketplace) -> None:
    for number, shop in enumerate(("https://a.example", SHOP, None), start=1):
        set_up_purchase(marketplace, f"purchase-{number}", shop_url=shop)
    about = PurchaseFilter(customer_id="customer-1", product_id="mod-1")
    assert check_entitlement(marketplace, about=about).purchase_id == "purchase-2"
    publish_refund(marketplace, "purchase-2")
    assert code_of(marketplace, about=about) == "SHOP_SCOPE_MISMATCH"
    assert code_of(marketplace, about=about, site="https://a.example") == "VALID"
    publish_refund(marketplace, "purchase-1")
    assert code_of(marketplace, about=about) == "SHOP_NOT_BOUND"
    publish_refund(marketplace, "purchase-3")
    assert code_of(marketplace, about=about) == "REFUNDED"


def test_a_purchase_of_another_product_is_not_taken_for_this_one(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    assert code_of(marketplace, product="mod-2") == "PRODUCT_SCOPE_MISMATCH"
    assert code_of(marketplace, about=PurchaseFilter(customer_id="customer-1", product_id="mod-2")) == "NOT_FOUND"


# --- what is told beside the code


def test_the_last_day_and_the_remedy_follow_the_business_care(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    publish_renewal_cancelled(marketplace, BOUGHT)
    marketplace.run_all_now()
    running = check_entitlement(marketplace, site="https://elsewhere.example")
    assert (running.active, str(running.last_day), running.remedy) == (True, "2027-03-02", "change_shop")
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    over = check_entitlement(marketplace)
    assert (over.active, str(over.last_day), over.remedy) == (False, "2027-03-02", "reactivate")


def test_while_a_payment_is_pending_nothing_is_offered_for_reactivation(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    for at in (RENEWAL, RENEWAL + CLAIM_DELAY, RENEWAL + 20 * DAY):
        run_until(marketplace, clock, at)
        found = check_entitlement(marketplace)
        assert (found.code, found.remedy, found.active) == ("PAYMENT_PENDING", "wait_for_payment", False)


def test_what_ended_with_its_product_cannot_be_reactivated(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    marketplace.change_status("mod-1", WITHDRAWN)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert (code_of(marketplace), check_entitlement(marketplace).remedy) == ("EXPIRED", None)


@pytest.mark.parametrize("status", [OFFLINE, WITHDRAWN])
def test_a_product_that_vanishes_takes_no_entitlement(marketplace: Marketplace, status: str) -> None:
    set_up_purchase(marketplace)
    marketplace.change_status("mod-1", status)
    marketplace.run_all_now()
    assert check_entitlement(marketplace).valid


def test_a_purchase_of_tomorrow_has_not_started(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    """A platform whose clock runs a few minutes fast tells it just before midnight."""
    midnight = instant("2026-03-03T00:00:00+01:00")
    clock.move_to(midnight - 2 * MINUTE)
    set_up_purchase(marketplace, purchased_at=(midnight + MINUTE).isoformat())
    assert code_of(marketplace) == "NOT_STARTED"
    clock.shift(3 * MINUTE)
    assert code_of(marketplace) == "VALID"


def test_a_purchase_of_a_day_to_come_is_rejected(marketplace: Marketplace) -> None:
    publish_customer(marketplace)
    event = publish_purchase(marketplace, purchased_at=(BOUGHT + DAY).isoformat())
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert code_of(marketplace) == "NOT_FOUND"


# --- the past


def test_the_past_is_judged_by_what_stood_then(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    clock.shift(10 * DAY)
    publish_renewal_cancelled(marketplace, BOUGHT + 2 * DAY)
    publish_renewal_enabled(marketplace, BOUGHT + 4 * DAY)
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    clock.shift(DAY)
    gives_back(marketplace, BOUGHT + 11 * DAY)
    marketplace.run_all_now()
    days = {day: code_of(marketplace, BOUGHT + day * DAY) for day in (0, 1, 2, 3, 4, 9, 10, 11)}
    assert days == {
        0: "VALID",
        1: "VALID",
        2: "VALID_RENEWAL_CANCELLED",
        3: "VALID_RENEWAL_CANCELLED",
        4: "VALID",
        9: "VALID",
        10: "VALID_RENEWAL_CANCELLED",
        11: "REFUNDED",
    }
    assert code_of(marketplace, BOUGHT - DAY) == "NOT_STARTED"


def test_the_past_of_a_renewed_care_is_its_periods(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    clock.shift(HOUR)
    publish_charge(marketplace, "renewed")
    clock.shift(HOUR)
    marketplace.run_all_now()
    paid_at = RENEWAL + CLAIM_DELAY + HOUR
    past = [code_of(marketplace, at) for at in (RENEWAL - SECOND, RENEWAL, paid_at - SECOND, paid_at)]
    assert past == ["VALID", "PAYMENT_PENDING", "PAYMENT_PENDING", "VALID"]
    assert check_entitlement(marketplace, RENEWAL - SECOND).last_day != check_entitlement(marketplace, paid_at).last_day


# --- it only reads


def test_asking_writes_nothing(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    publish_customer(marketplace)
    publish_purchase(marketplace)
    marketplace.run_all_now()
    before = everything(marketplace)
    for site in (SHOP, None, "https://dev.shop.example", "not a site"):
        check_entitlement(marketplace, site=site)
        check_entitlement(marketplace, BOUGHT, site=site)
    assert everything(marketplace) == before


def everything(marketplace: Marketplace) -> dict[str, list[Any]]:
    with marketplace.runtime.database.read_session() as session:
        return {
            table.name: list(session.execute(select(text("*")).select_from(table)).all())
            for table in Base.metadata.sorted_tables
            if session.scalar(select(func.count()).select_from(table))
        }
