"""A change with an instant of its own is applied at that instant, however late the scheduler. `rules.md` 3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.services.catalog.scheduled_changes import apply_due

from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace
from ...support.status_changes import change_status_directly

HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)


def in_hours(hours: float) -> str:
    """An instant so many hours from now, as events write it."""
    return (datetime.now(UTC) + hours * HOUR).isoformat()


@pytest.fixture(autouse=True)
def _mod_1(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")


def test_a_scheduled_change_waits_in_its_sides_slot_and_is_published(marketplace: Marketplace) -> None:
    at = datetime.now(UTC) + HOUR
    event = marketplace.change_status("mod-1", OFFLINE, effective_at=at.isoformat(), reason="Holidays")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "scheduled")
    assert (marketplace.status("mod-1"), marketplace.scheduled_changes("mod-1")) == (ONLINE, {SELLER: (OFFLINE, at)})
    [published] = marketplace.outgoing("mod-1")
    assert published.type == "product.change_scheduled"
    assert published.data == {
        "product_id": "mod-1",
        "seller_id": "seller-1",
        "status": OFFLINE,
        "effective_at": "2026-03-02T10:30:00Z",
        "side": SELLER,
    }
    assert published.cause == {"event_id": event, "actor": SELLER, "reason": "Holidays"}


@pytest.mark.parametrize(("late", "status"), [(-MICROSECOND, ONLINE), (timedelta(0), OFFLINE), (MICROSECOND, OFFLINE)])
def test_it_comes_into_effect_at_its_instant_and_not_before(
    marketplace: Marketplace, clock: time_machine.Traveller, late: timedelta, status: str
) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    marketplace.run_all_now()
    clock.shift(HOUR + late)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == status


def test_it_is_carried_out_with_its_own_cause_and_once(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    event = marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1), reason="Holidays")
    marketplace.run_all_now()
    clock.shift(HOUR)
    marketplace.run_all_now()
    marketplace.run_all_now()
    assert marketplace.published_types("mod-1") == ["product.change_scheduled", "product.hidden"]
    assert marketplace.outgoing("mod-1")[1].cause == {"event_id": event, "actor": SELLER, "reason": "Holidays"}
    assert marketplace.scheduled_changes("mod-1") == {}


def test_due_long_ago_it_still_comes_into_effect_as_of_its_instant(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    at = datetime.now(UTC) + HOUR
    marketplace.change_status("mod-1", OFFLINE, effective_at=at.isoformat())
    marketplace.run_all_now()
    clock.shift(72 * HOUR)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE
    assert marketplace.side_states("mod-1")[SELLER].held_since == at


def test_a_scheduled_withdrawal_records_when_it_was_received_and_when_it_took_effect(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    received_at = datetime.now(UTC)
    marketplace.change_status("mod-1", WITHDRAWN, effective_at=in_hours(24))
    marketplace.run_all_now()
    clock.shift(48 * HOUR)
    marketplace.run_all_now()
    [withdrawal] = marketplace.withdrawals("mod-1")
    assert (withdrawal.received_at, withdrawal.effective_at) == (received_at, received_at + 24 * HOUR)
    assert marketplace.published_types("mod-1") == ["product.change_scheduled", "product.hidden", "product.withdrawn"]


def test_an_instant_in_the_past_counts_as_receipt(marketplace: Marketplace) -> None:
    event = marketplace.change_status("mod-1", WITHDRAWN, effective_at=in_hours(-24))
    marketplace.run_all_now()
    [withdrawal] = marketplace.withdrawals("mod-1")
    assert withdrawal.effective_at == withdrawal.received_at == marketplace.event(event).received_at


# --- one slot for each side


def test_a_new_one_replaces_what_its_side_had_scheduled(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    marketplace.change_status("mod-1", WITHDRAWN, effective_at=in_hours(2))
    marketplace.run_all_now()
    assert marketplace.scheduled_changes("mod-1") == {SELLER: (WITHDRAWN, datetime.now(UTC) + 2 * HOUR)}
    clock.shift(HOUR)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == ONLINE


def test_each_side_has_a_slot_of_its_own(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    marketplace.change_status("mod-1", OFFLINE, SELLER, effective_at=in_hours(1))
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE, effective_at=in_hours(2))
    marketplace.run_all_now()
    assert set(marketplace.scheduled_changes("mod-1")) == {SELLER, MARKETPLACE}
    clock.shift(HOUR)
    marketplace.run_all_now()
    assert marketplace.holding_sides("mod-1") == {SELLER}
    clock.shift(HOUR)
    marketplace.run_all_now()
    assert marketplace.holding_sides("mod-1") == {SELLER, MARKETPLACE}
    assert marketplace.published_types("mod-1").count("product.hidden") == 1


def test_both_due_at_once_after_a_pause_are_carried_out_in_the_order_of_their_instants(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE, effective_at=in_hours(2), reason="second")
    marketplace.change_status("mod-1", OFFLINE, SELLER, effective_at=in_hours(1), reason="first")
    marketplace.run_all_now()
    clock.shift(24 * HOUR)
    marketplace.run_all_now()
    [hidden] = [event for event in marketplace.outgoing("mod-1") if event.type == "product.hidden"]
    assert hidden.cause["reason"] == "first"
    assert marketplace.holding_sides("mod-1") == {SELLER, MARKETPLACE}


def test_an_immediate_change_leaves_the_slot(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-1", ONLINE)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == ONLINE
    clock.shift(HOUR)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE


@pytest.mark.parametrize("withdraws", [SELLER, MARKETPLACE])
def test_an_effective_withdrawal_empties_all_slots(
    marketplace: Marketplace, clock: time_machine.Traveller, withdraws: str
) -> None:
    marketplace.change_status("mod-1", OFFLINE, SELLER, effective_at=in_hours(1))
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE, effective_at=in_hours(2))
    marketplace.change_status("mod-1", WITHDRAWN, withdraws)
    marketplace.run_all_now()
    assert marketplace.scheduled_changes("mod-1") == {}
    marketplace.publish("product.reinstated")
    marketplace.change_status("mod-1", ONLINE, MARKETPLACE)
    clock.shift(3 * HOUR)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == ONLINE


def test_a_scheduled_withdrawal_empties_the_other_slots_when_it_takes_effect_and_not_before(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", WITHDRAWN, SELLER, effective_at=in_hours(1))
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE, effective_at=in_hours(2))
    marketplace.run_all_now()
    assert set(marketplace.scheduled_changes("mod-1")) == {SELLER, MARKETPLACE}
    clock.shift(HOUR)
    marketplace.run_all_now()
    assert (marketplace.status("mod-1"), marketplace.scheduled_changes("mod-1")) == (WITHDRAWN, {})


# --- cancelling


def test_its_side_may_cancel_it_which_is_published(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    event = marketplace.publish("product.change_cancelled", reason="We go on")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert marketplace.scheduled_changes("mod-1") == {}
    clock.shift(2 * HOUR)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == ONLINE
    assert marketplace.published_types("mod-1") == ["product.change_scheduled", "product.change_cancelled"]
    cancelled = marketplace.outgoing("mod-1")[1]
    assert cancelled.data["status"] == OFFLINE
    assert cancelled.data["effective_at"] == "2026-03-02T10:30:00Z"
    assert cancelled.cause == {"event_id": event, "actor": SELLER, "reason": "We go on"}


def test_no_other_side_cancels_it(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE, SELLER, effective_at=in_hours(1))
    event = marketplace.publish("product.change_cancelled", actor=MARKETPLACE)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "no_effect")
    assert set(marketplace.scheduled_changes("mod-1")) == {SELLER}


def test_cancelling_what_has_taken_effect_changes_nothing(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    marketplace.run_all_now()
    clock.shift(HOUR)
    event = marketplace.publish("product.change_cancelled")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "no_effect")
    assert marketplace.status("mod-1") == OFFLINE


@pytest.mark.parametrize(("version", "outcome"), [(6, "superseded"), (7, "superseded"), (8, "changed")])
def test_a_cancellation_counts_only_with_a_newer_version(marketplace: Marketplace, version: int, outcome: str) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1), version=7)
    event = marketplace.publish("product.change_cancelled", version=version)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", outcome)


def test_a_cancellation_that_arrives_before_what_it_cancels_wins(marketplace: Marketplace) -> None:
    marketplace.publish("product.change_cancelled", version=2)
    late = marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1), version=1)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(late) == ("applied", "superseded")
    assert marketplace.scheduled_changes("mod-1") == {}


# --- versions and echoes


def test_versions_are_compared_at_receipt_only(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1), version=1)
    marketplace.change_status("mod-1", ONLINE, version=2)
    marketplace.run_all_now()
    clock.shift(HOUR)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE


def test_an_echo_of_a_scheduled_change_publishes_nothing(marketplace: Marketplace) -> None:
    change_status_directly(marketplace, OFFLINE, effective_at=datetime.now(UTC) + HOUR)
    [published] = marketplace.outgoing("mod-1")
    echo = marketplace.change_status("mod-1", published.data["status"], effective_at=published.data["effective_at"])
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(echo) == ("applied", "no_effect")
    assert marketplace.published_types("mod-1") == ["product.change_scheduled"]


def test_the_same_change_at_another_instant_is_no_echo(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    other = marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(2))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(other) == ("applied", "scheduled")
    assert marketplace.published_types("mod-1") == ["product.change_scheduled"] * 2


def test_nothing_can_be_scheduled_for_a_withdrawn_product(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", WITHDRAWN)
    event = marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "no_effect")
    assert marketplace.scheduled_changes("mod-1") == {}


def test_a_scheduled_return_that_others_hold_against_comes_to_nothing(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", ONLINE, SELLER, effective_at=in_hours(1))
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE)
    marketplace.run_all_now()
    clock.shift(HOUR)
    marketplace.run_all_now()
    assert (marketplace.status("mod-1"), marketplace.scheduled_changes("mod-1")) == (OFFLINE, {})


# --- whatever was late, the same end: received instants decide


def test_a_scheduler_that_was_away_does_not_let_an_old_change_outlive_a_newer_one(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    marketplace.run_all_now()
    clock.shift(2 * HOUR)
    marketplace.change_status("mod-1", ONLINE)
    process_pending(marketplace.runtime, "tests")  # a worker applies it before any scheduler has looked.
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == ONLINE


def test_a_button_pressed_after_a_change_was_due_comes_after_it(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    marketplace.run_all_now()
    clock.shift(2 * HOUR)
    change_status_directly(marketplace, ONLINE)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == ONLINE
    assert marketplace.published_types("mod-1") == ["product.change_scheduled", "product.hidden", "product.shown"]


def test_workers_that_were_away_end_where_they_would_have_ended_in_time(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(2))
    clock.shift(HOUR)
    marketplace.change_status(
        "mod-1", ONLINE
    )  # an hour before the hold is due: it changes nothing, and leaves the slot.
    clock.shift(2 * HOUR)
    marketplace.run_all_now()
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE


def test_a_cancellation_received_in_time_counts_although_it_is_applied_late(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(2))
    marketplace.run_all_now()
    clock.shift(HOUR)
    event = marketplace.publish("product.change_cancelled")
    clock.shift(2 * HOUR)
    apply_due(marketplace.runtime)  # the scheduler looks before any worker has applied the cancellation.
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert marketplace.status("mod-1") == ONLINE


def test_a_cancellation_received_after_the_instant_comes_too_late_whichever_is_applied_first(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", OFFLINE, effective_at=in_hours(1))
    marketplace.run_all_now()
    clock.shift(HOUR + MICROSECOND)
    event = marketplace.publish("product.change_cancelled")
    process_pending(marketplace.runtime, "tests")
    assert marketplace.state_and_outcome(event) == ("applied", "no_effect")
    assert marketplace.status("mod-1") == OFFLINE


# --- packs


def test_a_pack_is_scheduled_by_the_same_rules(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    marketplace.publish_products("mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    marketplace.change_status("pack-1", OFFLINE, kind="pack", effective_at=in_hours(1))
    marketplace.run_all_now()
    assert marketplace.is_pack_visible("pack-1")
    clock.shift(HOUR)
    marketplace.run_all_now()
    assert not marketplace.is_pack_visible("pack-1")
    assert marketplace.published_types("pack-1", "pack") == ["pack.change_scheduled", "pack.hidden"]
