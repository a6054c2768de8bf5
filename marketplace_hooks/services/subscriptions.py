"""Which periods of Business Care are paid, does the next one start, and what follows from what we are told of it?

Causes against a renewal are compared with its instant, never with the order in which rows happened to be written
(`domain.md` 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..domain.civil_days import first_instant
from ..domain.entitlement import Payment
from ..domain.renewals import Cause as StopCause
from ..domain.renewals import Stop, notice_day, original_date, period, renewal_instant, reversal_is_due
from ..store.database import insert_new
from ..store.products import SubjectKind, Withdrawal
from ..store.purchases import Purchase
from ..store.subscriptions import Period, PeriodKind, RenewalChange, Subscription, SubscriptionState
from .work import Cause, Work

SUBJECT = "purchase"


def subscription_of(session: Session, purchase_id: str) -> Subscription | None:
    """The Business Care of a purchase, locked; None for a free product."""
    return session.get(Subscription, purchase_id, with_for_update=True, populate_existing=True)


def start_subscription(work: Work, purchase: Purchase, cause: Cause) -> Subscription:
    """Open the first 12 months, included in the price."""
    zone = work.zone
    anchor = original_date(purchase.purchased_at, zone)
    first = period(anchor, 1)
    subscription = Subscription(
        purchase_id=purchase.id,
        customer_id=purchase.customer_id,
        product_id=purchase.product_id,
        state=SubscriptionState.ACTIVE,
        anchor_on=anchor,
        anchor_index=1,
        current_index=1,
        last_day=first.last_day,
        renewal_at=renewal_instant(anchor, 1, zone),
        notice_at=first_instant(notice_day(first.last_day), zone),
        sequence=0,
    )
    withdrawal = standing_withdrawal(work.session, purchase.product_id)
    if withdrawal is not None:
        subscription.withdrawn_from = max(withdrawal.received_at, withdrawal.effective_at)
    work.session.add_all(
        [
            subscription,
            Period(
                purchase_id=purchase.id,
                index=1,
                kind=PeriodKind.PURCHASE,
                first_day=first.first_day,
                last_day=first.last_day,
                starts_at=purchase.purchased_at,
                payment=Payment.PAID,
            ),
        ]
    )
    tell(work, subscription, "started", {"first_day": first.first_day, "last_day": first.last_day}, cause)
    return subscription


def standing_withdrawal(session: Session, product_id: str) -> Withdrawal | None:
    """The product's withdrawal in effect, if there is one."""
    query = select(Withdrawal).where(
        Withdrawal.subject_kind == SubjectKind.PRODUCT,
        Withdrawal.subject_id == product_id,
        Withdrawal.reinstated_at.is_(None),
    )
    return session.scalar(query)


class Causes(Protocol):
    """The columns in which a subscription's causes against its renewal stand: its row, or a row that read them."""

    customer_stopped_at: Any
    customer_lifted_at: Any
    withdrawn_from: Any
    withdrawal_lifted_at: Any


def stops_of(subscription: Causes) -> tuple[Stop, ...]:
    """The causes that stop this subscription's renewals, as the domain compares them."""
    stops = []
    if subscription.customer_stopped_at is not None:
        stops.append(
            Stop(
                cause=StopCause.CUSTOMER,
                received_at=subscription.customer_stopped_at,
                lifted_at=subscription.customer_lifted_at,
            )
        )
    if subscription.withdrawn_from is not None:
        stops.append(
            Stop(
                cause=StopCause.WITHDRAWAL,
                received_at=subscription.withdrawn_from,
                lifted_at=subscription.withdrawal_lifted_at,
            )
        )
    return tuple(stops)


def change_renewal(
    work: Work, subscription: Subscription, *, enabled: bool, actor: str, received_at: datetime, cause: Cause
) -> bool:
    """The customer cancels the renewal, or enables it again, as received at an instant. False: it was so already.

    A cancellation that was in time for a renewal claimed meanwhile has its charge reversed. Enabling lifts the
    customer's own cause and, once the product has been reinstated, the withdrawal's (`domain.md` 4, 10).
    """
    change = {
        "purchase_id": subscription.purchase_id,
        "enabled": enabled,
        "actor": actor,
        "received_at": received_at,
        "recorded_at": work.now,
    }
    statement = insert_new(work.session, RenewalChange).returning(RenewalChange.id)
    if work.session.execute(statement, [change]).first() is None:
        return False
    before = stops_of(subscription)
    _take_over_log(work.session, subscription)
    if enabled:
        reinstated = standing_withdrawal(work.session, subscription.product_id) is None
        if reinstated and subscription.withdrawn_from and not subscription.withdrawal_lifted_at:
            subscription.withdrawal_lifted_at = received_at
    else:
        stop = Stop(cause=StopCause.CUSTOMER, received_at=received_at)
        if not _reverse_if_due(work, subscription, stop, cause):
            tell(work, subscription, "renewal_cancelled", {"by": "customer", "last_day": subscription.last_day}, cause)
    return stops_of(subscription) != before


def _take_over_log(session: Session, subscription: Subscription) -> None:
    """Read the customer's words in the order in which they were received, whatever the order they came in."""
    log = select(RenewalChange).where(RenewalChange.purchase_id == subscription.purchase_id)
    stopped_at = lifted_at = None
    for change in session.scalars(log.order_by(RenewalChange.received_at, RenewalChange.id)):
        if not change.enabled and (stopped_at is None or lifted_at is not None):
            stopped_at, lifted_at = change.received_at, None
        elif change.enabled and stopped_at is not None and lifted_at is None:
            lifted_at = change.received_at
    subscription.customer_stopped_at, subscription.customer_lifted_at = stopped_at, lifted_at


def _reverse_if_due(work: Work, subscription: Subscription, stop: Stop, cause: Cause) -> bool:
    """Ask for the reversal of a charge that a cause, recorded only now, was in time to prevent; True when it was."""
    current = work.session.get_one(Period, (subscription.purchase_id, subscription.current_index))
    charged = current.kind is PeriodKind.RENEWAL and current.claimed_at is not None
    standing = charged and current.payment is not Payment.FAILED and current.reversal_asked_at is None
    if not standing or not reversal_is_due(current.starts_at, charged, stop):
        return False
    ask_reversal(work, subscription, current, cause)
    return True


def ask_reversal(work: Work, subscription: Subscription, current: Period, cause: Cause) -> None:
    """The period was claimed wrongly: ask for the money back, and let the subscription end where it had ended."""
    current.reversal_asked_at = work.now
    current.payment, current.settled_at = Payment.FAILED, work.now
    previous = work.session.get_one(Period, (subscription.purchase_id, current.index - 1))
    told = {"period_index": current.index, "amount": _money(current), "charge_id": current.charge_id}
    tell(work, subscription, "reversal_due", told, cause)
    expire(work, subscription, cause, last_day=previous.last_day)


def expire(work: Work, subscription: Subscription, cause: Cause, *, last_day: date | None = None) -> None:
    """The Business Care is over; it can be reactivated while the product is sold."""
    subscription.state = SubscriptionState.EXPIRED
    subscription.notice_at = None
    if last_day is not None:
        subscription.last_day = last_day
    tell(work, subscription, "expired", {"last_day": subscription.last_day}, cause)


def end_subscription(work: Work, purchase_id: str, cause: Cause, *, why: str) -> None:
    """End the Business Care at once and for good: refund, or termination before its term."""
    subscription = subscription_of(work.session, purchase_id)
    if subscription is None or subscription.state is SubscriptionState.ENDED:
        return
    subscription.state, subscription.notice_at = SubscriptionState.ENDED, None
    tell(work, subscription, "renewal_cancelled", {"by": why, "last_day": subscription.last_day}, cause)


def carry_on(work: Work, subscription: Subscription, index: int) -> None:
    """The period `index` is paid: the subscription is active, and its next renewal and notice are counted from it."""
    zone = work.zone
    counted = index - subscription.anchor_index + 1
    current = period(subscription.anchor_on, index, first_index=subscription.anchor_index)
    subscription.state, subscription.current_index = SubscriptionState.ACTIVE, index
    subscription.last_day = current.last_day
    subscription.renewal_at = renewal_instant(subscription.anchor_on, counted, zone)
    subscription.notice_at = first_instant(notice_day(current.last_day), zone)


def tell(work: Work, subscription: Subscription, name: str, data: Mapping[str, Any], cause: Cause) -> None:
    """Tell about a subscription, with the ids that a receiver needs."""
    ids = {
        "purchase_id": subscription.purchase_id,
        "customer_id": subscription.customer_id,
        "product_id": subscription.product_id,
    }
    work.tell_of(
        f"subscription.{name}", SUBJECT, subscription.purchase_id, subscription, {**ids, **_plain(data)}, cause
    )


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in data.items()}


def _money(current: Period) -> dict[str, Any] | None:
    if current.amount_cents is None:
        return None
    return {"amount_cents": current.amount_cents, "currency": current.currency}
