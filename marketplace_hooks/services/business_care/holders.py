"""Holders: who holds a purchase, and which customers of a product hold an active Business Care today.

The latter is SQL, for sets of them. The rule is that of `domain/business_care/entitlement.py`, as far as it does not
ask for a merchant site: a paid period covers the day, and the purchase is neither refunded, terminated nor disputed. A
test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.business_care.entitlement import Payment
from ...models.purchases import Purchase
from ...models.subscriptions import Period, Subscription, SubscriptionState


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The holder of a purchase. `customer_id` None: the platform, which may ask about every purchase."""

    purchase_id: str
    customer_id: str | None


def owns(session: Session, customer_id: str, *, product_id: str | None = None, pack_id: str | None = None) -> bool:
    """Whether the customer bought the product, or the pack, and was not refunded."""
    bought = select(Purchase.id).where(Purchase.customer_id == customer_id, Purchase.refunded_at.is_(None))
    if product_id is not None:
        bought = bought.where(Purchase.product_id == product_id)
    if pack_id is not None:
        bought = bought.where(Purchase.pack_id == pack_id)
    return session.scalar(bought.limit(1)) is not None


def is_entitled(now: datetime, today: date) -> ColumnElement[bool]:
    """SQL for: the Business Care of the `Subscription` row is active. `today` is the reference zone's day of `now`."""
    covered = select(Period.index).where(*_begun(now, today), Period.last_day >= today)
    in_force = select(Purchase.id).where(
        Purchase.id == Subscription.purchase_id,
        or_(Purchase.refunded_at.is_(None), Purchase.refunded_at > now),
        or_(Purchase.terminated_at.is_(None), Purchase.terminated_at > now),
        or_(Purchase.disputed_at.is_(None), Purchase.disputed_at > now, Purchase.dispute_won_at <= now),
    )
    return and_(covered.correlate(Subscription).exists(), in_force.correlate(Subscription).exists())


def last_day_paid(now: datetime, today: date) -> ColumnElement[date]:
    """SQL for the last day of the last paid period that has begun, of the `Subscription` row."""
    return select(func.max(Period.last_day)).where(*_begun(now, today)).correlate(Subscription).scalar_subquery()


def renews(now: datetime) -> ColumnElement[bool]:
    """SQL for: the Business Care of the `Subscription` row goes on, and nothing stops its next renewal now."""
    goes_on = or_(
        Subscription.state == constant(SubscriptionState.ACTIVE),
        Subscription.state == constant(SubscriptionState.PAYMENT_PENDING),
    )
    not_cancelled = or_(Subscription.customer_stopped_at.is_(None), Subscription.customer_lifted_at <= now)
    not_withdrawn = or_(Subscription.withdrawn_from.is_(None), Subscription.withdrawal_lifted_at <= now)
    return and_(goes_on, not_cancelled, not_withdrawn)


def _begun(now: datetime, today: date) -> tuple[ColumnElement[bool], ...]:
    """SQL for: the `Period` is the `Subscription` row's, has begun, and is paid."""
    return (
        Period.purchase_id == Subscription.purchase_id,
        Period.first_day <= today,
        Period.payment == constant(Payment.PAID),
        or_(Period.settled_at.is_(None), Period.settled_at <= now),
    )
