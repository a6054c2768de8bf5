"""Events about Business Care: renewed, payment failed, reactivated, renewal cancelled and enabled."""

from __future__ import annotations

from marshmallow import fields, validate

from ..domain.member_descriptions import CHARGE_ID, PERIOD_INDEX, PURCHASE_ID, about
from ..errors import Refused
from ..models.inbox import LONGEST_CHARGE_ID
from ..models.purchases import Purchase
from ..models.subscriptions import Charge, Period, Subscription
from ..services.business_care.payment_results import record_failed_payment, record_reactivation, record_renewal_payment
from ..services.business_care.renewal_requests import change_renewal
from ..services.business_care.subscriptions import subscription_of
from ..services.catalog.locked_subjects import LockedSubjects
from ..services.core.unit_of_work import UnitOfWork
from ..services.inbox.order import earlier_about_charge
from ..services.support.awaited_information import judge_waiting_requests, lock_waiting_requests
from .fields import EventDataSchema, EventMoneySchema, Identifier, Moment
from .purchases import known_purchase
from .registry import PURCHASE, Applied, EarlierEventWaits, InboundEvent, ParentUnknown, Result, handles


class ChargeSchema(EventDataSchema):
    """The outcome of charging one period. `final`: after this failure, no further attempt is made."""

    purchase_id = Identifier(required=True, metadata=PURCHASE_ID)
    period_index = fields.Integer(required=True, strict=True, validate=validate.Range(1, 1_000), metadata=PERIOD_INDEX)
    charge_id = fields.String(required=True, validate=validate.Length(1, LONGEST_CHARGE_ID), metadata=CHARGE_ID)
    amount = fields.Nested(EventMoneySchema, required=True, metadata=about("How much."))
    occurred_at = Moment(required=True, metadata=about("When the charge was made, or failed."))
    final = fields.Boolean(
        load_default=False,
        truthy={True},
        falsy={False},
        metadata=about("For a failure: whether no further attempt will be made."),
    )


class RenewalChoiceSchema(EventDataSchema):
    """The customer cancels the tacit renewal, or enables it again. `received_at` is when the platform received it."""

    purchase_id = Identifier(required=True, metadata=PURCHASE_ID)
    actor = fields.String(required=True, validate=validate.Length(1, 100), metadata=about("Who asked.", "customer"))
    received_at = Moment(required=True, metadata=about("When the platform received it."))


@handles("subscription.renewed", ChargeSchema, subject=PURCHASE)
def subscription_renewed(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """The period is paid. A request that waited for it goes on."""
    lock_waiting_requests(uow.session, event.data["purchase_id"])
    subscription = _charged(uow, event)
    _await_previous_period(uow, subscription, event)
    cause = event.cause(actor="marketplace")
    changed = record_renewal_payment(uow, subscription, event.data, cause)
    if changed:
        judge_waiting_requests(uow, uow.session.get_one(Purchase, subscription.purchase_id), cause)
    return _changed(changed, _period(event))


@handles("subscription.payment_failed", ChargeSchema, subject=PURCHASE)
def subscription_payment_failed(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """A final failure ends the Business Care where it had ended; another changes nothing."""
    subscription = _charged(uow, event)
    changed = record_failed_payment(uow, subscription, event.data, event.cause(actor="marketplace"))
    return _changed(changed, f"lapse:{subscription.purchase_id}")


@handles("subscription.reactivated", ChargeSchema, subject=PURCHASE)
def subscription_reactivated(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """A new original date; the indexes go on."""
    subscription = _charged(uow, event)
    _await_previous_period(uow, subscription, event)
    changed = record_reactivation(uow, subscription, event.data, event.cause(actor="customer"))
    if changed is None:  # the failure of the renewal is under way to us, or the platform is mistaken.
        raise ParentUnknown("lapse", subscription.purchase_id)
    return _changed(changed, _period(event))


@handles("subscription.renewal_cancelled", RenewalChoiceSchema, subject=PURCHASE)
def subscription_renewal_cancelled(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """No renewal whose instant comes after the receipt."""
    return _change_renewal(uow, event, enabled=False)


@handles("subscription.renewal_enabled", RenewalChoiceSchema, subject=PURCHASE)
def subscription_renewal_enabled(uow: UnitOfWork, locked_subjects: LockedSubjects, event: InboundEvent) -> Result:
    """The customer's own cause is lifted; a withdrawal's stands while the product is withdrawn."""
    return _change_renewal(uow, event, enabled=True)


def _change_renewal(uow: UnitOfWork, event: InboundEvent, *, enabled: bool) -> Result:
    subscription = _known(uow, event)
    cause = event.cause(actor=event.data["actor"])
    changed = change_renewal(
        uow,
        subscription,
        enabled=enabled,
        actor=event.data["actor"],
        received_at=min(event.data["received_at"], event.received_at),
        cause=cause,
    )
    return _changed(changed)


def _known(uow: UnitOfWork, event: InboundEvent) -> Subscription:
    known_purchase(uow, event)
    subscription = subscription_of(uow.session, event.data["purchase_id"])
    if subscription is None:
        raise Refused("the product was free: the purchase has no Business Care", code="no_business_care")
    return subscription


def _charged(uow: UnitOfWork, event: InboundEvent) -> Subscription:
    """The subscription that was charged.

    One charge pays one period of one purchase (`rules.md` 12): the first that an event reported. Workers apply events
    about different purchases side by side, so an event waits for earlier ones about its charge.
    """
    subscription = _known(uow, event)
    charge_id = event.data["charge_id"]
    earlier = earlier_about_charge(uow.session, charge_id, event.number)
    if earlier is not None and uow.session.get(Charge, charge_id) is None:
        raise EarlierEventWaits(f"event {earlier}, which reports the same charge, was received before")
    return subscription


def _await_previous_period(uow: UnitOfWork, subscription: Subscription, event: InboundEvent) -> None:
    """Park the event of a period until the one before is known: periods follow each other without a gap."""
    before = event.data["period_index"] - 1
    if before > 0 and uow.session.get(Period, (subscription.purchase_id, before)) is None:
        raise ParentUnknown("period", f"{subscription.purchase_id}#{before}")


def _period(event: InboundEvent) -> str:
    return f"period:{event.data['purchase_id']}#{event.data['period_index']}"


def _changed(changed: bool, created: str | None = None) -> Result:
    if not changed:
        return Result(applied=Applied.NO_EFFECT, note="known already, or nothing to change")
    return Result(applied=Applied.CHANGED, created=created)
