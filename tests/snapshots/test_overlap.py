"""Overlap of events and an import: what only a line says of something known is added, and nobody hears of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import time_machine
from sqlalchemy import func, select

from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.products import Listing
from marketplace_hooks.models.purchases import Purchase
from marketplace_hooks.models.subscriptions import Subscription

from ..support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ..support.snapshots import Line, import_lines, line, listing

UNPAID = {"reason": "unpaid", "since": "2026-01-01T10:00:00Z"}
GONE = {"actor": "marketplace", "status": "offline_permanent", "reason": "end", "since": "2025-06-01T10:00:00Z"}
REST = {"actor": "seller", "status": "offline_temporary", "reason": "rest", "since": "2026-01-10T10:00:00Z"}


def outgoing_types(marketplace: Marketplace) -> list[str]:
    """The types of everything that was published."""
    return marketplace.all(select(OutgoingEvent.type).order_by(OutgoingEvent.id))


def known_marketplace(marketplace: Marketplace) -> None:
    """A seller with two products and their pack, as events describe them, the first product in its version 8."""
    marketplace.publish("seller.upserted")
    announced = {**listing(8, "2025-01-01T09:00:00Z"), "features": ["Zoom"]}
    del announced["version"], announced["price"]
    marketplace.publish("product.upserted", product_id="mod-1", version=8, listing=announced)
    marketplace.publish("product.upserted", product_id="mod-2", version=8, listing=announced)
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    marketplace.run_all_now()
    assert marketplace.is_pack_visible("pack-1")


def test_a_suspended_seller_whom_an_event_made_known_is_suspended(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    known_marketplace(marketplace)
    lines = [line("seller", suspended=UNPAID), line("product", product_id="mod-3"), line("product", version=8)]
    answer = import_lines(marketplace, tmp_path / "all.ndjson", lines)
    assert {one["kind"]: (one["new"], one["known"]) for one in answer["entities"]} == {
        "seller": (0, 1),
        "product": (1, 1),
    }
    assert {id_: marketplace.status(id_) for id_ in ("mod-1", "mod-2", "mod-3")} == dict.fromkeys(
        ("mod-1", "mod-2", "mod-3"), OFFLINE
    )
    assert marketplace.pack("pack-1").status == OFFLINE
    assert marketplace.seller().account_at == datetime(2026, 1, 1, 10, tzinfo=UTC)
    marketplace.run_all_now()
    assert outgoing_types(marketplace) == []
    marketplace.publish("seller.unsuspended")
    marketplace.run_all_now()
    assert [marketplace.status(id_) for id_ in ("mod-1", "mod-2", "mod-3")] == [ONLINE] * 3
    shown = [type_ for type_ in outgoing_types(marketplace) if type_ != "cascade.completed"]
    assert sorted(shown) == ["pack.shown", *["product.shown"] * 3]


def test_what_events_have_said_of_an_account_or_a_side_is_newer_than_a_line(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    known_marketplace(marketplace)
    marketplace.publish("seller.unsuspended")
    marketplace.change_status("mod-1", "offline_temporary", version=5)
    marketplace.change_status("mod-1", "online", version=6)
    marketplace.run_all_now()
    lines = [
        line("seller", suspended=UNPAID),
        line("product", version=8, statuses=[{**REST, "version": 4}]),
        line("product", product_id="mod-2", version=8),
    ]
    import_lines(marketplace, tmp_path / "all.ndjson", lines)
    assert [marketplace.status(id_) for id_ in ("mod-1", "mod-2")] == [ONLINE, ONLINE]
    assert marketplace.side_states("mod-1")["seller"].version == 6


def test_a_withdrawn_product_that_an_event_made_known_is_withdrawn_and_renews_nothing(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    known_marketplace(marketplace)
    marketplace.publish("customer.upserted")
    marketplace.publish("purchase.completed", purchase_id="purchase-9", purchased_at="2025-04-01T09:00:00Z")
    marketplace.run_all_now()
    before = outgoing_types(marketplace)
    lines = [
        line("seller"),
        line("customer"),
        line("product", version=8, statuses=[{**GONE, "version": 2}]),
        line("purchase", purchased_at="2025-03-20T09:00:00Z"),
    ]
    import_lines(marketplace, tmp_path / "all.ndjson", lines)
    assert marketplace.status("mod-1") == WITHDRAWN
    assert not marketplace.is_pack_visible("pack-1")
    [withdrawal] = marketplace.withdrawals("mod-1")
    assert (withdrawal.received_at, withdrawal.side) == (datetime(2025, 6, 1, 10, tzinfo=UTC), "marketplace")
    stopped = marketplace.all(select(Subscription.withdrawn_from, Subscription.notice_at))
    assert stopped == [withdrawal.effective_at] * 2
    clock.shift(60 * 86_400)
    marketplace.run_all_now()
    assert "subscription.renewal_due" not in outgoing_types(marketplace)[len(before) :]


def test_the_listings_before_those_of_events_are_stored_and_judge_old_purchases(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    known_marketplace(marketplace)
    price = {"amount_cents": 7900, "currency": "EUR"}
    history = [listing(1, "2021-01-04T09:00:00Z", price=price), listing(6, "2024-06-01T09:00:00Z")]
    lines: list[Line] = [
        line("customer"),
        line("product", version=7, listings=history),
        line("purchase", purchased_at="2024-03-10T09:00:00Z"),
    ]
    for _ in range(2):
        import_lines(marketplace, tmp_path / "all.ndjson", lines)
        stored = select(Listing.version).where(Listing.product_id == "mod-1").order_by(Listing.version)
        assert marketplace.all(stored) == [1, 6, 7, 8]
    assert marketplace.product("mod-1").description_version == 8
    [price_then] = marketplace.all(select(Listing.price_cents).join(Purchase, Purchase.listing_id == Listing.id))
    assert price_then == 7900
    marketplace.run_all_now()
    assert outgoing_types(marketplace) == []


def test_a_pack_that_an_event_made_known_is_held_as_its_line_says(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    known_marketplace(marketplace)
    lines = [line("pack", pack_id="pack-1", product_ids=["mod-1", "mod-2"], statuses=[{**REST, "version": 3}])]
    import_lines(marketplace, tmp_path / "all.ndjson", lines)
    assert (marketplace.pack("pack-1").status, marketplace.pack("pack-1").shown) == (OFFLINE, False)
    marketplace.run_all_now()
    assert outgoing_types(marketplace) == []
    assert marketplace.all(select(func.count()).select_from(Listing)) == [2]
