"""Status changes by event follow the rules of holds, withdrawals and order. `rules.md` 1, 2 and 4."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace
from ...support.status_changes import cancel_scheduled_directly, change_status_directly, reinstate_directly

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _mod_1(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")


# --- holds


def test_a_hold_hides_the_page_and_is_published_with_its_cause(marketplace: Marketplace) -> None:
    event = marketplace.change_status("mod-1", OFFLINE, reason="Repairs")
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == OFFLINE
    [hidden, completed] = marketplace.outgoing("mod-1")
    assert hidden.type == "product.hidden"
    assert hidden.data == {"product_id": "mod-1", "seller_id": "seller-1", "status": OFFLINE}
    assert hidden.cause == {"event_id": event, "actor": SELLER, "reason": "Repairs"}
    assert completed.type == "cascade.completed"


def test_a_hold_remembers_whose_it_is_why_and_since_when(marketplace: Marketplace) -> None:
    event = marketplace.change_status("mod-1", OFFLINE, MARKETPLACE, reason="A complaint")
    marketplace.run_all_now()
    held = marketplace.side_states("mod-1")[MARKETPLACE]
    assert held.held_reason == "A complaint"
    assert held.held_since == marketplace.event(event).received_at
    assert held.held_cause == {"event_id": event, "actor": MARKETPLACE, "reason": "A complaint"}


def test_two_sides_hold_and_each_lifts_only_its_own(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE, SELLER)
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE)
    marketplace.run_all_now()
    assert marketplace.holding_sides("mod-1") == {SELLER, MARKETPLACE}
    marketplace.change_status("mod-1", ONLINE, SELLER)
    marketplace.run_all_now()
    assert (marketplace.holding_sides("mod-1"), marketplace.status("mod-1")) == ({MARKETPLACE}, OFFLINE)
    marketplace.change_status("mod-1", ONLINE, MARKETPLACE)
    marketplace.run_all_now()
    assert (marketplace.holding_sides("mod-1"), marketplace.status("mod-1")) == (set(), ONLINE)
    assert marketplace.published_types("mod-1") == ["product.hidden", "product.shown"]


def test_a_side_that_holds_nothing_cannot_bring_back_what_another_holds(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE)
    asked = marketplace.change_status("mod-1", ONLINE, SELLER)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(asked) == ("applied", "no_effect")
    assert "held by marketplace" in str(marketplace.event(asked).errors)
    assert marketplace.status("mod-1") == OFFLINE
    assert marketplace.published_types("mod-1") == ["product.hidden"]


# --- versions


def test_a_version_orders_the_events_of_one_side_only(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE, SELLER, version=9)
    other = marketplace.change_status("mod-1", OFFLINE, MARKETPLACE, version=1)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(other) == ("applied", "changed")
    assert marketplace.holding_sides("mod-1") == {SELLER, MARKETPLACE}


def test_a_version_orders_the_events_of_one_product_only(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-2")
    marketplace.change_status("mod-1", OFFLINE, version=9)
    marketplace.change_status("mod-2", OFFLINE, version=1)
    marketplace.run_all_now()
    assert marketplace.status("mod-2") == OFFLINE


@pytest.mark.parametrize("versions", [(1, 2), (2, 1)], ids=["in order", "the older one late"])
def test_a_pair_of_changes_ends_alike_in_both_orders(marketplace: Marketplace, versions: tuple[int, int]) -> None:
    status = {1: OFFLINE, 2: ONLINE}
    for version in versions:
        marketplace.change_status("mod-1", status[version], version=version)
        marketplace.run_all_now()
    assert marketplace.status("mod-1") == ONLINE


@pytest.mark.parametrize(("version", "outcome"), [(6, "superseded"), (7, "superseded"), (8, "changed")])
def test_an_event_counts_only_with_a_newer_version(marketplace: Marketplace, version: int, outcome: str) -> None:
    marketplace.change_status("mod-1", OFFLINE, version=7)
    event = marketplace.change_status("mod-1", ONLINE, version=version)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", outcome)


def test_an_event_without_effect_counts_for_the_order_all_the_same(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", ONLINE, version=5)
    late = marketplace.change_status("mod-1", OFFLINE, version=4)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(late) == ("applied", "superseded")
    assert marketplace.status("mod-1") == ONLINE


# --- echoes


@pytest.mark.parametrize("status", [OFFLINE, WITHDRAWN])
def test_an_event_that_leaves_its_side_as_it_is_publishes_nothing(marketplace: Marketplace, status: str) -> None:
    marketplace.change_status("mod-1", status)
    marketplace.run_all_now()
    before = marketplace.outgoing("mod-1")
    echo = marketplace.change_status("mod-1", status)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(echo) == ("applied", "no_effect")
    assert [event.id for event in marketplace.outgoing("mod-1")] == [event.id for event in before]
    assert len(marketplace.cascades("mod-1")) == 1


def test_an_echo_of_being_online_publishes_nothing(marketplace: Marketplace) -> None:
    echo = marketplace.change_status("mod-1", ONLINE)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(echo) == ("applied", "no_effect")
    assert (marketplace.outgoing("mod-1"), marketplace.cascades("mod-1")) == ([], [])


def test_an_echo_of_a_button_publishes_nothing(marketplace: Marketplace) -> None:
    change_status_directly(marketplace, OFFLINE)
    marketplace.run_all_now()
    echo = marketplace.change_status("mod-1", OFFLINE)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(echo) == ("applied", "no_effect")
    assert marketplace.published_types("mod-1") == ["product.hidden"]


# --- changes made in the service


@pytest.mark.parametrize(
    ("sent_s_after", "outcome"), [(-1, "superseded"), (0, "changed"), (1, "changed")], ids=["before", "at", "after"]
)
def test_an_event_stamped_before_a_change_made_in_the_service_is_superseded(
    marketplace: Marketplace, clock: time_machine.Traveller, sent_s_after: int, outcome: str
) -> None:
    change_status_directly(marketplace, OFFLINE)
    pressed_at = datetime.now(UTC)
    clock.shift(60)
    event = marketplace.change_status("mod-1", ONLINE, version=99, sent_at=pressed_at + timedelta(seconds=sent_s_after))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", outcome)
    assert marketplace.status("mod-1") == (OFFLINE if outcome == "superseded" else ONLINE)


def test_a_change_made_in_the_service_outranks_only_its_own_side(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    change_status_directly(marketplace, OFFLINE)
    event = marketplace.change_status("mod-1", OFFLINE, MARKETPLACE, sent_at=datetime.now(UTC) - HOUR)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


def test_a_change_made_in_the_service_consumes_no_version(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE, version=1)
    marketplace.run_all_now()
    change_status_directly(marketplace, ONLINE)
    event = marketplace.change_status("mod-1", OFFLINE, version=2)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


def test_a_button_that_changed_nothing_outranks_nothing(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    change_status_directly(marketplace, ONLINE)
    event = marketplace.change_status("mod-1", OFFLINE, sent_at=datetime.now(UTC) - HOUR)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


def test_a_cancellation_made_in_the_service_outranks_an_older_event(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    change_status_directly(marketplace, OFFLINE, effective_at=datetime.now(UTC) + 24 * HOUR)
    clock.shift(60)
    cancel_scheduled_directly(marketplace)
    event = marketplace.change_status("mod-1", OFFLINE, sent_at=datetime.now(UTC) - timedelta(seconds=30))
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "superseded")


def test_a_reinstatement_made_in_the_service_outranks_an_older_event(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    marketplace.change_status("mod-1", WITHDRAWN, MARKETPLACE)
    marketplace.run_all_now()
    clock.shift(60)
    reinstate_directly(marketplace)
    event = marketplace.change_status(
        "mod-1", WITHDRAWN, MARKETPLACE, sent_at=datetime.now(UTC) - timedelta(seconds=30)
    )
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "superseded")
    assert marketplace.status("mod-1") == OFFLINE


# --- withdrawal and reinstatement


def test_a_withdrawal_is_for_good_and_published_beside_the_hidden_page(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == WITHDRAWN
    assert marketplace.published_types("mod-1") == ["product.hidden", "product.withdrawn"]


def test_a_withdrawal_of_a_hidden_product_publishes_only_the_withdrawal(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE)
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.run_all_now()
    assert marketplace.published_types("mod-1") == ["product.hidden", "product.withdrawn"]


@pytest.mark.parametrize("side", [SELLER, MARKETPLACE])
@pytest.mark.parametrize("status", [ONLINE, OFFLINE])
def test_no_status_change_brings_back_a_withdrawn_product(marketplace: Marketplace, side: str, status: str) -> None:
    marketplace.change_status("mod-1", WITHDRAWN)
    asked = marketplace.change_status("mod-1", status, side)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(asked) == ("applied", "no_effect")
    assert status in str(marketplace.event(asked).errors)
    assert WITHDRAWN in str(marketplace.event(asked).errors)
    assert marketplace.status("mod-1") == WITHDRAWN


@pytest.mark.parametrize("lifted", [False, True])
def test_a_withdrawal_counts_whoever_holds(marketplace: Marketplace, lifted: bool) -> None:
    marketplace.change_status("mod-1", OFFLINE, MARKETPLACE)
    marketplace.change_status("mod-1", WITHDRAWN, SELLER)
    if lifted:
        marketplace.change_status("mod-1", ONLINE, MARKETPLACE)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == WITHDRAWN


def test_a_reinstated_product_is_back_offline_under_a_marketplace_hold(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", WITHDRAWN)
    event = marketplace.publish("product.reinstated", reason="By mistake")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    assert (marketplace.status("mod-1"), marketplace.holding_sides("mod-1")) == (OFFLINE, {MARKETPLACE})
    assert marketplace.published_types("mod-1") == ["product.hidden", "product.withdrawn", "product.reinstated"]


def test_the_marketplace_lifts_its_hold_after_a_reinstatement(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", WITHDRAWN)
    marketplace.publish("product.reinstated")
    marketplace.change_status("mod-1", ONLINE, MARKETPLACE)
    marketplace.run_all_now()
    assert marketplace.status("mod-1") == ONLINE
    assert marketplace.published_types("mod-1")[-1] == "product.shown"


def test_a_hold_from_before_the_withdrawal_stands_after_the_reinstatement(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", OFFLINE, SELLER)
    marketplace.change_status("mod-1", WITHDRAWN, MARKETPLACE)
    marketplace.publish("product.reinstated")
    marketplace.change_status("mod-1", ONLINE, MARKETPLACE)
    marketplace.run_all_now()
    assert (marketplace.status("mod-1"), marketplace.holding_sides("mod-1")) == (OFFLINE, {SELLER})


def test_a_withdrawal_stays_on_record_after_the_reinstatement(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", WITHDRAWN, reason="End of sale")
    marketplace.publish("product.reinstated", reason="By mistake")
    marketplace.change_status("mod-1", WITHDRAWN, reason="End of sale, this time")
    marketplace.run_all_now()
    first, second = marketplace.withdrawals("mod-1")
    assert (first.reason, first.reinstated_reason) == ("End of sale", "By mistake")
    assert first.reinstated_at is not None
    assert (second.reason, second.reinstated_at) == ("End of sale, this time", None)


def test_reinstating_what_was_not_withdrawn_changes_nothing(marketplace: Marketplace) -> None:
    event = marketplace.publish("product.reinstated")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "no_effect")
    assert (marketplace.status("mod-1"), marketplace.outgoing("mod-1")) == (ONLINE, [])


def test_a_late_reinstatement_is_superseded_by_what_the_marketplace_said_since(marketplace: Marketplace) -> None:
    marketplace.change_status("mod-1", WITHDRAWN, MARKETPLACE, version=5)
    event = marketplace.publish("product.reinstated", version=4)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "superseded")
    assert marketplace.status("mod-1") == WITHDRAWN


# --- both ways in


def test_the_button_and_the_event_give_the_same_state(marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-2")
    for status in (OFFLINE, ONLINE, WITHDRAWN):
        marketplace.change_status("mod-1", status)
        marketplace.run_all_now()
        change_status_directly(marketplace, status, id_="mod-2")
        marketplace.run_all_now()
        assert marketplace.status("mod-1") == marketplace.status("mod-2") == status
    assert marketplace.published_types("mod-1") == marketplace.published_types("mod-2")
    assert len(marketplace.cascades("mod-1")) == len(marketplace.cascades("mod-2"))


def test_a_refused_button_leaves_no_trace(marketplace: Marketplace) -> None:
    change_status_directly(marketplace, WITHDRAWN)
    marketplace.run_all_now()

    before = marketplace.outgoing("mod-1")
    change_status_directly(marketplace, ONLINE)
    assert marketplace.status("mod-1") == WITHDRAWN
    assert len(marketplace.outgoing("mod-1")) == len(before)
