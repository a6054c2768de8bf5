"""Fixes count once the customer can download them, from the receipt or the purchase. `rules.md` 22."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.domain.business_care.entitlement import EntitlementQuestion
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.services.business_care.holders import Holder
from marketplace_hooks.services.releases.downloads import list_downloads
from marketplace_hooks.services.support import moves, offers

from ...support.api_callers import caller_of
from ...support.customers import money, publish_release, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.support_desk import (
    CAUSE,
    PURCHASE,
    REQUEST,
    buy_release,
    clocks,
    in_transaction,
    now,
    publish_request,
    request,
    set_up_request,
    set_up_support,
)

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    set_up_support(marketplace)
    set_up_request(marketplace)
    clock.shift(HOUR)
    return marketplace


def test_a_paid_release_that_names_a_request_has_no_effect_until_it_was_bought(desk: Marketplace) -> None:
    event = publish_release(desk, "paid-1", kind="paid", fixes=[REQUEST])
    desk.run_all_now()
    assert desk.event(event).outcome == "changed"
    assert f"{REQUEST} (not_bought)" in str(desk.event(event).errors)
    assert (request(desk).handling, clocks(desk)) == ("accepted", {"acknowledgement": "running", "fix": "running"})
    buy_release(desk, "paid-1")
    assert (request(desk).handling, clocks(desk)["fix"]) == ("resolved", "met")


def test_a_fix_counts_from_the_receipt_of_its_event(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_release(desk, fixes=[REQUEST])
    received_at = datetime.now(UTC)
    clock.shift(90 * 24 * HOUR)
    desk.run_all_now()
    assert clocks(desk) == {"acknowledgement": "met", "fix": "met"}
    assert abs(request(desk).resolved_at - received_at) < HOUR


def test_a_fix_published_after_business_care_expired_counts_for_a_request_sent_in_time(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    """Entitlement is judged once, at submission: the release is this customer's, but no other expired one's."""
    marketplace.publish_products("mod-1")
    for purchase_id in (PURCHASE, "purchase-2"):
        set_up_purchase(marketplace, purchase_id, purchased_at="2025-03-05T09:00:00Z")
        stop = {"purchase_id": purchase_id, "actor": "customer", "received_at": now()}
        marketplace.publish("subscription.renewal_cancelled", **stop)
    marketplace.run_all_now()
    publish_request(marketplace)
    clock.shift(7 * 24 * HOUR)
    publish_release(marketplace, fixes=[REQUEST])
    publish_release(marketplace, "release-2", fixes=[])
    marketplace.run_all_now()
    assert (request(marketplace).handling, clocks(marketplace)["fix"]) == ("resolved", "met")
    question = EntitlementQuestion(at=marketplace.runtime.now(), zone=marketplace.runtime.settings.reference_zone)
    available = set()
    with marketplace.runtime.database.read_session() as session:
        for purchase_id in (PURCHASE, "purchase-2"):
            holder = Holder(purchase_id=purchase_id, customer_id="customer-1")
            listed, _ = list_downloads(session, holder, question)
            available |= {(purchase_id, one.release_id) for one in listed if one.is_available}
    assert available == {(PURCHASE, "release-1")}


@pytest.mark.parametrize("sent", [{"shop_url": None}, {"shop_url": "https://another.example/"}, {"shop_url": "???"}])
def test_it_counts_for_every_accepted_request_whatever_was_said_of_its_site(
    marketplace: Marketplace, clock: time_machine.Traveller, sent: dict[str, Any]
) -> None:
    marketplace.publish_products("mod-1")
    set_up_purchase(marketplace, PURCHASE, purchased_at="2025-03-05T09:00:00Z")
    stop = {"purchase_id": PURCHASE, "actor": "customer", "received_at": now()}
    marketplace.publish("subscription.renewal_cancelled", **stop)
    marketplace.run_all_now()
    publish_request(marketplace, **sent)
    assert (request(marketplace).handling, request(marketplace).entitlement["valid"]) == ("accepted", False)
    clock.shift(7 * 24 * HOUR)
    event = publish_release(marketplace, fixes=[REQUEST])
    marketplace.run_all_now()
    assert (request(marketplace).handling, clocks(marketplace)["fix"]) == ("resolved", "met")
    assert marketplace.event(event).errors is None


@pytest.mark.parametrize("kind", ["free", "paid"])
def test_a_release_of_the_future_resolves_what_it_fixes_when_it_becomes_available(
    desk: Marketplace, clock: time_machine.Traveller, kind: str
) -> None:
    published_at = datetime.now(UTC) + 48 * HOUR
    publish_release(desk, "later", kind=kind, fixes=[REQUEST], published_at=published_at.isoformat())
    desk.run_all_now()
    if kind == "paid":
        buy_release(desk, "later")
    assert (request(desk).handling, clocks(desk)["fix"]) == ("accepted", "running")
    clock.shift(49 * HOUR)
    desk.run_all_now()
    assert (request(desk).handling, clocks(desk)["fix"]) == ("resolved", "met")
    assert request(desk).resolved_at == published_at


def test_what_another_purchase_has_bought_fixes_nothing(desk: Marketplace) -> None:
    set_up_purchase(desk, "purchase-2", customer_id="customer-2")
    publish_release(desk, "paid-1", kind="paid", fixes=[REQUEST])
    desk.run_all_now()
    buy_release(desk, "paid-1", purchase_id="purchase-2")
    assert (request(desk).handling, clocks(desk)["fix"]) == ("accepted", "running")


# --- a release that named the request before it could be resolved


def test_a_release_resolves_a_request_that_becomes_known_later(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    """Only ids order the events of different subjects: the fix may be applied before the request that it fixes."""
    set_up_support(marketplace)
    submitted_at = datetime.now(UTC)
    clock.shift(HOUR)
    event = publish_release(marketplace, fixes=["another", REQUEST])
    published_at = datetime.now(UTC)
    marketplace.run_all_now()
    assert f"{REQUEST} (unknown)" in str(marketplace.event(event).errors)
    clock.shift(HOUR)
    publish_request(marketplace, submitted_at=submitted_at.isoformat())
    assert (request(marketplace).handling, request(marketplace).resolved_at) == ("resolved", published_at)
    assert clocks(marketplace) == {"acknowledgement": "met", "fix": "met"}
    assert request(marketplace).resolution == {"how": "release", "release_id": "release-1", "text": ""}
    assert [one for one in published(marketplace) if one in BEGINS] == BEGINS


BEGINS = ["support_request.accepted", "support_request.acknowledged", "support_request.resolved"]


def published(marketplace: Marketplace) -> list[str]:
    return [one.type for one in marketplace.all(select(OutgoingEvent).order_by(OutgoingEvent.id))]


@pytest.mark.parametrize("kind", ["free", "paid"])
def test_a_release_resolves_a_request_that_waited_for_information(
    marketplace: Marketplace, clock: time_machine.Traveller, kind: str
) -> None:
    set_up_support(marketplace)
    customer = caller_of(marketplace, "customer", "customer-1")
    sent = {"purchase_id": PURCHASE, "subject": "Empty", "body": "The gallery is empty.", "shop_url": None}
    answer = customer.post("/support-requests", sent)
    id_ = answer.get_json()["request_id"]
    assert request(marketplace, id_).handling == "needs_information"
    event = publish_release(marketplace, "r-1", kind=kind, fixes=[id_])
    marketplace.run_all_now()
    assert f"{id_} (needs_information)" in str(marketplace.event(event).errors)
    clock.shift(HOUR)
    began_at = datetime.now(UTC)
    assert customer.post(f"/support-requests/{id_}/send-as-is", {}).status_code == 200
    if kind == "paid":
        assert request(marketplace, id_).handling == "accepted"
        buy_release(marketplace, "r-1")
    assert (request(marketplace, id_).handling, request(marketplace, id_).resolved_at) == ("resolved", began_at)


def disputes(marketplace: Marketplace, outcome: str | None = None) -> None:
    data = {"purchase_id": PURCHASE}
    if outcome is None:
        marketplace.publish("purchase.disputed", **data, disputed_at=now(), amount=money(9900))
    else:
        marketplace.publish("purchase.dispute_closed", **data, outcome=outcome, closed_at=now())
    marketplace.run_all_now()


@pytest.mark.parametrize("way", ["free", "bought", "offered"])
def test_a_fix_published_or_bought_during_a_dispute_counts_once_it_is_won(
    desk: Marketplace, clock: time_machine.Traveller, way: str
) -> None:
    """A dispute that was won was never one: the fix counts from when it was published or bought."""
    if way == "offered":
        publish_release(desk, "r-1", kind="paid", fixes=[])
        desk.run_all_now()
        given = {"release_id": "r-1", "amount": money(2900), "text": ""}
        in_transaction(desk, lambda uow: offers.make_offer(uow, REQUEST, **given, cause=CAUSE))
        in_transaction(desk, lambda uow: offers.answer_offer(uow, REQUEST, accepted=True, cause=CAUSE))
    disputes(desk)
    clock.shift(HOUR)
    delivered_at = datetime.now(UTC)
    if way != "offered":
        publish_release(desk, "r-1", kind="free" if way == "free" else "paid", fixes=[REQUEST])
        desk.run_all_now()
    if way != "free":
        buy_release(desk, "r-1")
    assert clocks(desk)["fix"] == "running"
    clock.shift(60 * 24 * HOUR)
    desk.run_all_now()
    assert clocks(desk)["fix"] == "missed"
    disputes(desk, "won")
    assert (request(desk).handling, clocks(desk)["fix"]) == ("resolved", "met")
    assert request(desk).resolved_at == delivered_at
    assert request(desk).resolution["how"] == ("paid_update" if way == "offered" else "release")


def test_a_dispute_that_is_lost_delivers_nothing(desk: Marketplace) -> None:
    disputes(desk)
    publish_release(desk, fixes=[REQUEST])
    desk.run_all_now()
    disputes(desk, "lost")
    assert request(desk).handling == "accepted"


def test_what_did_not_fix_it_is_not_delivered_again(desk: Marketplace, clock: time_machine.Traveller) -> None:
    publish_release(desk, fixes=[REQUEST])
    desk.run_all_now()
    clock.shift(HOUR)
    in_transaction(desk, lambda uow: moves.report_not_fixed(uow, REQUEST, text="Still empty", cause=CAUSE))
    disputes(desk)
    disputes(desk, "won")
    assert (request(desk).handling, clocks(desk)["fix"]) == ("acknowledged", "running")


def test_a_release_of_another_product_or_of_the_future_resolves_nothing_early(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_support(marketplace)
    marketplace.publish_products("mod-2")
    publish_release(marketplace, product_id="mod-2", fixes=[REQUEST])
    published_at = datetime.now(UTC) + 48 * HOUR
    publish_release(marketplace, "later", fixes=[REQUEST], published_at=published_at.isoformat())
    marketplace.run_all_now()
    publish_request(marketplace)
    assert request(marketplace).handling == "accepted"
    clock.shift(49 * HOUR)
    marketplace.run_all_now()
    assert (request(marketplace).handling, request(marketplace).resolved_at) == ("resolved", published_at)
