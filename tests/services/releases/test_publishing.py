"""A release is told in chunks: whoever dies in between, nobody is told twice and nobody is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.domain.business_care.entitlement import EntitlementQuestion
from marketplace_hooks.domain.civil_days import day_of
from marketplace_hooks.events.processor import process_pending
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.subscriptions import Subscription
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter, judge_entitlement
from marketplace_hooks.services.business_care.holders import is_entitled
from marketplace_hooks.services.operations.cascade_run import run_cascades

from ...support.customers import (
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
from ...support.marketplace import Marketplace

HOLDERS = 10


@pytest.fixture
def marketplace(make_marketplace: Callable[..., Marketplace], clock: time_machine.Traveller) -> Marketplace:
    marketplace = make_marketplace(CASCADE_CHUNK=3)
    marketplace.publish_products("mod-1")
    publish_customer(marketplace)
    for number in range(HOLDERS):
        publish_purchase(marketplace, f"purchase-{number}")
    marketplace.run_all_now()
    return marketplace


def published_to(marketplace: Marketplace) -> Counter[str]:
    """How often each holder was told of a release."""
    query = select(OutgoingEvent.subject_id).where(OutgoingEvent.type == "release.available")
    return Counter(marketplace.all(query))


def after(chunks: int) -> Callable[[], bool]:
    """Says stop once so many chunks have been done: the worker dies there."""
    asked = iter(range(1_000))
    return lambda: next(asked) > chunks  # asked once before the first claim.


@pytest.mark.parametrize("chunks", range(5))
def test_a_worker_that_dies_after_any_chunk_is_followed_by_one_who_goes_on_from_there(
    marketplace: Marketplace, clock: time_machine.Traveller, chunks: int
) -> None:
    publish_release(marketplace)
    process_pending(marketplace.runtime, "first")
    run_cascades(marketplace.runtime, "first", stop=after(chunks))
    assert sum(published_to(marketplace).values()) == min(3 * chunks, HOLDERS)
    clock.shift(timedelta(seconds=marketplace.runtime.settings.lease_s + 1))
    run_cascades(marketplace.runtime, "second")
    assert published_to(marketplace) == {f"purchase-{number}": 1 for number in range(HOLDERS)}
    [cascade] = marketplace.cascades("mod-1")
    assert (cascade.state, cascade.steps[0]["done"]) == ("done", HOLDERS)


def test_who_is_refunded_while_others_are_told_is_not_told(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    publish_release(marketplace)
    process_pending(marketplace.runtime, "first")
    run_cascades(marketplace.runtime, "first", stop=after(1))
    publish_refund(marketplace, "purchase-9")
    clock.shift(timedelta(seconds=marketplace.runtime.settings.lease_s + 1))
    run_cascades(marketplace.runtime, "second")
    assert published_to(marketplace) == {f"purchase-{number}": 1 for number in range(HOLDERS - 1)}


def test_the_set_of_holders_is_the_one_that_the_rule_would_choose_one_by_one(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace, "over", purchased_at="2024-06-15T10:00:00+02:00")
    set_up_purchase(marketplace, "last-day", purchased_at="2025-03-02T10:00:00+01:00")
    set_up_purchase(marketplace, "day-after", purchased_at="2025-03-01T10:00:00+01:00")
    set_up_purchase(marketplace, "renewed", purchased_at="2024-06-15T10:00:00+02:00")
    publish_renewal(marketplace, "renewed", 2)
    set_up_purchase(marketplace, "tomorrow", purchased_at="2026-03-03T10:00:00+01:00")
    publish_refund(marketplace, "purchase-1")
    publish_termination(marketplace, "purchase-2")
    publish_dispute(marketplace, "purchase-3")
    publish_dispute(marketplace, "purchase-4")
    publish_dispute_won(marketplace, "purchase-4")
    runtime = marketplace.runtime
    zone = runtime.settings.reference_zone
    for days in (0, 1, 200, 400):
        clock.shift(timedelta(days=days))
        now = runtime.now()
        with runtime.database.read_session() as session:
            holding = set(session.scalars(select(Subscription.purchase_id).where(is_entitled(now, day_of(now, zone)))))
            everybody = list(session.scalars(select(Subscription.purchase_id)))
            question = EntitlementQuestion(at=now, zone=zone)
            active = {
                id_ for id_ in everybody if judge_entitlement(session, PurchaseFilter(purchase_id=id_), question).active
            }
        assert holding == active
