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
    PURCHASE,
    SECOND,
    asked,
    cancels,
    charged,
    code,
    enables,
    instant,
    live_until,
    subscription,
)
from ...support.cases import case_id, cases
from ...support.customers import SHOP, buys, holds, is_described, is_refunded, money
from ...support.marketplace import OFFLINE, WITHDRAWN, Marketplace

BOUGHT = instant("2026-03-02T10:30:00+01:00")
RENEWAL = instant("2027-03-03T00:00:00+01:00")


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.sells("mod-1", "mod-2")


# --- the published cases


def live_through(marketplace: Marketplace, clock: time_machine.Traveller, case: dict[str, Any]) -> None:
    """Buy on the first day, have each period claimed and paid as the case says, and tell the rest when it happens."""
    facts = case["purchase"]
    at = instant(case["request_at"])
    first, *others = facts["periods"]
    clock.move_to(instant(f"{first['first_day']}T12:00:00+02:00"))
    holds(marketplace, product_id=facts["product"], shop_url=facts["shop"])
    if case["product_state"] == "offline_permanent":
        live_until(marketplace, clock, instant(facts["renewal_cancelled_at"]))
        marketplace.change(facts["product"], WITHDRAWN)
    for period in others:
        live_until(marketplace, clock, subscription(marketplace).renewal_at + CLAIM_DELAY)
        if period["payment"] == "paid":
            charged(marketplace, "renewed")
    for fact, tell in (("renewal_cancelled_at", cancels), ("refunded_at", gives_back)):
        if fact in facts and case["product_state"] == "online":
            live_until(marketplace, clock, max(instant(facts[fact]), datetime.now(UTC)))
            tell(marketplace, instant(facts[fact]))
    live_until(marketplace, clock, max(at, datetime.now(UTC)))


def gives_back(marketplace: Marketplace, at: datetime) -> str:
    said = {"refunded_at": at.isoformat(), "amount": money(9900), "request_id": None}
    return marketplace.publish("purchase.refunded", purchase_id=PURCHASE, **said)


@pytest.mark.parametrize("case", cases("entitlements"), ids=case_id)
def test_worked_case(marketplace: Marketplace, clock: time_machine.Traveller, case: dict[str, Any]) -> None:
    about = PurchaseFilter(customer_id="customer-1", product_id=case["product"])
    if case["purchase"] is not None:
        live_through(marketplace, clock, case)
        about = PurchaseFilter(purchase_id=PURCHASE)
    at = instant(case["request_at"])
    found = asked(marketplace, at, site=case["shop"], about=about, product=case["product"])
    assert shown(found) == case["expected"]
    if datetime.now(UTC) == at:
        now = asked(marketplace, site=case["shop"], about=about, product=case["product"])
        assert shown(now) == case["expected"]


def shown(found: Entitlement) -> dict[str, Any]:
    return {"valid": found.valid, "code": found.code.value, "detail": found.detail}


# --- whose


def test_other_people_s_purchases_are_not_found(marketplace: Marketplace) -> None:
    holds(marketplace)
    answers = {
        "hers": code(marketplace, about=PurchaseFilter(purchase_id=PURCHASE, customer_id="customer-1")),
        "another customer's": code(marketplace, about=PurchaseFilter(purchase_id=PURCHASE, customer_id="customer-2")),
        "the seller's": code(marketplace, about=PurchaseFilter(purchase_id=PURCHASE, seller_id="seller-1")),
        "another seller's": code(marketplace, about=PurchaseFilter(purchase_id=PURCHASE, seller_id="seller-2")),
        "unknown": code(marketplace, about=PurchaseFilter(purchase_id="purchase-2")),
    }
    assert answers == {
        "hers": "VALID",
        "another customer's": "NOT_FOUND",
        "the seller's": "VALID",
        "another seller's": "NOT_FOUND",
        "unknown": "NOT_FOUND",
    }


def test_of_several_purchases_the_code_latest_in_precedence_answers(marketplace: Marketplace) -> None:
    for number, shop in enumerate(("https://a.example", SHOP, None), start=1):
        holds(marketplace, f"purchase-{number}", shop_url=shop)
    about = PurchaseFilter(customer_id="customer-1", product_id="mod-1")
    assert asked(marketplace, about=about).purchase_id == "purchase-2"
    is_refunded(marketplace, "purchase-2")
    assert code(marketplace, about=about) == "SHOP_SCOPE_MISMATCH"
    assert code(marketplace, about=about, site="https://a.example") == "VALID"
    is_refunded(marketplace, "purchase-1")
    assert code(marketplace, about=about) == "SHOP_NOT_BOUND"
    is_refunded(marketplace, "purchase-3")
    assert code(marketplace, about=about) == "REFUNDED"


def test_a_purchase_of_another_product_is_not_taken_for_this_one(marketplace: Marketplace) -> None:
    holds(marketplace)
    assert code(marketplace, product="mod-2") == "PRODUCT_SCOPE_MISMATCH"
    assert code(marketplace, about=PurchaseFilter(customer_id="customer-1", product_id="mod-2")) == "NOT_FOUND"


# --- what is told beside the code


def test_the_last_day_and_the_remedy_follow_the_business_care(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    holds(marketplace)
    cancels(marketplace, BOUGHT)
    marketplace.run_all_now()
    running = asked(marketplace, site="https://elsewhere.example")
    assert (running.active, str(running.last_day), running.remedy) == (True, "2027-03-02", "change_shop")
    live_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    over = asked(marketplace)
    assert (over.active, str(over.last_day), over.remedy) == (False, "2027-03-02", "reactivate")


def test_while_a_payment_is_pending_nothing_is_offered_for_reactivation(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    holds(marketplace)
    for at in (RENEWAL, RENEWAL + CLAIM_DELAY, RENEWAL + 20 * DAY):
        live_until(marketplace, clock, at)
        found = asked(marketplace)
        assert (found.code, found.remedy, found.active) == ("PAYMENT_PENDING", "wait_for_payment", False)


def test_what_ended_with_its_product_cannot_be_reactivated(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    holds(marketplace)
    marketplace.change("mod-1", WITHDRAWN)
    live_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert (code(marketplace), asked(marketplace).remedy) == ("EXPIRED", None)


@pytest.mark.parametrize("status", [OFFLINE, WITHDRAWN])
def test_a_product_that_vanishes_takes_no_entitlement(marketplace: Marketplace, status: str) -> None:
    holds(marketplace)
    marketplace.change("mod-1", status)
    marketplace.run_all_now()
    assert asked(marketplace).valid


def test_a_purchase_of_tomorrow_has_not_started(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    holds(marketplace, purchased_at=(BOUGHT + DAY).isoformat())
    assert code(marketplace) == "NOT_STARTED"
    clock.shift(DAY)
    assert code(marketplace) == "VALID"


# --- the past


def test_the_past_is_judged_by_what_stood_then(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    holds(marketplace)
    clock.shift(10 * DAY)
    cancels(marketplace, BOUGHT + 2 * DAY)
    enables(marketplace, BOUGHT + 4 * DAY)
    marketplace.change("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    clock.shift(DAY)
    gives_back(marketplace, BOUGHT + 11 * DAY)
    marketplace.run_all_now()
    days = {day: code(marketplace, BOUGHT + day * DAY) for day in (0, 1, 2, 3, 4, 9, 10, 11)}
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
    assert code(marketplace, BOUGHT - DAY) == "NOT_STARTED"


def test_the_past_of_a_renewed_care_is_its_periods(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    holds(marketplace)
    live_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    clock.shift(HOUR)
    charged(marketplace, "renewed")
    clock.shift(HOUR)
    marketplace.run_all_now()
    paid_at = RENEWAL + CLAIM_DELAY + HOUR
    past = [code(marketplace, at) for at in (RENEWAL - SECOND, RENEWAL, paid_at - SECOND, paid_at)]
    assert past == ["VALID", "PAYMENT_PENDING", "PAYMENT_PENDING", "VALID"]
    assert asked(marketplace, RENEWAL - SECOND).last_day != asked(marketplace, paid_at).last_day


# --- it only reads


def test_asking_writes_nothing(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    is_described(marketplace)
    buys(marketplace)
    marketplace.run_all_now()
    before = everything(marketplace)
    for site in (SHOP, None, "https://dev.shop.example", "not a site"):
        asked(marketplace, site=site)
        asked(marketplace, BOUGHT, site=site)
    assert everything(marketplace) == before


def everything(marketplace: Marketplace) -> dict[str, list[Any]]:
    with marketplace.runtime.database.reading() as session:
        return {
            table.name: list(session.execute(select(text("*")).select_from(table)).all())
            for table in Base.metadata.sorted_tables
            if session.scalar(select(func.count()).select_from(table))
        }
