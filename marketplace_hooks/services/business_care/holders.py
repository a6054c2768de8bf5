"""Holders: who holds a purchase, and which customers of a product have active Business Care today.

The latter is SQL, for sets of them. The rule is that of `domain/business_care/entitlement.py`, as far as it does not
ask for a merchant site: a paid period covers the day, and the purchase is neither refunded, terminated nor disputed. A
test compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.business_care.entitlement import Payment
from ...models.cascades import Cascade
from ...models.purchases import Purchase
from ...models.subscriptions import Period, Subscription, SubscriptionState
from ..catalog.cascades import Step
from ..core.unit_of_work import UnitOfWork
from ..outbox.bulk_publish import publish_for_each

SUBJECT = "purchase"
"""What events about a subscription are about."""


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The holder of a purchase. `customer_id` None: the platform, which may ask about every purchase."""

    purchase_id: str
    customer_id: str | None


@dataclass(frozen=True, kw_only=True)
class SubscriptionChunk:
    """The next chunk of a product's subscriptions, up to `last`: those `within` it that a step concerns."""

    within: ColumnElement[bool]
    last: str
    _after: ColumnElement[bool]

    def marked(self, product_id: str, mark: ColumnElement[bool]) -> ColumnElement[bool]:
        """SQL for: the rows of the chunk that bear the mark which this step has just written.

        By the mark and not by the condition again: between two statements, other transactions may change what it
        asks for.
        """
        return and_(Subscription.product_id == product_id, mark, Subscription.purchase_id <= self.last, self._after)


def next_chunk(
    session: Session, progress: Step, concerned: ColumnElement[bool], limit: int
) -> SubscriptionChunk | None:
    """Return the next chunk that a cascade step does; None, and the step is done, when nothing is left.

    All are counted the first time. The step moves its cursor to `last` once it has done the chunk.
    """
    if progress.total is None:
        progress.total = session.scalar(select(func.count()).select_from(Subscription).where(concerned)) or 0
    after = true() if progress.cursor is None else Subscription.purchase_id > progress.cursor
    ahead = and_(concerned, after)
    ids = select(Subscription.purchase_id).where(ahead).order_by(Subscription.purchase_id).limit(limit).subquery()
    last = session.scalar(select(func.max(ids.c.purchase_id)))
    if last is None:
        progress.state = "done"
        return None
    return SubscriptionChunk(within=and_(ahead, Subscription.purchase_id <= last), last=last, _after=after)


def publish_to_holders(
    uow: UnitOfWork, cascade: Cascade, marked: ColumnElement[bool], type_: str, data: Mapping[str, Any]
) -> None:
    """Publish an event about each subscription that a step has marked, with the ids that a receiver needs."""
    ids = {
        "purchase_id": Subscription.purchase_id,
        "customer_id": Subscription.customer_id,
        "product_id": Subscription.product_id,
    }
    publish_for_each(
        uow,
        marked,
        type_=type_,
        subject_kind=SUBJECT,
        subject_id=Subscription.purchase_id,
        sequence=Subscription.sequence,
        data={**ids, **data},
        cause=cascade.cause,
        cascade_id=cascade.id,
    )


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
