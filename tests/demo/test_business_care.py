"""Demo of Business Care: every state that one can have, and a withdrawal with thousands of subscribers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace_hooks.demo import business_care, catalog
from marketplace_hooks.demo.catalog import Event
from marketplace_hooks.demo.load import signed_posts
from marketplace_hooks.demo.subscribers import product_events, subscriber_events, withdrawal_event
from marketplace_hooks.domain.business_care.entitlement import Entitlement, EntitlementQuestion
from marketplace_hooks.models.inbox import InboxEvent, InboxState
from marketplace_hooks.models.releases import Release, ReleasePurchase
from marketplace_hooks.models.subscriptions import Subscription
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter, judge_entitlement

from ..support.marketplace import SECRET, Marketplace, open_marketplace


def load(marketplace: Marketplace, posted: Iterable[Event]) -> None:
    """Post everything as the command does, and have it applied."""
    for path, headers, body in signed_posts(posted, SECRET, datetime.now(UTC)):
        answer = marketplace.app.test_client().post(path, data=body, headers=headers)
        assert answer.status_code == 202, answer.text
    marketplace.run_all_now()


def entitlement(marketplace: Marketplace, purchase_id: str) -> Entitlement:
    runtime = marketplace.runtime
    question = EntitlementQuestion(at=runtime.now(), zone=runtime.settings.reference_zone)
    with runtime.database.read_session() as session:
        return judge_entitlement(session, PurchaseFilter(purchase_id=purchase_id), question)


@pytest.fixture
def loaded(sqlite_url: str, tmp_path: Path) -> Any:
    with open_marketplace(sqlite_url, tmp_path / "instance", DEMO=True) as marketplace:
        now = datetime.now(UTC)
        load(marketplace, [*catalog.events(now), *business_care.events(now)])
        yield marketplace


def test_every_way_in_which_a_business_care_can_stand_is_shown(loaded: Marketplace) -> None:
    states = {event.event_id: (event.state, event.errors) for event in loaded.all(select(InboxEvent))}
    assert {id_: one for id_, one in states.items() if one[0] is not InboxState.APPLIED} == {}
    subscriptions = {one.purchase_id: one for one in loaded.all(select(Subscription))}
    now = datetime.now(UTC)
    for purchase_id in business_care.RENEWED:
        assert (subscriptions[purchase_id].state, subscriptions[purchase_id].current_index) == ("active", 2)
    for purchase_id in business_care.CANCELLED:
        assert (subscriptions[purchase_id].state, subscriptions[purchase_id].customer_stopped_at is None) == (
            "active",
            False,
        )
    for purchase_id in business_care.REACTIVATED:
        assert (subscriptions[purchase_id].state, subscriptions[purchase_id].anchor_index) == ("active", 2)
    for purchase_id in business_care.REFUNDED:
        assert entitlement(loaded, purchase_id).code == "REFUNDED"
    for purchase_id in business_care.DISPUTED:
        assert entitlement(loaded, purchase_id).code == "PAYMENT_DISPUTED"
    expired = [one for one in subscriptions.values() if one.state == "expired"]
    expiring = [one for one in subscriptions.values() if one.state == "active" and one.renewal_at < now + timedelta(30)]
    assert (len(expired) > 0, len(expiring) > 2) == (True, True)


def test_every_product_has_releases_and_some_are_sold_for_themselves(loaded: Marketplace) -> None:
    assert loaded.all(select(func.count(func.distinct(Release.product_id)))) == [40]
    assert loaded.all(select(func.count()).where(Release.kind == "paid")) == [len(business_care.PAID_RELEASES)]
    assert loaded.all(select(ReleasePurchase.purchase_id)) == list(business_care.BOUGHT)


@pytest.mark.parametrize("day", [datetime(2026, 2, 28, 23, 59, tzinfo=UTC), datetime(2028, 2, 29, 0, 0, tzinfo=UTC)])
def test_the_same_day_tells_the_same_events(day: datetime) -> None:
    posted = business_care.events(day)
    assert posted == business_care.events(day.replace(hour=12))
    assert len({id_ for id_, *_ in posted}) == len(posted)


def test_a_withdrawal_of_the_demo_cancels_every_renewal_and_no_entitlement(sqlite_url: str, tmp_path: Path) -> None:
    with open_marketplace(sqlite_url, tmp_path / "instance", CASCADE_CHUNK=7) as marketplace:
        now = datetime.now(UTC)
        load(marketplace, [*product_events("demo-1", now), *subscriber_events("demo-1", 45, now)])
        load(marketplace, [withdrawal_event("demo-1", now)])
        subscriptions = marketplace.all(select(Subscription))
        assert (len(subscriptions), {one.withdrawn_from is None for one in subscriptions}) == (45, {False})
        assert {entitlement(marketplace, one.purchase_id).active for one in subscriptions} == {True}
        [cascade] = marketplace.cascades("demo-1")
        assert next(one for one in cascade.steps if one["name"] == "renewals")["done"] == 45
