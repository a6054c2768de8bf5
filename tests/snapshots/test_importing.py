"""Import of a marketplace's data: everything is there, nobody hears of it, and events go on from it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

from marketplace_hooks.domain.business_care.entitlement import Payment
from marketplace_hooks.models.cascades import Cascade
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.products import Listing
from marketplace_hooks.models.purchases import Purchase
from marketplace_hooks.models.subscriptions import Period, Subscription, SubscriptionState
from marketplace_hooks.models.support import Clock, SupportMessage, SupportRequest

from ..support.marketplace import OFFLINE, ONLINE, WITHDRAWN, Marketplace
from ..support.snapshots import count_outgoing, import_lines, line, renewal, run_as_json, whole_marketplace, write_lines


def subscription(marketplace: Marketplace, purchase_id: str) -> Subscription:
    [found] = marketplace.all(select(Subscription).where(Subscription.purchase_id == purchase_id))
    return found


def test_everything_that_a_snapshot_says_is_there_and_nobody_hears_of_it(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    answer = import_lines(marketplace, tmp_path / "all.ndjson", whole_marketplace())
    assert {row["kind"]: row["new"] for row in answer["entities"]} == {
        "seller": 2,
        "customer": 2,
        "product": 4,
        "pack": 1,
        "release": 2,
        "purchase": 4,
        "request": 1,
    }
    statuses = {id_: marketplace.status(id_) for id_ in ("mod-1", "mod-2", "mod-3", "mod-4")}
    assert statuses == {"mod-1": ONLINE, "mod-2": OFFLINE, "mod-3": WITHDRAWN, "mod-4": OFFLINE}
    assert marketplace.holding_sides("mod-2") == {"seller"}
    assert not marketplace.is_pack_visible("pack-1")
    assert len(marketplace.all(select(Listing).where(Listing.product_id == "mod-1"))) == 2
    states = {f"purchase-{number}": subscription(marketplace, f"purchase-{number}").state for number in range(1, 5)}
    assert states == {
        "purchase-1": SubscriptionState.ACTIVE,
        "purchase-2": SubscriptionState.ENDED,
        "purchase-3": SubscriptionState.EXPIRED,
        "purchase-4": SubscriptionState.ACTIVE,
    }
    marketplace.run_all_now()
    assert count_outgoing(marketplace) == 0
    assert marketplace.all(select(Cascade)) == []


def test_a_business_care_goes_on_where_it_stood(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    import_lines(marketplace, tmp_path / "all.ndjson", whole_marketplace())
    renewed = subscription(marketplace, "purchase-1")
    assert (renewed.current_index, renewed.last_day, renewed.anchor_on) == (2, date(2026, 3, 10), date(2024, 3, 10))
    assert renewed.customer_stopped_at == datetime(2025, 12, 1, 10, tzinfo=UTC)
    assert (renewed.announced_cents, renewed.notice_at) == (9900, None)
    periods = marketplace.all(select(Period).where(Period.purchase_id == "purchase-1").order_by(Period.index))
    assert [(one.index, one.first_day, one.payment) for one in periods] == [
        (1, date(2024, 3, 10), Payment.PAID),
        (2, date(2025, 3, 11), Payment.PAID),
    ]
    withdrawn = subscription(marketplace, "purchase-4")
    assert withdrawn.withdrawn_from == datetime(2026, 1, 10, 10, tzinfo=UTC)
    [purchase] = marketplace.all(select(Purchase).where(Purchase.id == "purchase-1"))
    assert purchase.shop_url == "https://new.example/"
    [price_then] = marketplace.all(select(Listing.price_cents).where(Listing.id == purchase.listing_id))
    assert price_then == 7900


def test_the_same_again_changes_nothing(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    import_lines(marketplace, tmp_path / "all.ndjson", whole_marketplace())
    clock.shift(3600)
    answer = import_lines(marketplace, tmp_path / "all.ndjson", whole_marketplace())
    assert {row["new"] for row in answer["entities"]} == {0}
    assert len(marketplace.all(select(SupportMessage))) == 1
    [recorded_at] = marketplace.all(select(Purchase.recorded_at).where(Purchase.id == "purchase-1"))
    assert recorded_at == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_clocks_start_only_where_the_line_says(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    silent = line("request", request_id="request-2", subject="Another", submitted_at="2026-02-26T09:00:00Z")
    import_lines(marketplace, tmp_path / "all.ndjson", [*whole_marketplace(), silent])
    clocks = marketplace.all(select(Clock).order_by(Clock.request_id, Clock.name))
    assert [(one.request_id, one.name, one.state) for one in clocks] == [
        ("request-1", "acknowledgement", "met"),
        ("request-1", "fix", "running"),
    ]
    requests = marketplace.all(select(SupportRequest).order_by(SupportRequest.id))
    assert [(one.id, one.handling, one.clocks_from) for one in requests] == [
        ("request-1", "acknowledged", datetime(2026, 2, 26, 9, tzinfo=UTC)),
        ("request-2", "accepted", None),
    ]
    clock.shift(60 * 86_400)
    marketplace.run_all_now()
    assert "request-2" not in {event.subject_id for event in marketplace.all(select(OutgoingEvent))}


def test_an_imported_history_is_not_charged_and_the_renewals_from_then_on_are(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    coming = line("purchase", purchase_id="purchase-5", purchased_at="2025-03-20T09:00:00Z")
    import_lines(marketplace, tmp_path / "all.ndjson", [*whole_marketplace(), coming])
    marketplace.run_all_now()
    assert count_outgoing(marketplace) == 0
    clock.shift(20 * 86_400)
    marketplace.run_all_now()
    due = marketplace.all(select(OutgoingEvent).where(OutgoingEvent.type == "subscription.renewal_due"))
    assert [(event.subject_id, event.data["period_index"]) for event in due] == [("purchase-5", 2)]


@pytest.mark.parametrize(("days_left", "announced"), [(75, 0), (45, 1), (25, 0)])
def test_a_notice_that_no_line_has_is_sent_while_its_days_last(
    sqlite_marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path, days_left: int, announced: int
) -> None:
    bought = datetime(2025, 3, 2, 9, tzinfo=UTC) + timedelta(days=days_left)
    lines = [line("seller"), line("product"), line("customer"), line("purchase", purchased_at=bought.isoformat())]
    import_lines(sqlite_marketplace, tmp_path / "all.ndjson", lines)
    sqlite_marketplace.run_all_now()
    due = select(OutgoingEvent.data).where(OutgoingEvent.type == "subscription.renewal_notice_due")
    assert [one["timeliness"] for one in sqlite_marketplace.all(due)] == ["in_time"] * announced


def test_events_from_then_on_may_overlap_and_count_once(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    paid = renewal(2, "2025-03-10T23:00:00Z")
    early = marketplace.publish(
        "subscription.renewed",
        purchase_id="purchase-1",
        period_index=2,
        **{name: paid[name] for name in ("charge_id", "amount", "occurred_at")},
    )
    late = marketplace.publish("purchase.shop_bound", purchase_id="purchase-3", shop_url="https://three.example/")
    marketplace.run_all_now()
    assert [marketplace.state_and_outcome(one)[0] for one in (early, late)] == ["parked", "parked"]
    answer = import_lines(marketplace, tmp_path / "all.ndjson", whole_marketplace())
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(early) == ("applied", "no_effect")
    assert marketplace.state_and_outcome(late) == ("applied", "changed")
    again = marketplace.publish("purchase.completed", purchased_at="2024-03-10T09:00:00Z")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(again) == ("applied", "no_effect")
    assert count_outgoing(marketplace) == 0
    assert answer["written"] is True


def test_what_an_event_has_brought_is_left_as_it_is(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    marketplace.publish("seller.upserted", name="Newer name")
    marketplace.run_all_now()
    answer = import_lines(marketplace, tmp_path / "seller.ndjson", [line("seller", name="Older name")])
    assert answer["entities"] == [{"kind": "seller", "lines": 1, "new": 0, "known": 1}]
    assert marketplace.seller().name == "Newer name"


def test_a_later_event_describes_anew_what_was_imported(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    import_lines(marketplace, tmp_path / "seller.ndjson", [line("seller", timestamp=None)])
    marketplace.publish("seller.upserted", sent_at=datetime(2020, 1, 1, tzinfo=UTC), name="Newer name")
    marketplace.run_all_now()
    assert marketplace.seller().name == "Newer name"


def test_a_check_writes_nothing(marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "all.ndjson", whole_marketplace())
    answer = run_as_json(marketplace, "import", "--check", path)
    assert (answer["written"], answer["error_count"]) == (False, 0)
    assert marketplace.all(select(func.count()).select_from(Purchase)) == [0]


def test_what_was_erased_here_is_not_brought_back(
    marketplace: Marketplace, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    marketplace.publish("customer.erased", customer_id="customer-1")
    marketplace.run_all_now()
    before = count_outgoing(marketplace)
    import_lines(marketplace, tmp_path / "all.ndjson", whole_marketplace())
    [purchase] = marketplace.all(select(Purchase).where(Purchase.id == "purchase-1"))
    assert purchase.shop_url is None
    [request] = marketplace.all(select(SupportRequest).where(SupportRequest.id == "request-1"))
    assert "galerie" not in request.body
    assert count_outgoing(marketplace) == before
