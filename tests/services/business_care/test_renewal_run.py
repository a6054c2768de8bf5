"""Every due renewal is claimed once and at its price, and nothing else is touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update

from marketplace_hooks.domain.business_care.renewals import original_date
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.subscriptions import Period, Subscription
from marketplace_hooks.services.business_care.renewal_run import run_renewals
from marketplace_hooks.services.business_care.renewal_run_state import release_run
from marketplace_hooks.services.operations.cascade_run import run_cascades

from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    MINUTE,
    PURCHASE,
    SECOND,
    code_of,
    instant,
    notices,
    outgoing,
    payments,
    publish_charge,
    publish_renewal_cancelled,
    published_types,
    purchase,
    run_until,
    subscription,
)
from ...support.cases import case_id, cases
from ...support.concurrency import run_at_once
from ...support.customers import money, publish_customer, publish_purchase, set_up_purchase
from ...support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace

BOUGHT = instant("2026-03-02T10:30:00+01:00")
RENEWAL = instant("2027-03-03T00:00:00+01:00")
SECOND_RENEWAL = instant("2028-03-03T00:00:00+01:00")
NOTICE = instant("2027-01-02T00:00:00+01:00")


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")


def costs(marketplace: Marketplace, cents: int, since: datetime) -> None:
    """Publish a price; whoever calls this has it applied."""
    listing = {"features": [], "compatible_from": None, "compatible_to": None, "published_at": since.isoformat()}
    marketplace.publish("product.upserted", price=money(cents), listing=listing)


# --- the instants


@pytest.mark.parametrize("case", cases("renewals"), ids=case_id)
def test_worked_case(marketplace: Marketplace, clock: time_machine.Traveller, case: dict[str, Any]) -> None:
    clock.move_to(instant(case["purchase_instant"]))
    set_up_purchase(marketplace)
    zone = marketplace.runtime.settings.reference_zone
    known = subscription(marketplace)
    assert known.anchor_on == date.fromisoformat(case["anchor_date"]) == original_date(datetime.now(UTC), zone)
    last = case["period_index"]
    for index in range(2, last + 1):
        run_until(marketplace, clock, subscription(marketplace).renewal_at + CLAIM_DELAY)
        publish_charge(marketplace, "renewed", index)
        marketplace.run_all_now()
    known = subscription(marketplace)
    expected = case["expected"]
    assert known.last_day == date.fromisoformat(expected["period_end_last_day"])
    assert known.renewal_at == instant(expected["renewal_instant"])
    notice_day = date.fromisoformat(expected["recommended_send_day"])
    run_until(marketplace, clock, datetime.combine(notice_day, time(12), zone))
    run_until(marketplace, clock, known.renewal_at + CLAIM_DELAY - SECOND)
    assert max(payments(marketplace)) == last
    run_until(marketplace, clock, known.renewal_at + CLAIM_DELAY)
    assert payments(marketplace)[last + 1] == "pending"
    if case["notice_days_to_refuse"] == 0:  # Business Care asks for none: its window never moves.
        [*_, notice] = notices(marketplace)
        window = (notice.window_first_day.isoformat(), notice.window_last_day.isoformat())
        assert window == (expected["notice_earliest_day"], expected["notice_latest_day"])
        assert (notice.period_index, notice.timeliness) == (last, "in_time")


def test_the_price_is_40_percent_of_the_listing_at_the_instant_half_up(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL - DAY)
    costs(marketplace, 8001, since=RENEWAL - DAY)
    marketplace.run_all_now()
    clock.move_to(RENEWAL + MINUTE)
    costs(marketplace, 20_000, since=RENEWAL + SECOND)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    [asked_for] = outgoing(marketplace, "renewal_due")
    assert asked_for.data["amount"] == money(3200)
    assert asked_for.data["idempotency_key"] == f"{PURCHASE}:2"
    assert (asked_for.data["first_day"], asked_for.data["last_day"]) == ("2027-03-03", "2028-03-02")


def test_after_an_outage_each_missed_instant_is_claimed_at_its_own_price(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    clock.move_to(RENEWAL + DAY)
    costs(marketplace, 5000, since=RENEWAL + DAY)
    clock.move_to(SECOND_RENEWAL + DAY)
    marketplace.run_all_now()
    assert release_run(marketplace.runtime)
    marketplace.run_all_now()
    publish_charge(marketplace, "renewed", 2, amount_cents=3960)
    marketplace.run_all_now()
    amounts = [one.data["amount"]["amount_cents"] for one in outgoing(marketplace, "renewal_due")]
    assert amounts == [3960, 2000]
    assert payments(marketplace) == {1: "paid", 2: "paid", 3: "pending"}


def test_a_temporary_disablement_touches_no_renewal_no_notice_and_no_entitlement(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.publish("seller.suspended")
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID"
    run_until(marketplace, clock, NOTICE)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert published_types(marketplace) == ["started", "renewal_notice_due", "renewal_due"]
    marketplace.change_status("mod-1", ONLINE)
    publish_charge(marketplace, "renewed")
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID"


def test_a_run_waits_for_a_withdrawal_that_was_received_before_the_instant(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL)
    marketplace.change_status("mod-1", WITHDRAWN)
    clock.shift(CLAIM_DELAY)
    assert run_renewals(marketplace.runtime) == 0
    marketplace.run_all_now()
    assert published_types(marketplace) == ["started", "renewal_cancelled", "expired"]


def test_a_run_does_not_wait_for_what_came_too_late_to_stop_anything(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL + MINUTE)
    marketplace.change_status("mod-1", WITHDRAWN)
    clock.move_to(RENEWAL + CLAIM_DELAY)
    assert run_renewals(marketplace.runtime) == 1
    assert payments(marketplace) == {1: "paid", 2: "pending"}


# --- two at once


def sells_to_many(marketplace: Marketplace, count: int) -> None:
    publish_customer(marketplace)
    for number in range(count):
        publish_purchase(marketplace, f"purchase-{number}")
    marketplace.run_all_now()


def test_two_runs_at_once_claim_each_period_once(
    make_marketplace: Callable[..., Marketplace], marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    count = 40
    sells_to_many(marketplace, count)
    others = [make_marketplace(), make_marketplace()]
    run_until(marketplace, clock, RENEWAL)
    clock.move_to(RENEWAL + CLAIM_DELAY)
    run_at_once(*(lambda one=one: run_renewals(one.runtime) for one in (marketplace, *others)))
    marketplace.run_all_now()
    claimed = marketplace.all(select(Period).where(Period.index == 2))
    assert len(claimed) == count
    asked_for = marketplace.all(select(OutgoingEvent).where(OutgoingEvent.type == "subscription.renewal_due"))
    keys = Counter(one.data["idempotency_key"] for one in asked_for)
    assert len(keys) == count
    assert set(keys.values()) == {1}


def test_runs_and_cancellations_at_once_leave_every_purchase_as_its_words_say(
    make_marketplace: Callable[..., Marketplace], marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    count = 40
    sells_to_many(marketplace, count)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY - SECOND)
    clock.move_to(RENEWAL + CLAIM_DELAY)
    for number in range(0, count, 2):
        publish_renewal_cancelled(marketplace, RENEWAL + (number - count / 2) * SECOND, f"purchase-{number}")
    other = make_marketplace().runtime
    run_at_once(lambda: run_renewals(marketplace.runtime), lambda: process_pending(other, "another"))
    marketplace.run_all_now()
    for number in range(count):
        id_ = f"purchase-{number}"
        in_time = number % 2 == 0 and number < count / 2
        # Whoever was quicker: a period that was claimed wrongly has been reversed.
        assert payments(marketplace, id_).get(2) in ((None, "failed") if in_time else ("pending",)), id_
        assert subscription(marketplace, id_).state == ("expired" if in_time else "payment_pending"), id_


@pytest.mark.parametrize(
    ("offset", "renews"), [(-30 * SECOND, False), (30 * SECOND, True)], ids=["the minute before", "the minute after"]
)
def test_a_run_and_a_withdrawal_at_once_are_ordered_by_its_receipt(
    make_marketplace: Callable[..., Marketplace],
    marketplace: Marketplace,
    clock: time_machine.Traveller,
    offset: timedelta,
    renews: bool,
) -> None:
    count = 20
    sells_to_many(marketplace, count)
    run_until(marketplace, clock, RENEWAL + offset)
    marketplace.change_status("mod-1", WITHDRAWN)
    clock.move_to(RENEWAL + CLAIM_DELAY)
    other = make_marketplace(CASCADE_CHUNK=3).runtime

    def withdraw() -> None:
        process_pending(other, "another")
        run_cascades(other, "another")

    run_at_once(lambda: run_renewals(marketplace.runtime), withdraw)
    marketplace.run_all_now()
    ids = [f"purchase-{number}" for number in range(count)]
    expected = {1: "paid", 2: "pending"} if renews else {1: "paid"}
    assert {id_: payments(marketplace, id_) for id_ in ids} == dict.fromkeys(ids, expected)
    assert {str(subscription(marketplace, id_).state) for id_ in ids} == {"payment_pending" if renews else "expired"}
    for id_ in ids:
        counts = Counter(published_types(marketplace, id_))
        assert (counts["renewal_cancelled"], counts["renewal_due"], counts["reversal_due"]) == (1, int(renews), 0)


# --- only what is due is touched


def test_a_run_touches_only_what_is_due(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    sells_to_many(marketplace, 3)
    clock.shift(DAY)
    set_up_purchase(marketplace, "later")
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    states = {one.purchase_id: one.state.value for one in marketplace.all(select(Subscription))}
    assert states == {**{f"purchase-{number}": "payment_pending" for number in range(3)}, "later": "active"}


def test_a_period_that_stands_in_the_way_is_shown_to_people_and_stops_nobody_else(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    sells_to_many(marketplace, 2)
    run_until(marketplace, clock, RENEWAL)
    with marketplace.runtime.database.session() as session:
        first = session.get_one(Period, ("purchase-0", 1))
        columns = {column.key: getattr(first, column.key) for column in Period.__mapper__.column_attrs}
        session.add(Period(**{**columns, "index": 2}))
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    states = {one.purchase_id: one.state.value for one in marketplace.all(select(Subscription))}
    assert states == {"purchase-0": "expired", "purchase-1": "payment_pending"}
    assert purchase(marketplace, "purchase-0").refunded_at is None


def test_a_subscription_without_a_notice_to_send_is_left_alone(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    with marketplace.runtime.database.session() as session:
        session.execute(update(Subscription).values(notice_at=None))
    run_until(marketplace, clock, NOTICE + DAY)
    assert notices(marketplace) == []
