"""The platform has charged, or could not: what does that make of the period that was asked for?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..domain.entitlement import Payment
from ..domain.renewals import original_date, period, renewal_instant
from ..errors import Conflict, PayloadRejected
from ..store.subscriptions import Period, PeriodKind, Subscription, SubscriptionState
from .subscriptions import carry_on, expire, tell
from .work import Cause, Work


def settle_renewed(work: Work, subscription: Subscription, told: Mapping[str, Any]) -> bool:
    """The platform was paid for a period: the one we asked for, or one of an imported history. False: known."""
    index, occurred_at = told["period_index"], told["occurred_at"]
    known = work.session.get(Period, (subscription.purchase_id, index), with_for_update=True)
    if known is not None:
        _check_amount(known, told["amount"])
        if known.payment is Payment.PAID or known.reversal_asked_at is not None:
            known.charge_id = known.charge_id or told["charge_id"]
            return False
        known.payment, known.settled_at, known.charge_id = Payment.PAID, occurred_at, told["charge_id"]
    else:
        zone = work.zone
        next_one = period(subscription.anchor_on, index, first_index=subscription.anchor_index)
        counted = index - subscription.anchor_index
        work.session.add(
            Period(
                purchase_id=subscription.purchase_id,
                index=index,
                kind=PeriodKind.RENEWAL,
                first_day=next_one.first_day,
                last_day=next_one.last_day,
                starts_at=renewal_instant(subscription.anchor_on, counted, zone),
                payment=Payment.PAID,
                settled_at=occurred_at,
                charge_id=told["charge_id"],
                amount_cents=told["amount"]["amount_cents"],
                currency=told["amount"]["currency"],
            )
        )
    if subscription.state is not SubscriptionState.ENDED and index >= subscription.current_index:
        carry_on(work, subscription, index)
    return True


def settle_failed(work: Work, subscription: Subscription, told: Mapping[str, Any], cause: Cause) -> bool:
    """A payment failed. Only a final failure changes anything: the period was never in force. False: no effect."""
    current = work.session.get(Period, (subscription.purchase_id, told["period_index"]), with_for_update=True)
    if current is None or current.payment is not Payment.PENDING or not told["final"]:
        return False
    _check_amount(current, told["amount"])
    current.payment, current.settled_at = Payment.FAILED, told["occurred_at"]
    current.charge_id = told["charge_id"]
    if subscription.state is SubscriptionState.PAYMENT_PENDING:
        previous = work.session.get_one(Period, (subscription.purchase_id, current.index - 1))
        expire(work, subscription, cause, last_day=previous.last_day)
    return True


def settle_reactivated(work: Work, subscription: Subscription, told: Mapping[str, Any], cause: Cause) -> bool:
    """The customer has taken up an expired Business Care again: a new original date; indexes go on. False: known."""
    index, occurred_at = told["period_index"], told["occurred_at"]
    if work.session.get(Period, (subscription.purchase_id, index)) is not None:
        return False
    if subscription.state is not SubscriptionState.EXPIRED:
        raise Conflict(
            f"the Business Care is {subscription.state}; only an expired one is reactivated",
            state=subscription.state,
            asked=SubscriptionState.ACTIVE,
        )
    zone = work.zone
    subscription.anchor_on, subscription.anchor_index = original_date(occurred_at, zone), index
    opened = period(subscription.anchor_on, index, first_index=index)
    work.session.add(
        Period(
            purchase_id=subscription.purchase_id,
            index=index,
            kind=PeriodKind.REACTIVATION,
            first_day=opened.first_day,
            last_day=opened.last_day,
            starts_at=occurred_at,
            payment=Payment.PAID,
            charge_id=told["charge_id"],
            amount_cents=told["amount"]["amount_cents"],
            currency=told["amount"]["currency"],
        )
    )
    if subscription.customer_stopped_at and not subscription.customer_lifted_at:
        subscription.customer_lifted_at = occurred_at
    carry_on(work, subscription, index)
    tell(work, subscription, "started", {"first_day": opened.first_day, "last_day": opened.last_day}, cause)
    return True


def _check_amount(known: Period, amount: Mapping[str, Any]) -> None:
    """What was charged must be what was asked for."""
    if known.amount_cents is None:
        return
    if (amount["amount_cents"], amount["currency"]) != (known.amount_cents, known.currency):
        raise PayloadRejected(
            "the amount is not the one that was asked for",
            errors=[{"path": "data.amount", "message": f"{known.amount_cents} {known.currency} were asked for"}],
        )
