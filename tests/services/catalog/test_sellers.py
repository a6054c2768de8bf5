"""A seller is what the newest description says, and a suspended account holds all that it sells. `rules.md` 7."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from marketplace_hooks.events.processor import process_pending

from ...support.marketplace import MARKETPLACE, OFFLINE, ONLINE, SELLER, WITHDRAWN, Marketplace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def shop(marketplace: Marketplace) -> Marketplace:
    """A marketplace where one seller sells two products and a pack of them, and another seller one product."""
    marketplace.publish_products("mod-1", "mod-2")
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    marketplace.publish_products("theirs-1", seller_id="seller-2")
    return marketplace


def suspend(shop: Marketplace, **data: object) -> str:
    return shop.publish("seller.suspended", seller_id="seller-1", **data)  # type: ignore[arg-type] # as events are given


def unsuspend(shop: Marketplace, **data: object) -> str:
    return shop.publish("seller.unsuspended", seller_id="seller-1", **data)  # type: ignore[arg-type] # as events are given


# --- descriptions


def test_a_seller_is_what_the_description_says(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted")
    marketplace.run_all_now()
    seller = marketplace.seller()
    assert (seller.name, seller.country, seller.locale) == ("Atelier Lumen", "FR", "fr-FR")
    assert seller.helpdesk_relays == ["support@lumen.example"]


@pytest.mark.parametrize(
    ("later", "name", "outcome"),
    [(-SECOND, "first", "superseded"), (timedelta(0), "second", "changed"), (SECOND, "second", "changed")],
)
def test_sellers_are_ordered_by_the_timestamps_of_their_events(
    marketplace: Marketplace, later: timedelta, name: str, outcome: str
) -> None:
    marketplace.publish("seller.upserted", name="first", sent_at=NOON)
    second = marketplace.publish("seller.upserted", name="second", sent_at=NOON + later)
    marketplace.run_all_now()
    assert marketplace.seller().name == name
    assert marketplace.state_and_outcome(second) == ("applied", outcome)


def test_relays_left_out_are_none(marketplace: Marketplace) -> None:
    marketplace.publish("seller.upserted", helpdesk_relays=[])
    marketplace.run_all_now()
    assert marketplace.seller().helpdesk_relays == []


# --- suspension


def test_a_suspended_account_holds_everything_that_is_sold_from_it(shop: Marketplace) -> None:
    event = suspend(shop, reason="Papers")
    shop.run_all_now()
    assert (shop.status("mod-1"), shop.status("mod-2"), shop.pack("pack-1").status) == (OFFLINE, OFFLINE, OFFLINE)
    assert not shop.is_pack_visible("pack-1")
    assert shop.published_types("mod-1") == shop.published_types("mod-2") == ["product.hidden"]
    assert shop.published_types("pack-1", "pack") == ["pack.hidden"]
    assert shop.outgoing("mod-1")[0].cause == {"event_id": event, "actor": MARKETPLACE, "reason": "Papers"}


def test_a_suspended_account_holds_nothing_of_others(shop: Marketplace) -> None:
    suspend(shop)
    shop.run_all_now()
    assert (shop.status("theirs-1"), shop.published_types("theirs-1")) == (ONLINE, [])


def test_pages_vanish_with_the_suspension_itself_and_not_with_its_cascade(shop: Marketplace) -> None:
    suspend(shop)
    process_pending(shop.runtime, "tests")
    assert shop.status("mod-1") == OFFLINE
    assert not shop.is_pack_visible("pack-1")


def test_packs_of_other_sellers_with_a_product_of_the_account_vanish_too(shop: Marketplace) -> None:
    shop.publish_pack("pack-2", "theirs-1", "mod-1", seller_id="seller-2")
    suspend(shop)
    shop.run_all_now()
    assert not shop.is_pack_visible("pack-2")
    assert shop.pack("pack-2").status == ONLINE
    assert shop.published_types("pack-2", "pack") == ["pack.hidden"]


def test_lifting_the_suspension_leaves_the_holds_of_other_sides(shop: Marketplace) -> None:
    shop.change_status("mod-1", OFFLINE, SELLER)
    suspend(shop)
    shop.run_all_now()
    unsuspend(shop)
    shop.run_all_now()
    assert (shop.status("mod-1"), shop.status("mod-2")) == (OFFLINE, ONLINE)
    assert shop.published_types("mod-1") == ["product.hidden"]
    assert shop.published_types("mod-2") == ["product.hidden", "product.shown"]
    assert not shop.is_pack_visible("pack-1")


def test_a_side_may_hold_and_lift_during_a_suspension_and_the_page_stays_hidden(shop: Marketplace) -> None:
    suspend(shop)
    shop.run_all_now()
    shop.change_status("mod-1", OFFLINE, SELLER)
    shop.change_status("mod-1", ONLINE, SELLER)
    shop.run_all_now()
    assert shop.status("mod-1") == OFFLINE
    assert shop.published_types("mod-1") == ["product.hidden"]
    unsuspend(shop)
    shop.run_all_now()
    assert shop.status("mod-1") == ONLINE


def test_neither_seller_nor_marketplace_brings_back_what_the_account_holds(shop: Marketplace) -> None:
    suspend(shop)
    refused = [shop.change_status("mod-1", ONLINE, side) for side in (SELLER, MARKETPLACE)]
    shop.run_all_now()
    assert [shop.state_and_outcome(event) for event in refused] == [("applied", "no_effect")] * 2
    assert shop.status("mod-1") == OFFLINE


def test_a_product_withdrawn_during_a_suspension_stays_withdrawn(shop: Marketplace) -> None:
    suspend(shop)
    shop.change_status("mod-1", WITHDRAWN)
    unsuspend(shop)
    shop.run_all_now()
    assert (shop.status("mod-1"), shop.status("mod-2")) == (WITHDRAWN, ONLINE)


def test_a_product_described_during_a_suspension_is_hidden_from_the_start(shop: Marketplace) -> None:
    suspend(shop)
    shop.run_all_now()
    shop.publish_products("mod-3")
    assert (shop.status("mod-3"), shop.published_types("mod-3")) == (OFFLINE, [])
    unsuspend(shop)
    shop.run_all_now()
    assert (shop.status("mod-3"), shop.published_types("mod-3")) == (ONLINE, ["product.shown"])


def test_a_product_described_in_the_batch_of_the_suspension_is_held_by_it(shop: Marketplace) -> None:
    shop.publish("product.upserted", product_id="mod-3")
    suspend(shop)
    shop.publish("product.upserted", product_id="mod-4")
    shop.run_all_now()
    assert (shop.status("mod-3"), shop.status("mod-4")) == (OFFLINE, OFFLINE)


def test_a_pack_described_during_a_suspension_is_hidden_from_the_start(shop: Marketplace) -> None:
    suspend(shop)
    shop.run_all_now()
    shop.publish_pack("pack-2", "mod-1", "mod-2")
    assert not shop.is_pack_visible("pack-2")
    unsuspend(shop)
    shop.run_all_now()
    assert shop.is_pack_visible("pack-2")
    assert shop.published_types("pack-2", "pack") == ["pack.shown"]


def test_a_reinstated_product_of_a_suspended_account_is_held_twice(shop: Marketplace) -> None:
    shop.change_status("mod-1", WITHDRAWN)
    suspend(shop)
    shop.publish("product.reinstated", product_id="mod-1")
    shop.change_status("mod-1", ONLINE, MARKETPLACE)
    shop.run_all_now()
    assert shop.status("mod-1") == OFFLINE
    unsuspend(shop)
    shop.run_all_now()
    assert shop.status("mod-1") == ONLINE


def test_echoes_of_a_suspension_publish_nothing(shop: Marketplace) -> None:
    suspend(shop)
    shop.run_all_now()
    echo = suspend(shop)
    shop.run_all_now()
    assert shop.state_and_outcome(echo) == ("applied", "no_effect")
    assert shop.published_types("mod-1") == ["product.hidden"]
    assert len(shop.cascades("seller-1")) == 1


@pytest.mark.parametrize(
    ("later", "outcome", "status"), [(-SECOND, "superseded", OFFLINE), (SECOND, "changed", ONLINE)]
)
def test_suspensions_are_ordered_by_their_timestamps(
    shop: Marketplace, later: timedelta, outcome: str, status: str
) -> None:
    suspend(shop, sent_at=NOON)
    event = unsuspend(shop, sent_at=NOON + later)
    shop.run_all_now()
    assert shop.state_and_outcome(event) == ("applied", outcome)
    assert shop.status("mod-1") == status


def test_a_description_stamped_later_does_not_outrank_a_suspension(shop: Marketplace) -> None:
    shop.publish("seller.upserted", seller_id="seller-1", sent_at=NOON + HOUR)
    event = suspend(shop, sent_at=NOON)
    shop.run_all_now()
    assert shop.state_and_outcome(event) == ("applied", "changed")


def test_a_suspension_may_be_scheduled(clock: time_machine.Traveller, shop: Marketplace) -> None:
    event = suspend(shop, effective_at=(datetime.now(UTC) + HOUR).isoformat(), reason="Papers")
    shop.run_all_now()
    assert shop.state_and_outcome(event) == ("applied", "scheduled")
    assert shop.status("mod-1") == ONLINE
    clock.shift(HOUR - SECOND)
    shop.run_all_now()
    assert shop.status("mod-1") == ONLINE
    clock.shift(SECOND)
    shop.run_all_now()
    assert (shop.status("mod-1"), shop.pack("pack-1").status) == (OFFLINE, OFFLINE)
    assert shop.outgoing("mod-1")[0].cause["event_id"] == event


def test_a_suspension_due_before_it_was_lifted_is_lifted_however_late_the_scheduler(
    clock: time_machine.Traveller, shop: Marketplace
) -> None:
    suspend(shop, effective_at=(datetime.now(UTC) + HOUR).isoformat())
    shop.run_all_now()
    clock.shift(2 * HOUR)
    unsuspend(shop)
    process_pending(shop.runtime, "tests")
    shop.run_all_now()
    assert shop.status("mod-1") == ONLINE
