"""Subscriptions: how a Business Care starts, goes on, expires and ends, with the events that are published about it.

The holder's requests are in `renewal_requests.py`, the results of charges in `payment_results.py`, ends for good and
charges to be given back in `reversals.py`, what is due by time in `renewal_run.py` and `renewal_notices.py`: all change
a subscription by the functions here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ...domain.business_care.entitlement import Payment
from ...domain.business_care.renewals import (
    PeriodDates,
    notice_day,
    original_date,
    period,
    renewal_instant,
    will_happen,
)
from ...domain.civil_days import first_instant
from ...domain.instants import format_instant
from ...models.purchases import Purchase
from ...models.subscriptions import Period, PeriodKind, Subscription, SubscriptionState
from ..core.unit_of_work import Cause, UnitOfWork
from .holders import SUBJECT
from .renewal_history import RenewalHistory, read_history, record_stops

RUNNING_STATES = (SubscriptionState.ACTIVE, SubscriptionState.PAYMENT_PENDING)


def subscription_of(session: Session, purchase_id: str) -> Subscription | None:
    """The Business Care of a purchase, locked; None for a free product."""
    return session.get(Subscription, purchase_id, with_for_update=True, populate_existing=True)


def start_subscription(uow: UnitOfWork, purchase: Purchase, cause: Cause) -> Subscription:
    """Open the first 12 months, included in the price; of a product withdrawn since, they are the last."""
    anchor = original_date(purchase.purchased_at, uow.zone)
    subscription = Subscription(
        purchase_id=purchase.id,
        customer_id=purchase.customer_id,
        product_id=purchase.product_id,
        anchor_on=anchor,
        anchor_index=1,
        sequence=0,
    )
    activate_period(uow, subscription, 1)
    first = period(anchor, 1)
    opened = Period(
        purchase_id=purchase.id,
        index=1,
        kind=PeriodKind.PURCHASE,
        first_day=first.first_day,
        last_day=first.last_day,
        starts_at=purchase.purchased_at,
        payment=Payment.PAID,
    )
    uow.session.add_all([subscription, opened])
    publish_started(uow, subscription, first, cause)
    return subscription


def set_current_period(uow: UnitOfWork, subscription: Subscription, index: int) -> None:
    """The period `index` is the last one, paid or pending; what is due after it is counted from the original date."""
    current = period(subscription.anchor_on, index, first_index=subscription.anchor_index)
    counted = index - subscription.anchor_index + 1
    subscription.current_index = index
    subscription.last_day = current.last_day
    subscription.renewal_at = renewal_instant(subscription.anchor_on, counted, uow.zone)
    subscription.notice_at = None
    subscription.announced_cents = None
    subscription.announced_currency = None


def activate_period(uow: UnitOfWork, subscription: Subscription, index: int) -> None:
    """The period `index` is paid: the subscription is active, and its next notice is to be sent."""
    set_current_period(uow, subscription, index)
    subscription.state = SubscriptionState.ACTIVE
    subscription.notice_at = first_instant(notice_day(subscription.last_day), uow.zone)


def plan_notice(uow: UnitOfWork, subscription: Subscription) -> None:
    """Schedule again the notice that was dropped: it will renew after all. Past its day, it is sent at once.

    Where a notice was sent before, the price that it named is looked at once more.
    """
    if subscription.state is not SubscriptionState.ACTIVE or subscription.renewal_at <= uow.now:
        return
    subscription.notice_at = first_instant(notice_day(subscription.last_day), uow.zone)


def expire(uow: UnitOfWork, subscription: Subscription, cause: Cause | None, *, unpaid: Period | None = None) -> None:
    """The Business Care is over; it can be reactivated while the product is sold.

    `unpaid` is the period that was claimed and never came into force: it ends where the one before it did. Without a
    `cause` nothing is published: it ended before it was on record here.
    """
    subscription.state = SubscriptionState.EXPIRED
    subscription.notice_at = None
    if unpaid is not None:
        before = uow.session.get_one(Period, (subscription.purchase_id, unpaid.index - 1))
        subscription.last_day = before.last_day
        subscription.renewal_at = unpaid.starts_at
    if cause is not None:
        publish(uow, subscription, "expired", {"last_day": subscription.last_day}, cause)


def will_renew(subscription: Subscription, history: RenewalHistory) -> bool:
    """Whether the renewal after the current period is for this service to claim, and nothing stops it."""
    return will_happen(history.renewal(subscription.renewal_at))


def has_lapsed(subscription: Subscription, history: RenewalHistory, at: datetime) -> bool:
    """Whether it is over at an instant without being ended for good, recorded already or not: it may be reactivated."""
    if subscription.renewal_at > at:
        return False
    is_unnoticed = subscription.state is SubscriptionState.ACTIVE and not will_renew(subscription, history)
    return is_unnoticed or subscription.state is SubscriptionState.EXPIRED


def last_covered_day(
    uow: UnitOfWork, subscription: Subscription, history: RenewalHistory, charged: Sequence[Period] = ()
) -> date:
    """The last day of a Business Care that does not renew any more.

    A renewal that has come to its instant without being stopped happens all the same; one that was wrongly
    `charged` is reversed.
    """
    if charged:
        return charged[0].first_day - timedelta(days=1)
    index = subscription.current_index
    awaited = subscription.state is SubscriptionState.ACTIVE and subscription.renewal_at <= uow.now
    if awaited and will_renew(subscription, history):
        index += 1
    return period(subscription.anchor_on, index, first_index=subscription.anchor_index).last_day


def idempotency_key(subscription: Subscription, index: int) -> str:
    """What makes the platform charge a period once, however often it is asked."""
    return f"{subscription.purchase_id}:{index}"


def publish_started(uow: UnitOfWork, subscription: Subscription, first: PeriodDates, cause: Cause) -> None:
    """Publish its start, and, where it is known already (of a withdrawn product), that it will not renew."""
    history = read_history(uow.session, subscription.purchase_id)
    record_stops(subscription, history.renewal_stops)
    publish(uow, subscription, "started", {"first_day": first.first_day, "last_day": first.last_day}, cause)
    stopped_by = next((stop for stop in history.renewal_stops if stop.prevents(subscription.renewal_at)), None)
    if stopped_by is not None:
        publish_cancelled(uow, subscription, stopped_by.cause, cause)


def publish_cancelled(
    uow: UnitOfWork,
    subscription: Subscription,
    by: str,
    cause: Cause,
    *,
    last_day: date | None = None,
    ended_at: datetime | None = None,
) -> None:
    """Confirm that it does not renew, and until when it goes on: by default to the end of the current period."""
    payload: dict[str, Any] = {"by": by, "last_day": last_day or subscription.last_day}
    if ended_at is not None:
        payload["ended_at"] = ended_at
    publish(uow, subscription, "renewal_cancelled", payload, cause)


def publish(uow: UnitOfWork, subscription: Subscription, name: str, data: Mapping[str, Any], cause: Cause) -> str:
    """Publish an event about a subscription, with the ids that a receiver needs; return the event's id."""
    ids = {
        "purchase_id": subscription.purchase_id,
        "customer_id": subscription.customer_id,
        "product_id": subscription.product_id,
    }
    return uow.publish_counted_in(
        f"subscription.{name}", SUBJECT, subscription.purchase_id, subscription, {**ids, **_serialized(data)}, cause
    )


def _serialized(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _json_value(value) for name, value in data.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_instant(value)
    return value.isoformat() if isinstance(value, date) else value
