"""Renewal requests: the holder cancels the tacit renewal, enables it again, or reactivates what has expired.

By event, by a button or by the API. Changes are compared with the renewal's instant by when they were received, never
by the order in which they happened to be recorded (`rules.md` 10, 11). By event a refusal is a value; for a button or
the API it is raised, and names both states.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from ...database.engine import insert_new
from ...domain.audit_actions import AuditAction
from ...domain.business_care.entitlement import Payment
from ...domain.catalog.statuses import Status
from ...errors import Conflict, NotFound
from ...models.products import Product
from ...models.subscriptions import Period, RenewalChange, Subscription, SubscriptionState
from ..core.unit_of_work import Cause, UnitOfWork
from .entitlements import PurchaseFilter, read_purchases
from .holders import Holder
from .purchases import locked_purchase
from .renewal_history import RenewalHistory, read_history, record_customer_stops, recorded_stops
from .reversals import reverse_charges, wrongly_charged
from .subscription_view import SubscriptionView, price_of_reactivation, read_subscription
from .subscriptions import (
    RUNNING_STATES,
    has_lapsed,
    idempotency_key,
    last_covered_day,
    plan_notice,
    publish,
    publish_cancelled,
    subscription_of,
    will_renew,
)


def change_renewal(
    uow: UnitOfWork, subscription: Subscription, *, enabled: bool, actor: str, received_at: datetime, cause: Cause
) -> bool:
    """Record that the customer cancels or enables the renewal, as received at an instant. False: no difference.

    A cancellation is confirmed with the day until which Business Care goes on; one that was in time for a renewal
    claimed meanwhile has its charge reversed. Enabling lifts the customer's own stop, and the withdrawal's once the
    product has been reinstated (`rules.md` 4, 10).
    """
    change = {
        "purchase_id": subscription.purchase_id,
        "enabled": enabled,
        "actor": actor,
        "received_at": received_at,
        "recorded_at": uow.now,
    }
    statement = insert_new(uow.session, RenewalChange).returning(RenewalChange.id)
    if uow.session.execute(statement, [change]).first() is None:
        return False
    before = recorded_stops(subscription)
    was_cancelled = is_cancelled_by_customer(subscription)
    history = read_history(uow.session, subscription.purchase_id)
    record_customer_stops(subscription, history.renewal_stops)
    charged = wrongly_charged(uow, subscription, history)
    if is_cancelled_by_customer(subscription) and not was_cancelled and subscription.state in RUNNING_STATES:
        last_day = last_covered_day(uow, subscription, history, charged)
        publish_cancelled(uow, subscription, "customer", cause, last_day=last_day)
    reverse_charges(uow, subscription, charged, history, cause)
    if enabled:
        _revive(uow, subscription, history)
        if not history.stands_at(uow.now):
            plan_notice(uow, subscription)
    return recorded_stops(subscription) != before


def is_cancelled_by_customer(subscription: Subscription) -> bool:
    """Whether the customer has cancelled the renewal, and not enabled it since."""
    return subscription.customer_stopped_at is not None and subscription.customer_lifted_at is None


def _revive(uow: UnitOfWork, subscription: Subscription, history: RenewalHistory) -> None:
    """Undo an expiry for a cancellation that was taken back in time: the renewal is to be claimed after all."""
    if subscription.state is not SubscriptionState.EXPIRED or not will_renew(subscription, history):
        return
    current = uow.session.get_one(Period, (subscription.purchase_id, subscription.current_index))
    if current.payment is Payment.PAID:
        subscription.state = SubscriptionState.ACTIVE


def request_renewal(uow: UnitOfWork, holder: Holder, *, enabled: bool, cause: Cause) -> SubscriptionView:
    """Cancel the tacit renewal, or enable it again, as received now; return the Business Care after it.

    A request for what is so already publishes nothing, but is recorded: it is the customer's last word where one that
    was received earlier arrives later. Raises `NotFound`; `Conflict` when nothing is left to renew, or when only a
    withdrawal stops it, which only the marketplace can undo.
    """
    subscription = _locked_subscription(uow, holder)
    uow.audit(AuditAction.RENEWAL_CHANGED, holder.purchase_id, enabled=enabled)
    if subscription.state not in RUNNING_STATES:
        raise Conflict(
            f"the Business Care is {subscription.state}: there is no renewal",
            code="does_not_run",
            state=subscription.state,
            asked=SubscriptionState.ACTIVE,
        )
    is_cancelled = is_cancelled_by_customer(subscription)
    if enabled and not is_cancelled and _status(uow, subscription) is Status.OFFLINE_PERMANENT:
        raise Conflict(
            "the product is withdrawn: its Business Care does not renew",
            code="product_withdrawn",
            state=Status.OFFLINE_PERMANENT,
            asked=Status.ONLINE,
        )
    change_renewal(uow, subscription, enabled=enabled, actor=cause.actor, received_at=uow.now, cause=cause)
    uow.session.flush()
    return read_subscription(uow.session, holder, uow.now, uow.settings)


def request_reactivation(uow: UnitOfWork, holder: Holder, cause: Cause) -> dict[str, Any]:
    """Ask the platform to charge for an expired Business Care; it runs again once `subscription.reactivated` comes.

    Returns what was published: amount, lines, idempotency key. A second request publishes it again under the same key.
    Raises `NotFound`; `Conflict` when it has not expired, when the product is withdrawn, or while the bank has reversed
    what was paid for the product.
    """
    subscription = _locked_subscription(uow, holder)
    uow.audit(AuditAction.REACTIVATION_REQUESTED, holder.purchase_id)
    history = read_history(uow.session, holder.purchase_id)
    if not has_lapsed(subscription, history, uow.now):
        raise Conflict(
            f"the Business Care is {subscription.state}; only an expired one is reactivated",
            code="not_expired",
            state=subscription.state,
            asked=SubscriptionState.ACTIVE,
        )
    if _status(uow, subscription) is Status.OFFLINE_PERMANENT:
        raise Conflict(
            "a withdrawn product cannot be reactivated",
            code="product_withdrawn",
            state=Status.OFFLINE_PERMANENT,
            asked=Status.ONLINE,
        )
    _refuse_disputed(uow, subscription)
    offer = price_of_reactivation(uow.session, subscription, uow.now, uow.settings)
    payload = {**offer.as_json(), "idempotency_key": idempotency_key(subscription, offer.period_index)}
    publish(uow, subscription, "reactivation_due", payload, cause)
    return payload


def _locked_subscription(uow: UnitOfWork, holder: Holder) -> Subscription:
    """The subscription behind its purchase, both locked, in this order as everywhere."""
    purchase = locked_purchase(uow.session, holder.purchase_id)
    if purchase is None or holder.customer_id not in (None, purchase.customer_id):
        raise NotFound(f"there is no purchase {holder.purchase_id}")
    subscription = subscription_of(uow.session, purchase.id)
    if subscription is None:
        raise NotFound("the product was free: the purchase has no Business Care", code="no_business_care")
    return subscription


def _status(uow: UnitOfWork, subscription: Subscription) -> Status:
    return uow.session.execute(select(Product.status).where(Product.id == subscription.product_id)).scalar_one()


def _refuse_disputed(uow: UnitOfWork, subscription: Subscription) -> None:
    [facts] = read_purchases(uow.session, PurchaseFilter(purchase_id=subscription.purchase_id), uow.now)
    if any(dispute.stands_at(uow.now) for dispute in facts.disputes):
        raise Conflict(
            "the bank has reversed the payment of the purchase: taking it up again would open nothing",
            code="payment_disputed",
            state="payment_disputed",
            asked=SubscriptionState.ACTIVE,
        )
