"""What does a holder ask for here, by a button or the API: not to renew, to renew again, to take it up again?

The same as by event; here a refusal is raised, and names both states.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ..domain.renewals import Cause as StopCause
from ..domain.statuses import Status
from ..errors import Conflict, NotFound
from ..store.products import Product
from ..store.subscriptions import Subscription, SubscriptionState
from .care import Care, has_lapsed, price_of_reactivation, read_care
from .choices import change_renewal, is_cancelled_by_customer
from .entitlements import Asked, read_purchases
from .holders import Holder
from .purchases import locked_purchase
from .stops import read_history
from .subscriptions import GOES_ON, idempotency_key, subscription_of, tell
from .work import Cause, Work


def ask_renewal(work: Work, holder: Holder, *, enabled: bool, cause: Cause) -> Care:
    """Cancel the tacit renewal, or enable it again, as received now; what stands after it.

    Asking for what is so already changes nothing and tells nobody. Raises `NotFound`; `Conflict` when nothing is left
    to renew, or when only a withdrawal stops it, which nobody but the marketplace can undo.
    """
    subscription = _locked(work, holder)
    if subscription.state not in GOES_ON:
        raise Conflict(
            f"the Business Care is {subscription.state}: there is no renewal",
            code="does_not_run",
            state=subscription.state,
            asked=SubscriptionState.ACTIVE,
        )
    history = read_history(work.session, holder.purchase_id)
    standing = {stop.cause for stop in history.stops if stop.stands_at(work.now)}
    if enabled and standing == {StopCause.WITHDRAWAL} and _status(work, subscription) is Status.OFFLINE_PERMANENT:
        raise Conflict(
            "the product is withdrawn: its Business Care does not renew",
            code="product_withdrawn",
            state=Status.OFFLINE_PERMANENT,
            asked=Status.ONLINE,
        )
    if bool(standing) if enabled else not is_cancelled_by_customer(subscription):
        change_renewal(work, subscription, enabled=enabled, actor=cause.actor, received_at=work.now, cause=cause)
        work.session.flush()
    return read_care(work.session, holder, work.now, work.zone)


def ask_reactivation(work: Work, holder: Holder, cause: Cause) -> dict[str, Any]:
    """Tell the platform to charge for an expired Business Care; it runs again once `subscription.reactivated` comes.

    Returns what it was told: amount, lines, idempotency key. Asked twice it is told twice, under one key. Raises
    `NotFound`; `Conflict` when it has not expired, when the product is withdrawn, or while the bank has reversed what
    was paid for the product.
    """
    subscription = _locked(work, holder)
    history = read_history(work.session, holder.purchase_id)
    if not has_lapsed(subscription, history, work.now):
        raise Conflict(
            f"the Business Care is {subscription.state}; only an expired one is reactivated",
            code="not_expired",
            state=subscription.state,
            asked=SubscriptionState.ACTIVE,
        )
    if _status(work, subscription) is Status.OFFLINE_PERMANENT:
        raise Conflict(
            "a withdrawn product cannot be reactivated",
            code="product_withdrawn",
            state=Status.OFFLINE_PERMANENT,
            asked=Status.ONLINE,
        )
    _refuse_disputed(work, subscription)
    offer = price_of_reactivation(work.session, subscription, work.now, work.zone)
    told = {**offer.as_json(), "idempotency_key": idempotency_key(subscription, offer.period_index)}
    tell(work, subscription, "reactivation_due", told, cause)
    return told


def _locked(work: Work, holder: Holder) -> Subscription:
    """The subscription behind its purchase, both locked, in this order as everywhere."""
    purchase = locked_purchase(work.session, holder.purchase_id)
    if purchase is None or holder.customer_id not in (None, purchase.customer_id):
        raise NotFound(f"there is no purchase {holder.purchase_id}")
    subscription = subscription_of(work.session, purchase.id)
    if subscription is None:
        raise NotFound("the product was free: the purchase has no Business Care", code="no_business_care")
    return subscription


def _status(work: Work, subscription: Subscription) -> Status:
    return work.session.execute(select(Product.status).where(Product.id == subscription.product_id)).scalar_one()


def _refuse_disputed(work: Work, subscription: Subscription) -> None:
    [facts] = read_purchases(work.session, Asked(purchase_id=subscription.purchase_id), work.now)
    if any(dispute.stands_at(work.now) for dispute in facts.disputes):
        raise Conflict(
            "the bank has reversed the payment of the purchase: taking it up again would open nothing",
            code="payment_disputed",
            state="payment_disputed",
            asked=SubscriptionState.ACTIVE,
        )
