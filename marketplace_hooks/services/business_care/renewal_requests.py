"""What does a holder ask for here, by a button or the API: not to renew, to renew again, to take it up again?

The same as by event; here a refusal is raised, and names both states.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ...domain.business_care.renewals import StopCause
from ...domain.catalog.statuses import Status
from ...errors import Conflict, NotFound
from ...models.products import Product
from ...models.subscriptions import Subscription, SubscriptionState
from ..core.unit_of_work import Cause, UnitOfWork
from .entitlements import PurchaseFilter, read_purchases
from .holders import Holder
from .purchases import locked_purchase
from .renewal_history import read_history
from .renewal_preference import change_renewal, is_cancelled_by_customer
from .subscription_view import SubscriptionView, has_lapsed, price_of_reactivation, read_subscription
from .subscriptions import RUNNING_STATES, idempotency_key, publish, subscription_of


def request_renewal(uow: UnitOfWork, holder: Holder, *, enabled: bool, cause: Cause) -> SubscriptionView:
    """Cancel the tacit renewal, or enable it again, as received now; what stands after it.

    Asking for what is so already changes nothing and tells nobody. Raises `NotFound`; `Conflict` when nothing is left
    to renew, or when only a withdrawal stops it, which nobody but the marketplace can undo.
    """
    subscription = _locked(uow, holder)
    if subscription.state not in RUNNING_STATES:
        raise Conflict(
            f"the Business Care is {subscription.state}: there is no renewal",
            code="does_not_run",
            state=subscription.state,
            asked=SubscriptionState.ACTIVE,
        )
    history = read_history(uow.session, holder.purchase_id)
    locked = {stop.cause for stop in history.stops if stop.stands_at(uow.now)}
    if enabled and locked == {StopCause.WITHDRAWAL} and _status(uow, subscription) is Status.OFFLINE_PERMANENT:
        raise Conflict(
            "the product is withdrawn: its Business Care does not renew",
            code="product_withdrawn",
            state=Status.OFFLINE_PERMANENT,
            asked=Status.ONLINE,
        )
    if bool(locked) if enabled else not is_cancelled_by_customer(subscription):
        change_renewal(uow, subscription, enabled=enabled, actor=cause.actor, received_at=uow.now, cause=cause)
        uow.session.flush()
    return read_subscription(uow.session, holder, uow.now, uow.zone)


def request_reactivation(uow: UnitOfWork, holder: Holder, cause: Cause) -> dict[str, Any]:
    """Tell the platform to charge for an expired Business Care; it runs again once `subscription.reactivated` comes.

    Returns what it was told: amount, lines, idempotency key. Asked twice it is told twice, under one key. Raises
    `NotFound`; `Conflict` when it has not expired, when the product is withdrawn, or while the bank has reversed what
    was paid for the product.
    """
    subscription = _locked(uow, holder)
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
    offer = price_of_reactivation(uow.session, subscription, uow.now, uow.zone)
    told = {**offer.as_json(), "idempotency_key": idempotency_key(subscription, offer.period_index)}
    publish(uow, subscription, "reactivation_due", told, cause)
    return told


def _locked(uow: UnitOfWork, holder: Holder) -> Subscription:
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
