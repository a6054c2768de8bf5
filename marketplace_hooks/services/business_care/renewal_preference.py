"""The customer cancels the tacit renewal, or enables it again: what does that change, whenever we come to hear of it?

Words are compared with the renewal's instant by when they were received, never by the order in which they happened to
be recorded (`domain.md` 10, 11).
"""

from __future__ import annotations

from datetime import datetime

from ...database.engine import insert_new
from ...domain.business_care.entitlement import Payment
from ...models.subscriptions import Period, RenewalChange, Subscription, SubscriptionState
from ..core.unit_of_work import Cause, UnitOfWork
from .renewal_history import History, read_history, record_customer_stops, recorded_stops
from .subscriptions import (
    RUNNING_STATES,
    last_covered_day,
    plan_notice,
    publish_cancelled,
    reverse_charges,
    will_renew,
    wrongly_charged,
)


def change_renewal(
    uow: UnitOfWork, subscription: Subscription, *, enabled: bool, actor: str, received_at: datetime, cause: Cause
) -> bool:
    """Record one word of the customer, as received at an instant. False: nothing is different for it.

    A cancellation is confirmed with the day until which Business Care goes on; one that was in time for a renewal
    claimed meanwhile has its charge reversed. Enabling lifts the customer's own cause, and the withdrawal's once the
    product has been reinstated (`domain.md` 4, 10).
    """
    word = {
        "purchase_id": subscription.purchase_id,
        "enabled": enabled,
        "actor": actor,
        "received_at": received_at,
        "recorded_at": uow.now,
    }
    statement = insert_new(uow.session, RenewalChange).returning(RenewalChange.id)
    if uow.session.execute(statement, [word]).first() is None:
        return False
    before = recorded_stops(subscription)
    was_cancelled = is_cancelled_by_customer(subscription)
    history = read_history(uow.session, subscription.purchase_id)
    record_customer_stops(subscription, history.stops)
    charged = wrongly_charged(uow, subscription, history)
    if is_cancelled_by_customer(subscription) and not was_cancelled and subscription.state in RUNNING_STATES:
        last_day = last_covered_day(uow, subscription, history, charged)
        publish_cancelled(uow, subscription, "customer", cause, last_day=last_day)
    reverse_charges(uow, subscription, charged, cause)
    if enabled:
        _revive(uow, subscription, history)
        if not history.stands_at(uow.now):
            plan_notice(uow, subscription)
    return recorded_stops(subscription) != before


def is_cancelled_by_customer(subscription: Subscription) -> bool:
    """Whether the customer's own cause stands."""
    return subscription.customer_stopped_at is not None and subscription.customer_lifted_at is None


def _revive(uow: UnitOfWork, subscription: Subscription, history: History) -> None:
    """It ended for a cancellation that had been taken back in time: the renewal is to be claimed after all."""
    if subscription.state is not SubscriptionState.EXPIRED or not will_renew(subscription, history):
        return
    current = uow.session.get_one(Period, (subscription.purchase_id, subscription.current_index))
    if current.payment is Payment.PAID:
        subscription.state = SubscriptionState.ACTIVE
