"""One code says whether a customer may ask for support, and the precedence of codes decides which."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.business_care.entitlement import (
    DETAILS,
    PRECEDENCE,
    Code,
    CoveredPeriod,
    Entitlement,
    EntitlementOutcome,
    EntitlementQuestion,
    Payment,
    PaymentDispute,
    PurchaseFacts,
    Remedy,
    judge,
)
from marketplace_hooks.domain.business_care.renewals import RenewalStop, StopCause
from tests.support.cases import case_id, cases, load

PARIS = ZoneInfo("Europe/Paris")
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)
FIRST = CoveredPeriod(first_day=date(2025, 6, 15), last_day=date(2026, 6, 15))
SECOND = CoveredPeriod(first_day=date(2026, 6, 16), last_day=date(2027, 6, 15))
IN_SECOND = datetime(2026, 6, 20, 8, tzinfo=UTC)
BOUGHT = PurchaseFacts(purchase_id="p-1", product="mod-1", periods=[FIRST], bound_site="https://www.shop.example/")


def asked(
    purchase: PurchaseFacts = BOUGHT, at: datetime = AT, site: str | None = "https://shop.example"
) -> Entitlement:
    return judge([purchase], EntitlementQuestion(at=at, zone=PARIS, product="mod-1", site=site))


def but(purchase: PurchaseFacts = BOUGHT, **facts: Any) -> PurchaseFacts:
    return replace(purchase, **facts)


def instant(text: str | None) -> datetime | None:
    return text and datetime.fromisoformat(text)


def purchase_of(case: dict[str, Any]) -> PurchaseFacts:
    facts = case["purchase"]
    stopped_at = instant(facts.get("renewal_cancelled_at"))
    disputed_at = instant(facts.get("disputed_at"))
    return PurchaseFacts(
        product=facts["product"],
        bound_site=facts["shop"],
        periods=[
            CoveredPeriod(
                first_day=date.fromisoformat(period["first_day"]),
                last_day=date.fromisoformat(period["last_day"]),
                payment=Payment(period.get("payment", "paid")),
            )
            for period in facts["periods"]
        ],
        refunded_at=instant(facts.get("refunded_at")),
        terminated_at=instant(facts.get("terminated_at")),
        disputes=[PaymentDispute(disputed_at=disputed_at)] if disputed_at else [],
        renewal_stops=[RenewalStop(cause=StopCause.CUSTOMER, received_at=stopped_at)] if stopped_at else [],
    )


@pytest.mark.parametrize("case", cases("entitlements"), ids=case_id)
def test_worked_case(case: dict[str, Any]) -> None:
    question = EntitlementQuestion(
        at=datetime.fromisoformat(case["request_at"]), zone=PARIS, product=case["product"], site=case["shop"]
    )
    found = judge([purchase_of(case)] if case["purchase"] else [], question)
    assert {"valid": found.valid, "code": found.code, "detail": found.detail} == case["expected"]


def test_the_codes_their_order_and_their_meaning_are_the_published_ones() -> None:
    published = load("entitlements")
    assert list(PRECEDENCE) == published["precedence"]
    assert {code: {"valid": entitled(code).valid, "detail": DETAILS[code]} for code in Code} == published["codes"]


def entitled(code: Code) -> Entitlement:
    return Entitlement(code=code, purchase_id=None, active=True, last_day=None, remedy=None)


STOPPED = [RenewalStop(cause=StopCause.CUSTOMER, received_at=AT - timedelta(days=1))]
ONE_FACT_EACH: dict[Code, dict[str, Any]] = {
    Code.NOT_FOUND: {"periods": []},
    Code.PRODUCT_SCOPE_MISMATCH: {"product": "mod-2"},
    Code.REFUNDED: {"refunded_at": AT},
    Code.TERMINATED: {"terminated_at": AT},
    Code.PAYMENT_DISPUTED: {"disputes": [PaymentDispute(disputed_at=AT)]},
    Code.NOT_STARTED: {"periods": [SECOND]},
    Code.PAYMENT_PENDING: {"periods": [replace(FIRST, payment=Payment.PENDING)]},
    Code.EXPIRED: {"periods": [replace(FIRST, last_day=date(2026, 3, 1))]},
    Code.SHOP_NOT_BOUND: {"bound_site": None},
    Code.SHOP_SCOPE_MISMATCH: {"bound_site": "https://other.example"},
    Code.VALID_RENEWAL_CANCELLED: {"renewal_stops": STOPPED},
    Code.VALID: {},
}


@pytest.mark.parametrize("code", ONE_FACT_EACH)
def test_each_fact_alone_gives_its_code(code: Code) -> None:
    found = asked(but(**ONE_FACT_EACH[code]))
    assert found.code is code
    assert found.active == (PRECEDENCE.index(code) > PRECEDENCE.index(Code.EXPIRED))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [(a, b) for a in ONE_FACT_EACH for b in ONE_FACT_EACH if list(Code).index(a) < list(Code).index(b)],
)
def test_of_two_facts_the_earlier_code_wins(earlier: Code, later: Code) -> None:
    assert asked(but(**{**ONE_FACT_EACH[later], **ONE_FACT_EACH[earlier]})).code is earlier


@pytest.mark.parametrize(
    ("site", "code"),
    [
        (None, Code.SHOP_SCOPE_REQUIRED),
        ("", Code.SHOP_SCOPE_REQUIRED),
        ("  ", Code.SHOP_SCOPE_REQUIRED),
        ("https://", Code.SHOP_URL_INVALID),
        ("ftp://shop.example", Code.SHOP_URL_INVALID),
        ("https://other.example", Code.SHOP_SCOPE_MISMATCH),
        ("https://staging.shop.example", Code.VALID_STAGING_SHOP),
        ("http://SHOP.example.:80/fr/", Code.VALID),
    ],
)
def test_the_site_asked_about_is_compared_with_the_bound_one(site: str | None, code: Code) -> None:
    assert asked(site=site).code is code
    assert asked(site=site).active
    assert asked(but(bound_site=None), site=site).code is Code.SHOP_NOT_BOUND


def test_a_test_copy_is_said_before_a_cancelled_renewal() -> None:
    assert asked(but(renewal_stops=STOPPED), site="https://dev.shop.example").code is Code.VALID_STAGING_SHOP


def test_a_bound_address_that_cannot_be_read_binds_nothing() -> None:
    assert asked(but(bound_site="not a shop")).code is Code.SHOP_NOT_BOUND


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2025-06-14T23:59:59.999999+02:00", Code.NOT_STARTED),
        ("2025-06-15T00:00:00+02:00", Code.VALID),
        ("2026-06-15T23:59:59.999999+02:00", Code.VALID),
        ("2026-06-16T00:00:00+02:00", Code.EXPIRED),
        ("2026-06-15T22:00:00+00:00", Code.EXPIRED),
    ],
)
def test_a_period_begins_and_ends_with_its_days_in_the_reference_zone(at: str, code: Code) -> None:
    assert asked(at=datetime.fromisoformat(at)).code is code


@pytest.mark.parametrize("fact", ["refunded_at", "terminated_at"])
def test_what_happened_after_the_instant_changes_nothing(fact: str) -> None:
    assert asked(but(**{fact: AT})).code is not Code.VALID
    assert asked(but(**{fact: AT + MOMENT})).code is Code.VALID


def test_a_dispute_stands_until_it_is_won() -> None:
    won = PaymentDispute(disputed_at=AT - timedelta(days=9), won_at=AT)
    assert asked(but(disputes=[won])).code is Code.VALID
    assert asked(but(disputes=[won]), at=AT - MOMENT).code is Code.PAYMENT_DISPUTED
    assert asked(but(disputes=[won, PaymentDispute(disputed_at=AT)])).code is Code.PAYMENT_DISPUTED
    assert asked(but(disputes=[PaymentDispute(disputed_at=AT + MOMENT)])).code is Code.VALID


def test_a_cancelled_renewal_is_said_while_its_cause_stands() -> None:
    def stopped(**facts: Any) -> Code:
        return asked(but(renewal_stops=[RenewalStop(**{"cause": StopCause.CUSTOMER, "received_at": AT, **facts})])).code

    assert stopped() is Code.VALID_RENEWAL_CANCELLED
    assert stopped(received_at=AT + MOMENT) is Code.VALID
    assert stopped(received_at=AT - timedelta(days=1), lifted_at=AT) is Code.VALID
    assert stopped(received_at=AT - timedelta(days=1), lifted_at=AT + MOMENT) is Code.VALID_RENEWAL_CANCELLED
    assert stopped(cause=StopCause.WITHDRAWAL, effective_at=AT + MOMENT) is Code.VALID


def in_second(payment: Payment, settled_at: datetime | None = None, at: datetime = IN_SECOND) -> Entitlement:
    second = replace(SECOND, payment=payment, settled_at=settled_at)
    return asked(but(periods=[FIRST, second]), at=at)


def test_a_renewal_is_pending_until_paid_and_expired_after_a_final_failure() -> None:
    assert in_second(Payment.PENDING).code is Code.PAYMENT_PENDING
    assert in_second(Payment.PAID).code is Code.VALID
    assert in_second(Payment.FAILED).code is Code.EXPIRED
    for payment, code in ((Payment.PAID, Code.VALID), (Payment.FAILED, Code.EXPIRED)):
        assert in_second(payment, settled_at=IN_SECOND).code is code
        assert in_second(payment, settled_at=IN_SECOND + MOMENT).code is Code.PAYMENT_PENDING


def test_a_renewal_whose_payment_was_never_reported_is_pending_after_its_days_are_over_too() -> None:
    over = datetime(2027, 6, 20, 8, tzinfo=UTC)
    assert in_second(Payment.PENDING, at=over).code is Code.PAYMENT_PENDING
    assert in_second(Payment.FAILED, at=over).code is Code.EXPIRED


def test_a_renewal_that_nobody_has_claimed_yet_is_pending_from_its_instant() -> None:
    renewal_at = datetime(2026, 6, 16, tzinfo=PARIS)
    awaited = but(renewal_is_awaited=True)
    assert asked(awaited, at=renewal_at).code is Code.PAYMENT_PENDING
    assert asked(awaited, at=renewal_at - MOMENT).code is Code.VALID
    assert asked(but(), at=renewal_at).code is Code.EXPIRED


def test_a_reactivated_business_care_is_valid_again_after_a_gap() -> None:
    again = CoveredPeriod(first_day=date(2026, 9, 1), last_day=date(2027, 9, 1))
    reactivated = but(periods=[FIRST, again])
    assert asked(reactivated, at=IN_SECOND).code is Code.EXPIRED
    assert asked(reactivated, at=datetime(2026, 9, 1, 8, tzinfo=UTC)).code is Code.VALID


def test_the_last_day_is_the_running_period_s_or_the_last_one_that_was_in_force() -> None:
    assert asked().last_day == date(2026, 6, 15)
    assert asked(site="https://other.example").last_day == date(2026, 6, 15)
    assert in_second(Payment.PAID).last_day == date(2027, 6, 15)
    assert in_second(Payment.PENDING).last_day == date(2026, 6, 15)
    assert asked(at=IN_SECOND).last_day == date(2026, 6, 15)
    assert asked(but(periods=[SECOND])).last_day is None


def test_each_code_that_can_be_remedied_says_how() -> None:
    assert asked(at=IN_SECOND).remedy is Remedy.REACTIVATE
    assert asked(but(reactivable=False), at=IN_SECOND).remedy is None
    assert in_second(Payment.PENDING).remedy is Remedy.WAIT_FOR_PAYMENT
    assert asked(site=None).remedy is Remedy.NAME_SHOP
    assert asked().remedy is None
    assert judge([], EntitlementQuestion(at=AT, zone=PARIS)).remedy is Remedy.BUY


@pytest.mark.parametrize("code", list(Code))
def test_what_a_code_means_for_a_request_being_submitted(code: Code) -> None:
    information = ("SHOP_NOT_BOUND", "SHOP_SCOPE_REQUIRED", "SHOP_URL_INVALID", "PAYMENT_PENDING")
    expected = EntitlementOutcome.NOT_ENTITLED
    if code.startswith("VALID"):
        expected = EntitlementOutcome.ACCEPTED
    elif code == "SHOP_SCOPE_MISMATCH":
        expected = EntitlementOutcome.REFUSABLE
    elif code in information:
        expected = EntitlementOutcome.NEEDS_INFORMATION
    assert entitled(code).outcome is expected


def test_of_several_purchases_the_code_latest_in_precedence_answers() -> None:
    refunded = but(purchase_id="p-2", refunded_at=AT)
    elsewhere = but(purchase_id="p-3", bound_site="https://other.example")
    question = EntitlementQuestion(at=AT, zone=PARIS, product="mod-1", site="https://shop.example")
    for order in permutations([BOUGHT, refunded, elsewhere]):
        found = judge(order, question)
        assert (found.code, found.purchase_id) == (Code.VALID, "p-1")
    for pair in permutations([refunded, elsewhere]):
        assert judge(pair, question).purchase_id == "p-3"


def test_of_two_purchases_with_the_same_code_the_one_that_lasts_longer_answers() -> None:
    longer = but(purchase_id="p-2", periods=[replace(FIRST, last_day=date(2026, 9, 1))])
    question = EntitlementQuestion(at=AT, zone=PARIS, site="shop.example")
    for order in permutations([BOUGHT, longer]):
        assert judge(order, question).last_day == date(2026, 9, 1)


def test_without_a_product_the_purchase_s_own_is_meant() -> None:
    assert judge([BOUGHT], EntitlementQuestion(at=AT, zone=PARIS, site="shop.example")).code is Code.VALID


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        asked(at=datetime(2026, 3, 2))  # noqa: DTZ001 a naive value is what is being refused


facts = st.lists(st.sampled_from(sorted(ONE_FACT_EACH)), max_size=4)


@given(facts, facts)
def test_a_further_purchase_never_makes_the_answer_worse(one: list[Code], other: list[Code]) -> None:
    purchases = []
    for codes in (one, other):
        purchase = BOUGHT
        for code in codes:
            purchase = replace(purchase, **ONE_FACT_EACH[code])
        purchases.append(purchase)
    question = EntitlementQuestion(at=AT, zone=PARIS, product="mod-1", site="https://shop.example")
    alone = judge(purchases[:1], question)
    together = judge(purchases, question)
    assert PRECEDENCE.index(together.code) >= PRECEDENCE.index(alone.code)
