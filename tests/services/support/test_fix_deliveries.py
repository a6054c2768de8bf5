"""Fixes count once the customer can download them, from the receipt or the purchase. `rules.md` 22."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from marketplace_hooks.domain.business_care.entitlement import EntitlementQuestion
from marketplace_hooks.services.business_care.holders import Holder
from marketplace_hooks.services.releases.downloads import list_downloads

from ...support.customers import publish_release, set_up_purchase
from ...support.marketplace import Marketplace
from ...support.support_desk import (
    PURCHASE,
    REQUEST,
    buy_release,
    clocks,
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
