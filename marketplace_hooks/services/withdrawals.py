"""What does a withdrawal do to the renewals of a million Business Cares?

Every tacit renewal of the product is cancelled, those bought through packs with the rest; no entitlement is touched
(`domain.md`, the table; the user's text: « Le renouvellement tacite sera automatiquement annulé pour vos clients »).
Set statements over chunks of rows: one UPDATE, one INSERT … SELECT of the events that tell each subscriber.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, literal, or_, select, update

from ..store.base import constant, json_object, random_hex
from ..store.cascades import Cascade
from ..store.outbox import OutgoingEvent
from ..store.products import SubjectKind, Withdrawal
from ..store.purchases import Purchase
from ..store.subscriptions import Period, PeriodKind, RenewalChange, Subscription, SubscriptionState
from .cascades import Step, step
from .standings import Standing
from .stops import note_stops, read_history
from .subscriptions import SUBJECT, charged_in_vain, day_before, reverse, subscription_of, tell_cancelled
from .work import Cause, Work

_COLUMNS = ["event_id", "type", "subject_kind", "subject_id", "sequence", "data", "cause", "cascade_id", "created_at"]
SHORTEST_PERIOD = timedelta(days=360)
"""Twelve months are never shorter, whatever month's end or change of the clocks is in between."""


def _is_withdrawal(standing: Standing, change: str) -> bool:
    return change == "withdrawn"


@step("renewals", applies=_is_withdrawal)
def cancel_renewals(work: Work, cascade: Cascade, progress: Step, limit: int) -> None:
    """Cancel the renewals of the next chunk of the product's subscriptions, and tell each subscriber."""
    withdrawal = _last_withdrawal(work, cascade)
    concerned = _renewing(withdrawal)
    if progress.total is None:
        progress.total = work.session.scalar(select(func.count()).select_from(Subscription).where(concerned)) or 0
    low = [] if progress.cursor is None else [Subscription.purchase_id > progress.cursor]
    ahead = and_(concerned, *low)
    chunk = select(Subscription.purchase_id).where(ahead).order_by(Subscription.purchase_id).limit(limit).subquery()
    last = work.session.scalar(select(func.max(chunk.c.purchase_id)))
    if last is None:
        progress.state = "done"
        return
    instant = max(withdrawal.received_at, withdrawal.effective_at)
    within = and_(ahead, Subscription.purchase_id <= last)
    progress.done += _reverse(work, cascade, within, instant)
    values = {
        "withdrawn_from": instant,
        "withdrawal_lifted_at": None,
        "cancelled_by": cascade.id,
        "sequence": Subscription.sequence + 1,
        "notice_at": None,
    }
    cancel = update(Subscription).where(within).values(values).execution_options(synchronize_session=False)
    progress.done += int(work.session.execute(cancel).rowcount)  # type: ignore[attr-defined] # a cursor result
    # By the mark and not by the condition again: between two statements a customer may have spoken.
    marked = and_(
        Subscription.product_id == cascade.subject_id,
        Subscription.cancelled_by == cascade.id,
        Subscription.purchase_id <= last,
        *low,
    )
    work.session.execute(insert(OutgoingEvent).from_select(_COLUMNS, _told(work, cascade, marked)))
    progress.cursor = last


def _last_withdrawal(work: Work, cascade: Cascade) -> Withdrawal:
    """The withdrawal that the cascade follows; reinstated meanwhile or not, it cancelled what it cancelled."""
    query = select(Withdrawal).where(
        Withdrawal.subject_kind == SubjectKind.PRODUCT, Withdrawal.subject_id == cascade.subject_id
    )
    return work.session.scalars(query.order_by(Withdrawal.id.desc()).limit(1)).one()


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
    # The product is on sale again before we came to this chunk: whoever has bought or spoken since is not concerned.
    bought_since = select(Purchase.id).where(
        Purchase.product_id == product_id, Purchase.purchased_at >= withdrawal.reinstated_at
    )
    enabled_since = select(RenewalChange.purchase_id).where(
        RenewalChange.enabled, RenewalChange.received_at >= withdrawal.reinstated_at
    )
    return concerned & Subscription.purchase_id.not_in(bought_since) & Subscription.purchase_id.not_in(enabled_since)


def _told(work: Work, cascade: Cascade, marked: ColumnElement[bool]) -> Select[Any]:
    """The events that tell each subscriber of the chunk, with the day until which everything goes on."""
    columns = OutgoingEvent.__table__.c
    data = json_object(
        literal("purchase_id"),
        Subscription.purchase_id,
        literal("customer_id"),
        Subscription.customer_id,
        literal("product_id"),
        Subscription.product_id,
        literal("by"),
        literal("withdrawal"),
        literal("last_day"),
        Subscription.last_day,
    )
    return select(
        literal("evt_") + random_hex(),
        literal("subscription.renewal_cancelled"),
        literal(SUBJECT),
        Subscription.purchase_id,
        Subscription.sequence,
        data,
        literal(cascade.cause, columns.cause.type),
        literal(cascade.id),
        literal(work.now, columns.created_at.type),
    ).where(marked)


def _reverse(work: Work, cascade: Cascade, within: ColumnElement[bool], instant: datetime) -> int:
    """End those of the chunk that were renewed after the withdrawal, before it was applied; return how many.

    There are none unless the withdrawal waited in the inbox for longer than the 15 minutes before a claim: rows are
    few, and each is a reversal of its own.
    """
    renewed = (
        select(Subscription.purchase_id)
        .join(
            Period,
            and_(Period.purchase_id == Subscription.purchase_id, Period.index == Subscription.current_index),
        )
        .where(
            within,
            # Its period began since, so it ends a year later: said first, it spares nearly every look at a period.
            Subscription.renewal_at >= instant + SHORTEST_PERIOD,
            Period.kind == constant(PeriodKind.RENEWAL),
            Period.starts_at >= instant,
        )
    )
    cause, reversed_ones = Cause.from_json(cascade.cause), 0
    for purchase_id in list(work.session.scalars(renewed)):
        subscription = subscription_of(work.session, purchase_id)
        if subscription is None:
            continue
        history = read_history(work.session, purchase_id)
        charged = charged_in_vain(work, subscription, history)
        if charged:
            note_stops(subscription, history.stops)
            tell_cancelled(work, subscription, "withdrawal", cause, last_day=day_before(charged[0]))
            reverse(work, subscription, charged, cause)
            reversed_ones += 1
    work.session.flush()
    return reversed_ones
