"""Payment results: what a charge, a failed charge or a reactivation makes of the period that it was for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...domain.business_care.entitlement import Payment
from ...domain.business_care.prices import RenewalPrice
from ...domain.business_care.renewals import PeriodDates, original_date, period, renewal_instant
from ...errors import Conflict, PayloadRejected
from ...models.purchases import Purchase
from ...models.subscriptions import Charge, Period, PeriodKind, ReversalReason, Subscription, SubscriptionState
from ..catalog.listing_prices import read_prices
from ..core.unit_of_work import Cause, UnitOfWork
from .charges import is_recorded, record_charge
from .renewal_history import RenewalHistory, read_history
from .renewal_prices import price_of_renewal, read_notices
from .reversals import ask_back, reverse_charges, why_reversed, wrongly_charged
from .subscriptions import activate_period, expire, has_lapsed, publish_started


def record_renewal_payment(uow: UnitOfWork, subscription: Subscription, data: Mapping[str, Any], cause: Cause) -> bool:
    """Record that the platform was paid for a period, one that was asked for or one it charged by itself. False: known.

    What pays nothing is kept and asked back: a second charge of a paid period, a charge of less than was asked for or
    in another currency, one for a renewal that had been stopped in time. Of a charge above the price, the excess is.
    Raises `PayloadRejected` for a charge that has paid something else.
    """
    if is_recorded(uow.session, subscription, data):
        return False
    index = data["period_index"]
    known = uow.session.get(Period, (subscription.purchase_id, index), with_for_update=True)
    charge = record_charge(uow, subscription, data)
    if known is not None and (known.payment is Payment.PAID or known.reversal_asked_at is not None):
        return _record_further_charge(uow, subscription, known, charge, cause)
    was_claimed = known is not None and known.payment is Payment.PENDING
    paid = RenewalPrice(cents=charge.amount_cents, currency=charge.currency)
    price = _price_of(uow, subscription, index, known) or paid
    if not _pays(paid, price, is_asked_for=known is not None):
        ask_back(uow, subscription, charge, ReversalReason.WRONG_AMOUNT, cause)
        return True
    opened = known or _charged_by_itself(uow, subscription, index)
    _settle(opened, charge, price)
    uow.session.add(opened)
    if subscription.state is not SubscriptionState.ENDED and index >= subscription.current_index:
        activate_period(uow, subscription, index)
    if (
        not was_claimed or subscription.state is SubscriptionState.ENDED
    ):  # what stops a claimed one reverses it at once.
        history = read_history(uow.session, subscription.purchase_id)
        reverse_charges(uow, subscription, wrongly_charged(uow, subscription, history), history, cause)
    if charge.reversal_asked_at is None and paid.cents > price.cents:
        ask_back(uow, subscription, charge, ReversalReason.ABOVE_PRICE, cause, cents=paid.cents - price.cents)
    return True


def _settle(paid: Period, charge: Charge, price: RenewalPrice) -> None:
    """The period is paid by this charge: its price, or less."""
    paid.payment = Payment.PAID
    paid.settled_at = charge.occurred_at
    paid.charge_id = charge.id
    paid.amount_cents = min(charge.amount_cents, price.cents)
    paid.currency = charge.currency


def _record_further_charge(
    uow: UnitOfWork, subscription: Subscription, known: Period, charge: Charge, cause: Cause
) -> bool:
    """Record a charge of a period that is paid, or will never be in force. False: there is nothing to ask for.

    The charge of a period whose reversal was asked for before it came is that reversal's own.
    """
    is_its_own = known.charge_id in (None, charge.id) and _is_asked_amount(known, charge.amount_cents, charge.currency)
    if known.payment is Payment.PAID:
        is_its_own = known.charge_id == charge.id
    if not is_its_own:
        ask_back(uow, subscription, charge, ReversalReason.SECOND_CHARGE, cause)
        return True
    known.charge_id = charge.id
    if known.reversal_asked_at is not None:
        charge.reversal_reason = why_reversed(known, read_history(uow.session, subscription.purchase_id))
        charge.reversal_asked_at = known.reversal_asked_at
        charge.reversal_cents = charge.amount_cents
    return False


def _price_of(uow: UnitOfWork, subscription: Subscription, index: int, known: Period | None) -> RenewalPrice | None:
    """What a renewal costs: what was asked for, or may be asked for as is known now. None: what the platform says.

    The platform alone has charged the renewals of an imported history (`rules.md` 11).
    """
    if known is not None:
        if known.amount_cents is None or known.currency is None:
            return None
        return RenewalPrice(cents=known.amount_cents, currency=known.currency)
    starts_at = renewal_instant(subscription.anchor_on, index - subscription.anchor_index, uow.zone)
    recorded_at = uow.session.get_one(Purchase, subscription.purchase_id).recorded_at
    if starts_at <= recorded_at or starts_at != subscription.renewal_at:
        return None
    prices = read_prices(uow.session, [subscription.product_id])
    notices = read_notices(uow.session, [subscription], prices, uow.settings)
    return price_of_renewal(subscription, prices, notices, uow.settings)


def _pays(paid: RenewalPrice, price: RenewalPrice, *, is_asked_for: bool) -> bool:
    """Whether a charge pays a renewal of this price. For less the platform may have renewed it before it was asked."""
    return paid.currency == price.currency and (paid.cents >= price.cents or not is_asked_for)


def _charged_by_itself(uow: UnitOfWork, subscription: Subscription, index: int) -> Period:
    """A period that the platform charged without being asked."""
    charged = period(subscription.anchor_on, index, first_index=subscription.anchor_index)
    return Period(
        purchase_id=subscription.purchase_id,
        index=index,
        kind=PeriodKind.RENEWAL,
        first_day=charged.first_day,
        last_day=charged.last_day,
        starts_at=renewal_instant(subscription.anchor_on, index - subscription.anchor_index, uow.zone),
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

    False: known. None: a renewal is still to be paid or to fail, and its event may still come. What pays nothing is
    kept and asked back: a second charge of a paid period, one for what was running then, was ended for good, or whose
    product was withdrawn. Raises `Conflict` for a renewal's charge, `PayloadRejected` for one that has paid something
    else.
    """
    index = data["period_index"]
    known = uow.session.get(Period, (subscription.purchase_id, index), with_for_update=True)
    if is_recorded(uow.session, subscription, data):
        if known is not None and known.charge_id == data["charge_id"] and known.kind is not PeriodKind.REACTIVATION:
            raise Conflict(f"period {index} is another one", state=known.kind, asked=PeriodKind.REACTIVATION)
        return False
    history = read_history(uow.session, subscription.purchase_id)
    reason = _why_not_reactivated(subscription, known, history, data)
    if reason is not None:
        ask_back(uow, subscription, record_charge(uow, subscription, data), reason, cause)
        return True
    if not has_lapsed(subscription, history, data["occurred_at"]):
        return None
    if known is not None:  # its renewal was never in force: the platform counts on from the last period that was.
        uow.session.delete(known)
        uow.session.flush()
    opened = _open_anew(uow, subscription, index, data)
    publish_started(uow, subscription, opened, cause)
    return True


def _why_not_reactivated(
    subscription: Subscription, known: Period | None, history: RenewalHistory, data: Mapping[str, Any]
) -> ReversalReason | None:
    """Why the charge of a reactivation pays nothing; None: it may pay."""
    occurred_at = data["occurred_at"]
    if known is not None and known.payment is Payment.PAID:
        return ReversalReason.SECOND_CHARGE
    awaits_payment = subscription.state is SubscriptionState.PAYMENT_PENDING
    was_running = occurred_at < subscription.renewal_at and not awaits_payment
    was_withdrawn = any(withdrawal.stands_at(occurred_at) for withdrawal in history.withdrawals)
    is_over = subscription.state is SubscriptionState.ENDED or data["period_index"] < subscription.current_index
    return ReversalReason.NOT_REACTIVABLE if was_running or was_withdrawn or is_over else None


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


def _charge(data: Mapping[str, Any]) -> dict[str, Any]:
    amount = data["amount"]
    return {
        "charge_id": data["charge_id"],
        "amount_cents": amount["amount_cents"],
        "currency": amount["currency"],
    }


def _is_asked_amount(known: Period, cents: int, currency: str) -> bool:
    return known.amount_cents is None or (known.amount_cents, known.currency) == (cents, currency)


def _check_amount(known: Period, amount: Mapping[str, Any]) -> None:
    """Raise `PayloadRejected` unless what was charged is what was asked for."""
    if not _is_asked_amount(known, amount["amount_cents"], amount["currency"]):
        raise PayloadRejected(
            "the amount is not the one that was asked for",
            errors=[{"path": "data.amount", "message": f"{known.amount_cents} {known.currency} were asked for"}],
        )
