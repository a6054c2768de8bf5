"""Reversals: the charges that paid for nothing, or too much, whose refund is requested; and the ends that make some so.

A reversal that was requested is not taken back, whatever is recorded later (`rules.md` 11, 12).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from ...domain.business_care.entitlement import Payment
from ...models.subscriptions import (
    Charge,
    Period,
    PeriodKind,
    ReversalReason,
    Subscription,
    SubscriptionState,
)
from ..core.unit_of_work import Cause, UnitOfWork
from .renewal_history import RenewalHistory, read_history
from .subscriptions import (
    RUNNING_STATES,
    expire,
    idempotency_key,
    publish,
    publish_cancelled,
    set_current_period,
    subscription_of,
)


def end_subscription(uow: UnitOfWork, purchase_id: str, cause: Cause, *, why: str, ended_at: datetime) -> None:
    """End the Business Care for good: a refund, a termination, a dispute that was lost.

    A renewal whose instant came after `ended_at`, or that was not paid by then, is reversed.
    """
    subscription = subscription_of(uow.session, purchase_id)
    if subscription is None:
        return
    went_on = subscription.state in RUNNING_STATES
    subscription.state = SubscriptionState.ENDED
    subscription.notice_at = None
    if went_on:
        publish_cancelled(uow, subscription, why, cause, ended_at=ended_at)
    history = read_history(uow.session, purchase_id)
    reverse_charges(uow, subscription, wrongly_charged(uow, subscription, history), history, cause)


def wrongly_charged(uow: UnitOfWork, subscription: Subscription, history: RenewalHistory) -> list[Period]:
    """The periods that were claimed or charged although they do not come into force, as is known only now.

    Their renewal had been stopped in time, or the Business Care has ended for good before they were paid. None of an
    imported history: its renewals were the platform's (`rules.md` 11).
    """
    query = select(Period).where(
        Period.purchase_id == subscription.purchase_id,
        Period.kind == PeriodKind.RENEWAL,
        Period.payment != Payment.FAILED,
        Period.starts_at > history.recorded_at,
    )
    charged = uow.session.scalars(query.order_by(Period.index))
    return [one for one in charged if history.prevents(one.starts_at) or _is_paid_after_end(one, history, uow.now)]


def _is_paid_after_end(charged: Period, history: RenewalHistory, now: datetime) -> bool:
    """Whether the Business Care has ended for good, and the period was not paid by then."""
    ended_at = history.ended_at
    if ended_at is None or ended_at > now:
        return False
    return charged.payment is Payment.PENDING or (charged.settled_at is not None and charged.settled_at > ended_at)


def why_reversed(reversed_one: Period, history: RenewalHistory) -> ReversalReason:
    """Why the charge of a period is reversed."""
    is_stopped = history.prevents(reversed_one.starts_at) or history.ended_at is None
    return ReversalReason.RENEWAL_STOPPED if is_stopped else ReversalReason.BUSINESS_CARE_ENDED


def reverse_charges(
    uow: UnitOfWork, subscription: Subscription, charged: Sequence[Period], history: RenewalHistory, cause: Cause
) -> None:
    """Ask for the reversal of these charges, and let the Business Care end where it ends without them.

    A period that has not begun is as if it had never been charged: the running one is the last again, and its renewal
    may be enabled until its instant.
    """
    if not charged:
        return
    for one in charged:
        _reverse_period(uow, subscription, one, why_reversed(one, history), cause)
    are_last = charged[-1].index == subscription.current_index
    begun = [one for one in charged if one.starts_at <= uow.now]
    to_come = charged[len(begun) :]
    for one in to_come:
        uow.session.delete(one)
    if to_come and are_last:
        _return_to(uow, subscription, to_come[0].index - 1)
    if begun and are_last and subscription.state in RUNNING_STATES:
        expire(uow, subscription, cause, unpaid=begun[0])


def _return_to(uow: UnitOfWork, subscription: Subscription, index: int) -> None:
    """The period `index` is the last one again: those after it were charged before they began, and are given back."""
    last = uow.session.get_one(Period, (subscription.purchase_id, index))
    set_current_period(uow, subscription, index)
    if subscription.state not in RUNNING_STATES:
        return
    is_pending = last.payment is Payment.PENDING
    subscription.state = SubscriptionState.PAYMENT_PENDING if is_pending else SubscriptionState.ACTIVE
    if last.payment is Payment.FAILED and last.reversal_asked_at is None:  # it had failed before they were charged.
        expire(uow, subscription, None, unpaid=last)


def _reverse_period(
    uow: UnitOfWork, subscription: Subscription, charged: Period, reason: ReversalReason, cause: Cause
) -> None:
    """Ask for the reversal of the charge of a period: it was never in force. One under way must not be made."""
    charged.reversal_asked_at = charged.settled_at = uow.now
    charged.payment = Payment.FAILED
    key = idempotency_key(subscription, charged.index)
    charge = uow.session.get(Charge, charged.charge_id) if charged.charge_id is not None else None
    if charge is not None:
        rest = charge.amount_cents - (charge.reversal_cents or 0)
        # The key of the period asks for its one charge; a charge that was never asked for does not use it up.
        key = key if charged.claimed_at is not None else f"{key}:{charge.id}"
        _mark(uow, charge, reason, charge.amount_cents)
        _publish_reversal(uow, subscription, charge, cause, cents=rest, key=key)
        return
    amount = None
    if charged.amount_cents is not None:
        amount = {"amount_cents": charged.amount_cents, "currency": charged.currency}
    payload = {
        "period_index": charged.index,
        "amount": amount,
        "charge_id": charged.charge_id,
        "idempotency_key": key,
        "reason": reason,
    }
    publish(uow, subscription, "reversal_due", payload, cause)


def ask_back(
    uow: UnitOfWork,
    subscription: Subscription,
    charge: Charge,
    reason: ReversalReason,
    cause: Cause,
    *,
    cents: int | None = None,
) -> None:
    """Ask for the refund of a charge, or of so many `cents` of it; no period is touched."""
    cents = charge.amount_cents if cents is None else cents
    _mark(uow, charge, reason, cents)
    key = f"{idempotency_key(subscription, charge.period_index)}:{charge.id}"
    if cents < charge.amount_cents:
        key = f"{key}:{reason}"
    _publish_reversal(uow, subscription, charge, cause, cents=cents, key=key)


def _mark(uow: UnitOfWork, charge: Charge, reason: ReversalReason, cents: int) -> None:
    charge.reversal_asked_at = uow.now
    charge.reversal_reason = reason
    charge.reversal_cents = cents


def _publish_reversal(
    uow: UnitOfWork, subscription: Subscription, charge: Charge, cause: Cause, *, cents: int, key: str
) -> None:
    payload = {
        "period_index": charge.period_index,
        "amount": {"amount_cents": cents, "currency": charge.currency},
        "charge_id": charge.id,
        "idempotency_key": key,
        "reason": charge.reversal_reason,
    }
    publish(uow, subscription, "reversal_due", payload, cause)
