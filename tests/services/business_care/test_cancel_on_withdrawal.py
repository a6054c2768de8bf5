"""A withdrawal cancels every tacit renewal of its product, those alone, once, and touches nothing that was paid."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select, update

from marketplace_hooks.domain.business_care.renewals import MONTHS_PER_PERIOD, renewal_instant
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.subscriptions import Subscription
from marketplace_hooks.services.business_care.cancel_on_withdrawal import SHORTEST_PERIOD
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter
from marketplace_hooks.services.inbox.leasing import replay
from marketplace_hooks.services.operations.cascade_run import run_cascades

from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    HOUR,
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
    publish_renewal_enabled,
    published_types,
    run_until,
    subscription,
)
from ...support.customers import publish_customer, publish_purchase, publish_refund, set_up_purchase
from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, WITHDRAWN, Marketplace

BOUGHT = instant("2026-03-02T10:30:00+01:00")
RENEWAL = instant("2027-03-03T00:00:00+01:00")
NOTICE = instant("2027-01-02T00:00:00+01:00")
InChunks = Callable[[int], Marketplace]


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")


@pytest.fixture
def in_chunks_of(make_marketplace: Callable[..., Marketplace], marketplace: Marketplace) -> InChunks:
    """The same marketplace, whose cascades do so many rows at a time."""

    def reopen(size: int) -> Marketplace:
        opened = make_marketplace(CASCADE_CHUNK=size)
        opened.versions = marketplace.versions
        return opened

    return reopen


def sells_to_many(marketplace: Marketplace, count: int) -> list[str]:
    ids = [f"p-{number:02}" for number in range(count)]
    publish_customer(marketplace)
    for id_ in ids:
        publish_purchase(marketplace, id_)
    marketplace.run_all_now()
    return ids


def withdraws(marketplace: Marketplace, **more: Any) -> str:
    event = marketplace.change_status("mod-1", WITHDRAWN, **more)
    marketplace.run_all_now()
    return event


def reinstates(marketplace: Marketplace) -> None:
    marketplace.publish("product.reinstated", product_id="mod-1", reason="By mistake")
    marketplace.run_all_now()


def cancellations(marketplace: Marketplace) -> list[str]:
    """Whom we told that their renewal is cancelled, in order of ids."""
    query = select(OutgoingEvent).where(OutgoingEvent.type == "subscription.renewal_cancelled")
    return sorted(one.subject_id for one in marketplace.all(query))


def renewals_step(marketplace: Marketplace) -> dict[str, Any]:
    *_, cascade = marketplace.cascades("mod-1")
    [step] = [one for one in cascade.steps if one["name"] == "renewals"]
    return dict(step)


# --- what it cancels


def test_every_renewal_is_cancelled_those_bought_in_packs_too_and_no_entitlement(marketplace: Marketplace) -> None:
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    publish_customer(marketplace)
    publish_purchase(marketplace, "alone")
    publish_purchase(marketplace, "in-a-pack", pack_id="pack-1", amount_cents=5000)
    publish_purchase(marketplace, "its-neighbour", product_id="mod-2", pack_id="pack-1", amount_cents=5000)
    marketplace.run_all_now()
    event = withdraws(marketplace, reason="End of life")
    codes = {
        id_: code_of(marketplace, about=PurchaseFilter(purchase_id=id_))
        for id_ in ("alone", "in-a-pack", "its-neighbour")
    }
    assert codes == {
        "alone": "VALID_RENEWAL_CANCELLED",
        "in-a-pack": "VALID_RENEWAL_CANCELLED",
        "its-neighbour": "VALID",
    }
    assert cancellations(marketplace) == ["alone", "in-a-pack"]
    [confirmed] = outgoing(marketplace, "renewal_cancelled", "alone")
    assert confirmed.data == {
        "purchase_id": "alone",
        "customer_id": "customer-1",
        "product_id": "mod-1",
        "by": "withdrawal",
        "last_day": "2027-03-02",
    }
    assert confirmed.cause == {"event_id": event, "actor": "seller", "reason": "End of life"}
    assert confirmed.sequence == 2
    assert renewals_step(marketplace) | {"cursor": None} == {
        "name": "renewals",
        "state": "done",
        "total": 2,
        "done": 2,
        "failed": 0,
        "cursor": None,
    }


def test_after_a_withdrawal_care_goes_on_to_its_last_day_and_ends(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    withdraws(marketplace)
    run_until(marketplace, clock, NOTICE + DAY)
    run_until(marketplace, clock, RENEWAL - SECOND)
    assert code_of(marketplace) == "VALID_RENEWAL_CANCELLED"
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert (code_of(marketplace), payments(marketplace), notices(marketplace)) == ("EXPIRED", {1: "paid"}, [])
    assert published_types(marketplace) == ["started", "renewal_cancelled", "expired"]


def test_what_is_over_is_not_cancelled_and_nobody_is_told(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace, "refunded")
    publish_refund(marketplace, "refunded")
    set_up_purchase(marketplace, "expired", purchased_at="2024-01-01T12:00:00+01:00")
    before = cancellations(marketplace)
    withdraws(marketplace)
    assert cancellations(marketplace) == before
    assert renewals_step(marketplace)["total"] == 0


def test_causes_accumulate(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    clock.shift(DAY)
    set_up_purchase(marketplace)
    publish_renewal_cancelled(marketplace, BOUGHT + HOUR)
    withdraws(marketplace)
    publish_renewal_enabled(marketplace, BOUGHT + 2 * HOUR)
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID_RENEWAL_CANCELLED"
    known = subscription(marketplace)
    assert (known.customer_lifted_at, known.withdrawal_lifted_at) == (BOUGHT + 2 * HOUR, None)


def test_a_renewal_that_is_unpaid_goes_on_to_the_day_it_would_last_to(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    withdraws(marketplace)
    [confirmed] = outgoing(marketplace, "renewal_cancelled")
    assert confirmed.data["last_day"] == "2028-03-02"
    publish_charge(marketplace, "renewed")
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID_RENEWAL_CANCELLED"


@pytest.mark.parametrize("kind", ["hold", "pack"])
def test_a_hold_or_the_withdrawal_of_a_pack_touches_no_renewal(
    marketplace: Marketplace, clock: time_machine.Traveller, kind: str
) -> None:
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    set_up_purchase(marketplace, pack_id="pack-1", amount_cents=5000)
    if kind == "hold":
        marketplace.change_status("mod-1", OFFLINE)
    else:
        marketplace.change_status("pack-1", WITHDRAWN, kind="pack")
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert payments(marketplace) == {1: "paid", 2: "pending"}


# --- the minute of the renewal


@pytest.mark.parametrize("is_applied_after_the_claim", [False, True])
@pytest.mark.parametrize(
    ("offset", "renews"),
    [(-30 * SECOND, False), (0 * SECOND, False), (30 * SECOND, True)],
    ids=["before", "at", "after"],
)
def test_a_withdrawal_in_the_minute_of_the_renewal_is_ordered_by_its_receipt(
    marketplace: Marketplace,
    clock: time_machine.Traveller,
    offset: Any,
    renews: bool,
    is_applied_after_the_claim: bool,
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL + offset)
    event = marketplace.change_status("mod-1", WITHDRAWN)
    if is_applied_after_the_claim:
        is_lost_for_a_while(marketplace, event)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    if is_applied_after_the_claim:
        assert payments(marketplace) == {1: "paid", 2: "pending"}
        publish_charge(marketplace, "renewed")
        marketplace.run_all_now()
        is_found_again(marketplace, event)
    elif renews:
        publish_charge(marketplace, "renewed")
    run_until(marketplace, clock, RENEWAL + HOUR)
    assert code_of(marketplace) == ("VALID_RENEWAL_CANCELLED" if renews else "EXPIRED")
    assert len(outgoing(marketplace, "reversal_due")) == int(is_applied_after_the_claim and not renews)
    [confirmed] = outgoing(marketplace, "renewal_cancelled")
    assert confirmed.data["last_day"] == ("2028-03-02" if renews else "2027-03-02")
    numbers = [one.sequence for one in marketplace.outgoing(PURCHASE, "purchase")]
    assert numbers == list(range(1, len(numbers) + 1))
    run_until(marketplace, clock, RENEWAL + 367 * DAY)
    assert code_of(marketplace) == "EXPIRED"
    assert max(payments(marketplace)) <= 2


def is_lost_for_a_while(marketplace: Marketplace, event_id: str) -> None:
    """As if the event waited somewhere: nobody finds it, nobody waits for it."""
    with marketplace.runtime.database.session() as session:
        hidden = update(InboxEvent).where(InboxEvent.event_id == event_id).values(state=InboxState.PARKED)
        session.execute(hidden.values(parked_on="nothing:at all"))


def is_found_again(marketplace: Marketplace, event_id: str) -> None:
    replay(marketplace.runtime, event_id)
    marketplace.run_all_now()


def test_no_period_is_shorter_than_the_cascade_takes_for_granted() -> None:
    zone = ZoneInfo("Europe/Paris")
    days = [datetime(2023, 1, 1, tzinfo=UTC).date() + number * DAY for number in range(4 * 366)]
    lengths = [renewal_instant(day, 2, zone) - renewal_instant(day, 1, zone) for day in days]
    assert MONTHS_PER_PERIOD == 12
    assert min(lengths) > SHORTEST_PERIOD


# --- chunks


@pytest.mark.parametrize(("chunk", "count"), [(1, 3), (3, 9), (3, 10), (10_000, 5)])
def test_every_subscriber_is_told_once_whatever_the_chunks(in_chunks_of: InChunks, chunk: int, count: int) -> None:
    marketplace = in_chunks_of(chunk)
    ids = sells_to_many(marketplace, count)
    withdraws(marketplace)
    assert cancellations(marketplace) == ids
    assert (renewals_step(marketplace)["total"], renewals_step(marketplace)["done"]) == (count, count)
    assert {one.notice_at for one in marketplace.all(select(Subscription))} == {None}


def test_a_cascade_that_is_stopped_between_chunks_goes_on_where_it_was(in_chunks_of: InChunks) -> None:
    marketplace = in_chunks_of(2)
    ids = sells_to_many(marketplace, 7)
    run_one_chunk_at_a_time(marketplace)
    assert cancellations(marketplace) == ids
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, cascade.owner, cascade.leased_until) == ("done", None, None)


def run_one_chunk_at_a_time(marketplace: Marketplace, between: Callable[[int], object] = lambda turn: None) -> None:
    """Withdraw, and have the cascade carried by one worker after another, each for a single chunk."""
    marketplace.change_status("mod-1", WITHDRAWN)
    process_pending(marketplace.runtime, "inbox")
    for turn in range(50):
        asked = iter([False, False, True, True])
        if run_cascades(marketplace.runtime, f"worker-{turn}", stop=lambda asked=asked: next(asked, True)):
            return
        between(turn)
    raise AssertionError("the cascade never ends")


def test_purchases_and_words_between_the_chunks_end_as_they_should(
    in_chunks_of: InChunks, clock: time_machine.Traveller
) -> None:
    marketplace = in_chunks_of(2)
    clock.shift(DAY)
    ids = sells_to_many(marketplace, 6)

    def meanwhile(turn: int) -> None:
        publish_purchase(marketplace, f"p-{turn}a-late")
        publish_renewal_cancelled(marketplace, BOUGHT + HOUR, ids[-1 - turn % 3])
        process_pending(marketplace.runtime, "inbox")

    run_one_chunk_at_a_time(marketplace, meanwhile)
    known = marketplace.all(select(Subscription))
    assert len(known) > len(ids)
    assert all(one.withdrawn_from is not None and one.withdrawal_lifted_at is None for one in known)
    by_withdrawal = [
        one.subject_id
        for one in marketplace.all(select(OutgoingEvent).where(OutgoingEvent.type == "subscription.renewal_cancelled"))
        if one.data["by"] == "withdrawal"
    ]
    assert sorted(by_withdrawal) == sorted(one.purchase_id for one in known)


# --- scheduled, cancelled, scheduled again


def test_a_withdrawal_scheduled_cancelled_and_scheduled_again_counts_from_its_last_date(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    first = BOUGHT + 10 * DAY
    last = BOUGHT + 30 * DAY
    marketplace.change_status("mod-1", WITHDRAWN, effective_at=first.isoformat())
    marketplace.run_all_now()
    clock.shift(DAY)
    marketplace.publish("product.change_cancelled", product_id="mod-1", actor="seller", reason="Not yet")
    marketplace.run_all_now()
    clock.shift(DAY)
    marketplace.change_status("mod-1", WITHDRAWN, effective_at=last.isoformat())
    marketplace.run_all_now()
    run_until(marketplace, clock, last - SECOND)
    assert (code_of(marketplace), published_types(marketplace)) == ("VALID", ["started"])
    run_until(marketplace, clock, last)
    assert (code_of(marketplace), published_types(marketplace)) == (
        "VALID_RENEWAL_CANCELLED",
        ["started", "renewal_cancelled"],
    )
    assert subscription(marketplace).withdrawn_from == last


@pytest.mark.parametrize(("last", "renews"), [(RENEWAL, False), (RENEWAL + SECOND, True)], ids=["at", "after"])
def test_a_renewal_between_a_cancelled_date_and_the_one_scheduled_instead_happens(
    marketplace: Marketplace, clock: time_machine.Traveller, last: datetime, renews: bool
) -> None:
    set_up_purchase(marketplace)
    marketplace.change_status("mod-1", WITHDRAWN, effective_at=(RENEWAL - DAY).isoformat())
    marketplace.publish("product.change_cancelled", product_id="mod-1", actor="seller", reason="Not yet")
    marketplace.change_status("mod-1", WITHDRAWN, effective_at=last.isoformat())
    marketplace.run_all_now()
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert payments(marketplace) == ({1: "paid", 2: "pending"} if renews else {1: "paid"})
    assert len(outgoing(marketplace, "renewal_cancelled")) == 1
    assert marketplace.status("mod-1") == WITHDRAWN


@pytest.mark.parametrize(("offset", "renews"), [(0 * SECOND, False), (SECOND, True)])
def test_a_scheduled_withdrawal_stops_the_instants_from_its_effect_on_however_late_it_is_carried_out(
    marketplace: Marketplace, clock: time_machine.Traveller, offset: Any, renews: bool
) -> None:
    set_up_purchase(marketplace)
    marketplace.change_status("mod-1", WITHDRAWN, effective_at=(RENEWAL + offset).isoformat())
    marketplace.run_all_now()
    run_until(marketplace, clock, RENEWAL - DAY)
    run_until(marketplace, clock, RENEWAL + 2 * DAY)
    assert payments(marketplace) == ({1: "paid", 2: "pending"} if renews else {1: "paid"})


# --- reinstated


def test_a_reinstatement_revives_nothing_by_itself(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    withdraws(marketplace)
    clock.shift(DAY)
    reinstates(marketplace)
    marketplace.change_status("mod-1", ONLINE, MARKETPLACE)
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID_RENEWAL_CANCELLED"
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert (payments(marketplace), code_of(marketplace)) == ({1: "paid"}, "EXPIRED")


def test_after_a_reinstatement_the_customer_may_lift_expressly_and_is_announced_the_renewal(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    withdraws(marketplace)
    clock.shift(DAY)
    reinstates(marketplace)
    clock.shift(DAY)
    publish_renewal_enabled(marketplace, datetime.now(UTC))
    marketplace.run_all_now()
    assert code_of(marketplace) == "VALID"
    run_until(marketplace, clock, NOTICE)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert published_types(marketplace) == ["started", "renewal_cancelled", "renewal_notice_due", "renewal_due"]


@pytest.mark.parametrize("comes_after", [False, True])
@pytest.mark.parametrize(("offset", "expected"), [(-SECOND, "VALID_RENEWAL_CANCELLED"), (SECOND, "VALID")])
def test_only_a_word_received_since_the_reinstatement_lifts_the_withdrawal(
    marketplace: Marketplace, clock: time_machine.Traveller, offset: Any, expected: str, comes_after: bool
) -> None:
    set_up_purchase(marketplace)
    withdraws(marketplace)
    clock.shift(DAY)
    reinstated_at = datetime.now(UTC)
    if comes_after:
        reinstates(marketplace)
        clock.shift(HOUR)
        publish_renewal_enabled(marketplace, reinstated_at + offset)
    else:
        event = marketplace.publish("product.reinstated", product_id="mod-1", reason="By mistake")
        is_lost_for_a_while(marketplace, event)
        clock.shift(HOUR)
        publish_renewal_enabled(marketplace, reinstated_at + offset)
        marketplace.run_all_now()
        is_found_again(marketplace, event)
    marketplace.run_all_now()
    assert code_of(marketplace) == expected
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    assert (2 in payments(marketplace)) is (expected == "VALID")


def test_a_word_since_the_reinstatement_is_not_undone_by_a_chunk_that_comes_late(
    in_chunks_of: InChunks, clock: time_machine.Traveller
) -> None:
    marketplace = in_chunks_of(1)
    ids = sells_to_many(marketplace, 3)

    def meanwhile(turn: int) -> None:
        if turn == 1:
            clock.shift(MINUTE)
            marketplace.publish("product.reinstated", product_id="mod-1", reason="By mistake")
            process_pending(marketplace.runtime, "inbox")
            clock.shift(MINUTE)
            for id_ in ids:
                publish_renewal_enabled(marketplace, datetime.now(UTC), id_)
            process_pending(marketplace.runtime, "inbox")

    run_one_chunk_at_a_time(marketplace, meanwhile)
    marketplace.run_all_now()
    assert {code_of(marketplace, about=PurchaseFilter(purchase_id=id_)) for id_ in ids} == {"VALID"}


def test_withdrawn_again_after_it_was_lifted_everything_is_cancelled_again(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    withdraws(marketplace)
    clock.shift(DAY)
    reinstates(marketplace)
    clock.shift(DAY)
    publish_renewal_enabled(marketplace, datetime.now(UTC))
    marketplace.run_all_now()
    clock.shift(DAY)
    withdraws(marketplace)
    assert code_of(marketplace) == "VALID_RENEWAL_CANCELLED"
    past = [code_of(marketplace, BOUGHT + hours * HOUR) for hours in (0, 23, 36, 60, 72)]
    assert past == ["VALID_RENEWAL_CANCELLED"] * 3 + ["VALID", "VALID_RENEWAL_CANCELLED"]
    assert published_types(marketplace).count("renewal_cancelled") == 2
