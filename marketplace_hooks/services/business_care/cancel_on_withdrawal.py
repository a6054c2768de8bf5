"""Cascade step: a withdrawal cancels the renewals of the product, however many Business Cares it has.

Every tacit renewal of the product is cancelled, those bought through packs with the rest; no entitlement is touched
(`rules.md`, the table; the owner's text: « Le renouvellement tacite sera automatiquement annulé pour vos clients »).
Set statements over chunks of rows: one UPDATE, and one INSERT … SELECT of the events for the subscribers.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select, update

from ...database.types import constant
from ...models.cascades import Cascade
from ...models.products import SubjectKind, Withdrawal
from ...models.purchases import Purchase
from ...models.subscriptions import Period, RenewalChange, Subscription, SubscriptionState
from ..catalog.cascades import Step
from ..core.unit_of_work import Cause, UnitOfWork
from .holders import next_chunk, publish_to_holders
from .renewal_history import read_histories, record_customer_stops, record_stops
from .reversals import reverse_charges, wrongly_charged
from .subscriptions import last_covered_day, plan_notice, publish_cancelled

SHORTEST_PERIOD = timedelta(days=360)
"""Twelve months are never shorter, whatever month's end or change of the clocks is in between."""


def follow_withdrawal(uow: UnitOfWork, cascade: Cascade, progress: Step, limit: int) -> None:
    """Cancel the renewals of the next chunk of a withdrawn product's subscriptions; of a reinstated one, lift some."""
    withdrawal = _last_withdrawal(uow, cascade)
    if cascade.change == "withdrawn":
        _cancel_renewals(uow, cascade, withdrawal, progress, limit)
    else:
        _lift_renewals(uow, cascade, withdrawal, progress)


def _cancel_renewals(uow: UnitOfWork, cascade: Cascade, withdrawal: Withdrawal, progress: Step, limit: int) -> None:
    """Cancel the renewals of the next chunk of the product's subscriptions, and publish it for each."""
    chunk = next_chunk(uow.session, progress, _renewing(withdrawal), limit)
    if chunk is None:
        return
    instant = max(withdrawal.received_at, withdrawal.effective_at)
    progress.done += _cancel_one_by_one(uow, cascade, chunk.within, instant)
    values = {
        "withdrawn_from": instant,
        "withdrawal_lifted_at": None,
        "cancelled_by": cascade.id,
        "sequence": Subscription.sequence + 1,
        "notice_at": None,
    }
    cancel = update(Subscription).where(chunk.within).values(values).execution_options(synchronize_session=False)
    progress.done += int(uow.session.execute(cancel).rowcount)  # type: ignore[attr-defined] # a cursor result
    data = {"by": "withdrawal", "last_day": Subscription.last_day}
    publish_to_holders(
        uow,
        cascade,
        chunk.marked(cascade.subject_id, Subscription.cancelled_by == cascade.id),
        "subscription.renewal_cancelled",
        data,
    )
    progress.cursor = chunk.last


def _lift_renewals(uow: UnitOfWork, cascade: Cascade, withdrawal: Withdrawal, progress: Step) -> None:
    """Lift the cancellation for customers who enabled their renewal between the reinstatement's receipt and now."""
    enabled = (
        select(Subscription)
        .where(
            Subscription.product_id == cascade.subject_id,
            Subscription.withdrawn_from.is_not(None),
            Subscription.withdrawal_lifted_at.is_(None),
            Subscription.purchase_id.in_(_enabled_since(withdrawal.reinstated_at)),
        )
        .order_by(Subscription.purchase_id)
    )
    found = [] if withdrawal.reinstated_at is None else list(uow.session.scalars(enabled.with_for_update()))
    histories = read_histories(uow.session, [one.purchase_id for one in found])
    for subscription in found:
        history = histories[subscription.purchase_id]
        record_customer_stops(subscription, history.renewal_stops)
        if not history.stands_at(uow.now):
            plan_notice(uow, subscription)
    progress.total = progress.done = len(found)
    progress.state = "done"


def _last_withdrawal(uow: UnitOfWork, cascade: Cascade) -> Withdrawal:
    """The withdrawal that the cascade follows; reinstated meanwhile or not, it cancelled what it cancelled."""
    query = select(Withdrawal).where(
        Withdrawal.subject_kind == SubjectKind.PRODUCT, Withdrawal.subject_id == cascade.subject_id
    )
    return uow.session.scalars(query.order_by(Withdrawal.id.desc()).limit(1)).one()


def _renewing(withdrawal: Withdrawal) -> ColumnElement[bool]:
    """SQL for: a Business Care of the product that goes on, and that no withdrawal has cancelled yet."""
    product_id = withdrawal.subject_id
    goes_on = or_(
        Subscription.state == constant(SubscriptionState.ACTIVE),
        Subscription.state == constant(SubscriptionState.PAYMENT_PENDING),
    )
    not_yet = or_(Subscription.withdrawn_from.is_(None), Subscription.withdrawal_lifted_at.is_not(None))
    concerned = and_(Subscription.product_id == product_id, goes_on, not_yet)
    if withdrawal.reinstated_at is None:
        return concerned
    # Reinstated before this chunk was reached: purchases made and renewals enabled since are not cancelled.
    bought_since = select(Purchase.id).where(
        Purchase.product_id == product_id, Purchase.purchased_at >= withdrawal.reinstated_at
    )
    enabled_since = _enabled_since(withdrawal.reinstated_at)
    return concerned & Subscription.purchase_id.not_in(bought_since) & Subscription.purchase_id.not_in(enabled_since)


def _enabled_since(instant: datetime | None) -> Select[str]:
    """The purchases whose customers have enabled their renewal since."""
    return select(RenewalChange.purchase_id).where(RenewalChange.enabled, RenewalChange.received_at >= instant)


def _cancel_one_by_one(uow: UnitOfWork, cascade: Cascade, within: ColumnElement[bool], instant: datetime) -> int:
    """Cancel those of the chunk that do not simply go on to their last day; return how many.

    Some came to their renewal before the withdrawal, and it is not claimed yet: it happens, and they go on for another
    year. Some were renewed after the withdrawal, which had waited in the inbox for longer than the quarter of an hour
    before a claim: that is reversed. There are few, at midnight or after an outage.
    """
    began_since = select(Period.index).where(
        Period.purchase_id == Subscription.purchase_id,
        Period.index == Subscription.current_index,
        Period.starts_at >= instant,
    )
    renewed_since = and_(
        # A period begun since ends a year later: this condition spares nearly every lookup of a period.
        Subscription.renewal_at >= instant + SHORTEST_PERIOD,
        Subscription.current_index > Subscription.anchor_index,
        began_since.correlate(Subscription).exists(),
    )
    awaited = and_(
        Subscription.state == constant(SubscriptionState.ACTIVE),
        Subscription.renewal_at < instant,
    )
    query = select(Subscription).where(within, or_(renewed_since, awaited)).order_by(Subscription.purchase_id)
    found = list(uow.session.scalars(query.with_for_update().execution_options(populate_existing=True)))
    histories = read_histories(uow.session, [one.purchase_id for one in found])
    cause = Cause.from_json(cascade.cause)
    for subscription in found:
        history = histories[subscription.purchase_id]
        record_stops(subscription, history.renewal_stops)
        subscription.notice_at = None
        charged = wrongly_charged(uow, subscription, history)
        last_day = last_covered_day(uow, subscription, history, charged)
        publish_cancelled(uow, subscription, "withdrawal", cause, last_day=last_day)
        reverse_charges(uow, subscription, charged, history, cause)
    uow.session.flush()
    return len(found)
