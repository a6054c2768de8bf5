"""Events about releases: who is notified, once, what is refused, and who bought one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.models.releases import Release, ReleasePurchase

from ..support.customers import (
    money,
    publish_customer,
    publish_dispute,
    publish_dispute_won,
    publish_purchase,
    publish_refund,
    publish_release,
    publish_renewal,
    publish_termination,
    set_up_purchase,
)
from ..support.marketplace import OFFLINE, WITHDRAWN, Marketplace


@pytest.fixture(autouse=True)
def _sold(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1", "mod-2")


def offers(marketplace: Marketplace, purchase_id: str) -> list[dict[str, Any]]:
    """The releases that the holder of a purchase was notified of, in their sequence."""
    offered = marketplace.outgoing(purchase_id, "purchase")
    return [event.data for event in offered if event.type == "release.available"]


def test_every_entitled_holder_is_notified_once_of_a_release(marketplace: Marketplace) -> None:
    for number in range(3):
        set_up_purchase(marketplace, f"purchase-{number}", customer_id=f"customer-{number}")
    set_up_purchase(marketplace, "elsewhere", product_id="mod-2")
    event = publish_release(marketplace)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")
    for number in range(3):
        [offered] = offers(marketplace, f"purchase-{number}")
        assert offered == {
            "purchase_id": f"purchase-{number}",
            "customer_id": f"customer-{number}",
            "product_id": "mod-1",
            "release_id": "release-1",
            "number": "2.4.0",
            "kind": "free",
            "price": None,
        }
    assert offers(marketplace, "elsewhere") == []


def test_a_paid_release_is_offered_at_its_price(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace, "release-2", kind="paid", price=money(2900))
    marketplace.run_all_now()
    [offered] = offers(marketplace, "purchase-1")
    assert (offered["kind"], offered["price"]) == ("paid", money(2900))


@pytest.mark.parametrize("status", [OFFLINE, WITHDRAWN])
def test_holders_are_notified_whether_the_product_is_online_or_not(marketplace: Marketplace, status: str) -> None:
    set_up_purchase(marketplace)
    marketplace.change_status("mod-1", status)
    marketplace.run_all_now()
    publish_release(marketplace)
    marketplace.run_all_now()
    assert len(offers(marketplace, "purchase-1")) == 1


@pytest.mark.parametrize(("bought_on", "is_notified"), [(2, True), (1, False)])
def test_the_last_day_of_the_period_counts_and_the_day_after_does_not(
    marketplace: Marketplace, bought_on: int, is_notified: bool
) -> None:
    # Today is 2 March 2026; 12 months from the day of purchase end with the same day of the next year.
    set_up_purchase(marketplace, purchased_at=datetime(2025, 3, bought_on, 9, tzinfo=UTC).isoformat())
    publish_release(marketplace)
    marketplace.run_all_now()
    assert len(offers(marketplace, "purchase-1")) == is_notified


@pytest.mark.parametrize("end", [publish_refund, publish_termination, publish_dispute])
def test_whoever_is_refunded_terminated_or_disputed_is_not_notified(marketplace: Marketplace, end: Any) -> None:
    set_up_purchase(marketplace)
    end(marketplace, "purchase-1")
    publish_release(marketplace)
    marketplace.run_all_now()
    assert offers(marketplace, "purchase-1") == []


def test_a_dispute_that_was_won_brings_the_next_release_back(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    publish_dispute(marketplace, "purchase-1")
    publish_dispute_won(marketplace, "purchase-1")
    publish_release(marketplace)
    marketplace.run_all_now()
    assert len(offers(marketplace, "purchase-1")) == 1


def test_a_cancelled_renewal_keeps_the_releases_coming_until_the_last_day(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    at = datetime.now(UTC).isoformat()
    facts = {"purchase_id": "purchase-1", "actor": "customer", "received_at": at}
    marketplace.publish("subscription.renewal_cancelled", **facts)
    publish_release(marketplace)
    marketplace.run_all_now()
    assert len(offers(marketplace, "purchase-1")) == 1


def test_many_holders_are_notified_by_chunks_each_with_a_sequence_that_grows(
    make_marketplace: Callable[..., Marketplace], marketplace: Marketplace
) -> None:
    numbers = marketplace.versions
    marketplace = make_marketplace(CASCADE_CHUNK=3)
    marketplace.versions = numbers  # the ids of its events go on.
    marketplace.publish_products("mod-9")
    publish_customer(marketplace)
    for number in range(8):
        publish_purchase(marketplace, f"many-{number}", product_id="mod-9")
    marketplace.run_all_now()
    publish_release(marketplace, product_id="mod-9")
    publish_release(marketplace, "release-b", product_id="mod-9", number="2.5.0")
    marketplace.run_all_now()
    for number in range(8):
        assert [one["release_id"] for one in offers(marketplace, f"many-{number}")] == ["release-1", "release-b"]
        sequences = [event.sequence for event in marketplace.outgoing(f"many-{number}", "purchase")]
        assert sequences == list(range(1, len(sequences) + 1))
    first, second = marketplace.cascades("mod-9")
    assert [(one.change, one.about, one.state) for one in (first, second)] == [
        ("release_published", "release-1", "done"),
        ("release_published", "release-b", "done"),
    ]
    assert [(one["name"], one["total"], one["done"]) for one in first.steps] == [("holders", 8, 8), ("events", 8, 8)]


def test_the_end_of_the_notifications_is_published_with_the_release(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace)
    marketplace.run_all_now()
    [completed] = [event for event in marketplace.outgoing("mod-1") if event.type == "cascade.completed"]
    assert (completed.data["change"], completed.data["release_id"]) == ("release_published", "release-1")
    assert completed.data["steps"]["holders"] == {"total": 1, "failed": 0}


def test_a_release_publishes_nothing_about_pages(marketplace: Marketplace) -> None:
    marketplace.publish_pack("pack-1", "mod-1", "mod-2")
    publish_release(marketplace)
    marketplace.run_all_now()
    [cascade] = marketplace.cascades("mod-1")
    assert [step["name"] for step in cascade.steps] == ["holders", "events"]
    assert marketplace.published_types("mod-1") == []


def test_a_release_of_the_future_is_announced_when_it_is_published(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    later = datetime.now(UTC) + timedelta(days=3)
    publish_release(marketplace, published_at=later.isoformat())
    marketplace.run_all_now()
    clock.move_to(later - timedelta(seconds=1))
    marketplace.run_all_now()
    assert offers(marketplace, "purchase-1") == []
    clock.move_to(later + timedelta(seconds=1))
    marketplace.run_all_now()
    assert len(offers(marketplace, "purchase-1")) == 1


def test_a_release_waits_for_its_product(marketplace: Marketplace) -> None:
    event = publish_release(marketplace, product_id="mod-7")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("parked", None)
    marketplace.publish_products("mod-7")
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


def test_the_same_release_received_again_notifies_nobody_again(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace)
    marketplace.run_all_now()
    again = publish_release(marketplace, sent_at=datetime.now(UTC) - timedelta(hours=1))
    moved = publish_release(
        marketplace,
        sent_at=datetime.now(UTC) + timedelta(seconds=1),
        download_url="https://other.example/a.zip",
    )
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(again) == ("applied", "superseded")
    assert marketplace.state_and_outcome(moved) == ("applied", "changed")
    assert marketplace.all(select(Release.download_url)) == ["https://other.example/a.zip"]
    assert len(offers(marketplace, "purchase-1")) == 1


@pytest.mark.parametrize(
    ("named", "wrong"),
    [
        ("data.product_id", {"product_id": "mod-2"}),
        ("data.kind", {"kind": "paid"}),
        ("data.published_at", {"published_at": "2025-01-01T00:00:00Z"}),
    ],
)
def test_a_release_received_with_other_facts_is_refused(
    marketplace: Marketplace, named: str, wrong: dict[str, Any]
) -> None:
    publish_release(marketplace)
    marketplace.run_all_now()
    event = publish_release(marketplace, **wrong)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert named in [error["path"] for error in marketplace.event(event).errors or []]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("data.price", {"kind": "paid", "price": None}),
        ("data.price", {"kind": "free", "price": money(100)}),
        ("data.sha256", {"sha256": "abc"}),
        ("data.download_url", {"download_url": "javascript:alert(1)"}),
        ("data.download_url", {"download_url": "https://user:word@files.example/a.zip"}),
        ("data.download_url", {"download_url": "http://files.example/a.zip"}),
        ("data.download_url", {"download_url": "http://192.168.1.5/a.zip"}),
        ("data.download_url", {"download_url": "https://"}),
        ("data.download_url", {"download_url": "https://files.example:99999/a.zip"}),
        ("data.manifest.a.value", {"manifest": {"a": "short"}}),
        ("data.number", {"number": ""}),
    ],
)
def test_a_release_that_cannot_be_is_rejected(marketplace: Marketplace, path: str, wrong: dict[str, Any]) -> None:
    event = publish_release(marketplace, **wrong)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert path in [error["path"] for error in marketplace.event(event).errors or []]


def test_a_release_may_be_fetched_from_this_machine_by_http(marketplace: Marketplace) -> None:
    event = publish_release(marketplace, download_url="http://127.0.0.1:8007/files/a.zip")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


def test_the_purchase_of_a_paid_release_is_recorded_once(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace, "release-2", kind="paid")
    first = bought(marketplace)
    again = bought(marketplace)
    marketplace.run_all_now()
    assert (marketplace.state_and_outcome(first), marketplace.state_and_outcome(again)) == (
        ("applied", "changed"),
        ("applied", "no_effect"),
    )
    assert marketplace.all(select(ReleasePurchase.amount_cents)) == [2900]


def test_what_was_bought_waits_for_its_purchase_and_for_its_release(marketplace: Marketplace) -> None:
    event = bought(marketplace)
    marketplace.run_all_now()
    assert (marketplace.state_and_outcome(event), marketplace.event(event).parked_on) == (
        ("parked", None),
        "purchase:purchase-1",
    )
    set_up_purchase(marketplace)
    assert (marketplace.state_and_outcome(event), marketplace.event(event).parked_on) == (
        ("parked", None),
        "release:release-2",
    )
    publish_release(marketplace, "release-2", kind="paid")
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("applied", "changed")


@pytest.mark.parametrize(
    ("release", "facts"),
    [
        ({"kind": "paid", "product_id": "mod-2"}, {}),
        ({"kind": "free"}, {}),
        ({"kind": "paid"}, {"amount": money(2900, "USD")}),
    ],
    ids=["of another product", "free", "in another currency"],
)
def test_a_release_that_cannot_have_been_bought_so_is_refused(
    marketplace: Marketplace, release: dict[str, Any], facts: dict[str, Any]
) -> None:
    set_up_purchase(marketplace)
    publish_release(marketplace, "release-2", **release)
    event = bought(marketplace, **facts)
    marketplace.run_all_now()
    assert marketplace.state_and_outcome(event) == ("rejected", None)
    assert marketplace.all(select(ReleasePurchase.release_id)) == []


def test_a_holder_who_renewed_is_notified_in_the_new_period(marketplace: Marketplace) -> None:
    set_up_purchase(marketplace, purchased_at="2024-06-15T10:00:00+02:00")
    publish_release(marketplace)
    marketplace.run_all_now()
    assert offers(marketplace, "purchase-1") == []
    publish_renewal(marketplace, "purchase-1", 2)
    publish_release(marketplace, "release-b", number="2.5.0")
    marketplace.run_all_now()
    assert [one["release_id"] for one in offers(marketplace, "purchase-1")] == ["release-b"]


def bought(marketplace: Marketplace, **more: Any) -> str:
    facts = {"release_id": "release-2", "purchase_id": "purchase-1", "amount": money(2900)}
    facts["purchased_at"] = datetime.now(UTC).isoformat()
    return marketplace.publish("release.purchased", **{**facts, **more})
