"""Business Care in tests: let time pass, publish charges and customers' choices, and read what came of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine
from sqlalchemy import select

from marketplace_hooks.domain.business_care.entitlement import Entitlement, EntitlementQuestion
from marketplace_hooks.models.outbox import OutgoingEvent
from marketplace_hooks.models.purchases import Purchase
from marketplace_hooks.models.subscriptions import Notice, Period, Subscription
from marketplace_hooks.services.business_care.entitlements import PurchaseFilter, judge_entitlement
from marketplace_hooks.services.business_care.renewal_run_state import acquire_run
from marketplace_hooks.services.core.unit_of_work import run_in_transaction

from .customers import SHOP, money
from .marketplace import Marketplace

PURCHASE = "purchase-1"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CLAIM_DELAY = timedelta(minutes=15)
FIRST_DAYS = date(2027, 3, 2)
SECOND_DAYS = date(2028, 3, 2)


def instant(text: str) -> datetime:
    """An instant as RFC 3339 writes it."""
    return datetime.fromisoformat(text).astimezone(UTC)


BOUGHT = instant("2026-03-02T10:30:00+01:00")
RENEWAL = instant("2027-03-03T00:00:00+01:00")
SECOND_RENEWAL = instant("2028-03-03T00:00:00+01:00")


def run_until(marketplace: Marketplace, clock: time_machine.Traveller, until: datetime) -> None:
    """Move the clock while the service runs: the renewal run is released at least once a month."""
    while (left := until - datetime.now(UTC)) > timedelta(0):
        clock.shift(min(left, 25 * DAY))
        run_in_transaction(marketplace.runtime, acquire_run)
    clock.move_to(until)
    marketplace.run_all_now()


def is_charged(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    """The second period has been claimed and paid."""
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY)
    publish_charge(marketplace, "renewed")
    marketplace.run_all_now()


# --- publishing


def publish_renewal_cancelled(marketplace: Marketplace, received_at: datetime, purchase_id: str = PURCHASE) -> str:
    """Publish that the customer cancelled the renewal; return the event's id."""
    return _publish_choice(marketplace, "subscription.renewal_cancelled", received_at, purchase_id)


def publish_renewal_enabled(marketplace: Marketplace, received_at: datetime, purchase_id: str = PURCHASE) -> str:
    """Publish that the customer enabled the renewal again; return the event's id."""
    return _publish_choice(marketplace, "subscription.renewal_enabled", received_at, purchase_id)


def _publish_choice(marketplace: Marketplace, type_: str, received_at: datetime, purchase_id: str) -> str:
    return marketplace.publish(type_, purchase_id=purchase_id, actor="customer", received_at=received_at.isoformat())


def publish_charge(
    marketplace: Marketplace,
    type_: str,
    index: int = 2,
    *,
    amount_cents: int = 3960,
    occurred_at: datetime | None = None,
    purchase_id: str = PURCHASE,
    **more: Any,
) -> str:
    """Publish the result of charging a period: `renewed`, `payment_failed`, `reactivated`; return the event's id."""
    return marketplace.publish(
        f"subscription.{type_}",
        purchase_id=purchase_id,
        period_index=index,
        amount=more.pop("amount", money(amount_cents)),
        charge_id=more.pop("charge_id", f"ch-{purchase_id}-{index}"),
        occurred_at=(occurred_at or datetime.now(UTC)).isoformat(),
        **{"final": False, **more},
    )


# --- reading


def purchase(marketplace: Marketplace, purchase_id: str = PURCHASE) -> Purchase:
    [found] = marketplace.all(select(Purchase).where(Purchase.id == purchase_id))
    return found


def subscription(marketplace: Marketplace, purchase_id: str = PURCHASE) -> Subscription:
    [found] = marketplace.all(select(Subscription).where(Subscription.purchase_id == purchase_id))
    return found


def periods(marketplace: Marketplace, purchase_id: str = PURCHASE) -> list[Period]:
    return marketplace.all(select(Period).where(Period.purchase_id == purchase_id).order_by(Period.index))


def payments(marketplace: Marketplace, purchase_id: str = PURCHASE) -> dict[int, str]:
    """The payment state of each period, by index."""
    return {one.index: one.payment.value for one in periods(marketplace, purchase_id)}


def notices(marketplace: Marketplace, purchase_id: str = PURCHASE) -> list[Notice]:
    query = select(Notice).where(Notice.purchase_id == purchase_id)
    return marketplace.all(query.order_by(Notice.period_index))


def outgoing(marketplace: Marketplace, name: str, purchase_id: str = PURCHASE) -> list[OutgoingEvent]:
    """The outgoing `subscription.<name>` events of a purchase, in their sequence."""
    return [one for one in marketplace.outgoing(purchase_id, "purchase") if one.type == f"subscription.{name}"]


def published_types(marketplace: Marketplace, purchase_id: str = PURCHASE) -> list[str]:
    """The types of the outgoing events of a purchase, in order, without the prefix they share."""
    return [one.removeprefix("subscription.") for one in marketplace.published_types(purchase_id, "purchase")]


def check_entitlement(
    marketplace: Marketplace,
    at: datetime | None = None,
    *,
    site: str | None = SHOP,
    about: PurchaseFilter | None = None,
    product: str | None = None,
) -> Entitlement:
    """Check the entitlement of a purchase: now, or as it was at an instant."""
    runtime = marketplace.runtime
    question = EntitlementQuestion(
        at=at or datetime.now(UTC), zone=runtime.settings.reference_zone, product=product, site=site
    )
    with runtime.database.read_session() as session:
        return judge_entitlement(session, about or PurchaseFilter(purchase_id=PURCHASE), question, as_of_now=at is None)


def code_of(marketplace: Marketplace, at: datetime | None = None, **options: Any) -> str:
    """The code of the answer."""
    return check_entitlement(marketplace, at, **options).code.value
