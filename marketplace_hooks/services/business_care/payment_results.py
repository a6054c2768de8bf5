"""Payment results: what a charge, a failed charge or a reactivation makes of the period that it was for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...domain.business_care.entitlement import Payment
from ...domain.business_care.renewals import PeriodDates, original_date, period, renewal_instant
from ...errors import Conflict, PayloadRejected
from ...models.subscriptions import Period, PeriodKind, Subscription, SubscriptionState
from ..core.unit_of_work import Cause, UnitOfWork
from .charges import ask_back_second, is_recorded, record_charge
from .renewal_history import read_history
from .subscriptions import activate_period, expire, has_lapsed, publish_started, reverse_charges, wrongly_charged


def record_renewal_payment(uow: UnitOfWork, subscription: Subscription, data: Mapping[str, Any], cause: Cause) -> bool:
    """Record that the platform was paid for a period, one that was asked for or one it charged by itself. False: known.

    A charge for a renewal that had been stopped in time is reversed; a second one for a period that another charge has
    paid is asked back. Raises `PayloadRejected` for a charge that has paid something else.
    """
    if is_recorded(uow.session, subscription, data):
        return False
    index = data["period_index"]
    known = uow.session.get(Period, (subscription.purchase_id, index), with_for_update=True)
    if known is not None and _pays_nothing(known, data["charge_id"], data["amount"]):
        ask_back_second(uow, subscription, data, cause)
        return True
    if known is not None and (known.payment is Payment.PAID or known.reversal_asked_at is not None):
        known.charge_id = data["charge_id"]
        record_charge(uow, subscription, data, reversal_asked_at=known.reversal_asked_at)
        return False
    asked_for = known is not None and known.payment is Payment.PENDING
    if known is None:
        uow.session.add(_charged_by_itself(uow, subscription, data))
    else:
        _check_amount(known, data["amount"])
        known.payment = Payment.PAID
        known.settled_at = data["occurred_at"]
        known.charge_id = data["charge_id"]
    record_charge(uow, subscription, data)
    if subscription.state is not SubscriptionState.ENDED and index >= subscription.current_index:
        activate_period(uow, subscription, index)
    if not asked_for:
        history = read_history(uow.session, subscription.purchase_id)
        reverse_charges(uow, subscription, wrongly_charged(uow, subscription, history), cause)
    return True


def _pays_nothing(known: Period, charge_id: str, amount: Mapping[str, Any]) -> bool:
    """Whether a charge that is not on record finds its period paid by another charge, or never to be in force.

    The charge of a period whose reversal was asked for before it came is that reversal's own.
    """
    if known.payment is Payment.PAID:
        return known.charge_id != charge_id
    if known.reversal_asked_at is None:
        return False
    return known.charge_id is not None or not _is_asked_amount(known, amount)


def _charged_by_itself(uow: UnitOfWork, subscription: Subscription, data: Mapping[str, Any]) -> Period:
    index = data["period_index"]
    charged = period(subscription.anchor_on, index, first_index=subscription.anchor_index)
    return Period(
        purchase_id=subscription.purchase_id,
        index=index,
        kind=PeriodKind.RENEWAL,
        first_day=charged.first_day,
        last_day=charged.last_day,
        starts_at=renewal_instant(subscription.anchor_on, index - subscription.anchor_index, uow.zone),
        payment=Payment.PAID,
        settled_at=data["occurred_at"],
        **_charge(data),
    )


def record_failed_payment(uow: UnitOfWork, subscription: Subscription, data: Mapping[str, Any], cause: Cause) -> bool:
    """Record that a payment failed. Only a final failure has an effect: the period was never in force. False: none.

    Raises `PayloadRejected` for a charge that has paid something else.
    """
    is_recorded(uow.session, subscription, data)
    current = uow.session.get(Period, (subscription.purchase_id, data["period_index"]), with_for_update=True)
    if current is None or current.payment is not Payment.PENDING:
        return False
    _check_amount(current, data["amount"])
    if not data["final"]:
        return False
    current.payment = Payment.FAILED
    current.settled_at = data["occurred_at"]
    current.charge_id = data["charge_id"]
    if subscription.state is SubscriptionState.PAYMENT_PENDING:
        expire(uow, subscription, cause, unpaid=current)
    return True


def record_reactivation(
    uow: UnitOfWork, subscription: Subscription, data: Mapping[str, Any], cause: Cause
) -> bool | None:
    """Record that an expired Business Care was reactivated: it has a new original date, and its indexes go on.

    False: known. None: a renewal is still to be paid or to fail, and its event may still come. A second charge for a
    period that another has paid is asked back. Raises `Conflict` when it was running then, ended for good, or its
    product withdrawn; `PayloadRejected` for a charge that has paid something else.
    """
    is_recorded(uow.session, subscription, data)
    index = data["period_index"]
    occurred_at = data["occurred_at"]
    known = uow.session.get(Period, (subscription.purchase_id, index), with_for_update=True)
    if known is not None and known.payment is Payment.PAID and known.charge_id != data["charge_id"]:
        ask_back_second(uow, subscription, data, cause)
        return True
    if known is not None and (known.payment is Payment.PAID or index < subscription.current_index):
        if known.kind is not PeriodKind.REACTIVATION:
            raise Conflict(f"period {index} is another one", state=known.kind, asked=PeriodKind.REACTIVATION)
        return False
    history = read_history(uow.session, subscription.purchase_id)
    _refuse_while_running(subscription, data)
    if any(withdrawal.stands_at(occurred_at) for withdrawal in history.withdrawals):
        raise Conflict("a withdrawn product cannot be reactivated", state="withdrawn", asked=SubscriptionState.ACTIVE)
    if not has_lapsed(subscription, history, occurred_at):
        return None
    if known is not None:  # its renewal was never in force: the platform counts on from the last period that was.
        uow.session.delete(known)
        uow.session.flush()
    opened = _open_anew(uow, subscription, index, data)
    publish_started(uow, subscription, opened, cause)
    return True


def _open_anew(uow: UnitOfWork, subscription: Subscription, index: int, data: Mapping[str, Any]) -> PeriodDates:
    """Start the period `index` of a reactivated Business Care, paid, at its new original date."""
    occurred_at = data["occurred_at"]
    subscription.anchor_on = original_date(occurred_at, uow.zone)
    subscription.anchor_index = index
    opened = period(subscription.anchor_on, index, first_index=index)
    row = Period(
        purchase_id=subscription.purchase_id,
        index=index,
        kind=PeriodKind.REACTIVATION,
        first_day=opened.first_day,
        last_day=opened.last_day,
        starts_at=occurred_at,
        payment=Payment.PAID,
        **_charge(data),
    )
    uow.session.add(row)
    record_charge(uow, subscription, data)
    activate_period(uow, subscription, index)
    return opened


def _refuse_while_running(subscription: Subscription, data: Mapping[str, Any]) -> None:
    begun_at = subscription.renewal_at
    ended = subscription.state is SubscriptionState.ENDED
    if ended or (subscription.state is not SubscriptionState.PAYMENT_PENDING and data["occurred_at"] < begun_at):
        raise Conflict(
            f"the Business Care is {subscription.state}; only an expired one is reactivated",
            state=subscription.state,
            asked=SubscriptionState.ACTIVE,
        )


def _charge(data: Mapping[str, Any]) -> dict[str, Any]:
    amount = data["amount"]
    return {
        "charge_id": data["charge_id"],
        "amount_cents": amount["amount_cents"],
        "currency": amount["currency"],
    }


def _is_asked_amount(known: Period, amount: Mapping[str, Any]) -> bool:
    asked = (known.amount_cents, known.currency)
    return known.amount_cents is None or asked == (amount["amount_cents"], amount["currency"])


def _check_amount(known: Period, amount: Mapping[str, Any]) -> None:
    """Raise `PayloadRejected` unless what was charged is what was asked for."""
    if not _is_asked_amount(known, amount):
        raise PayloadRejected(
            "the amount is not the one that was asked for",
            errors=[{"path": "data.amount", "message": f"{known.amount_cents} {known.currency} were asked for"}],
        )
