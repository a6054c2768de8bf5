"""Which renewals are to be announced now, was the notice owed, and did it come within its window?

Code de la consommation, L215-1: between three months and one month before the last day on which the renewal can be
refused; once for each period, with the proof kept (`domain.md` 13).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from ..domain.civil_days import day_of
from ..domain.prices import renewal_price
from ..domain.renewals import judge_notice, notice_window
from ..store.base import constant
from ..store.purchases import Customer
from ..store.subscriptions import Notice, Subscription, SubscriptionState
from .listing_prices import Prices, read_prices
from .stops import read_histories
from .subscriptions import tell
from .work import Cause, Work

CAUSE = Cause(actor="marketplace_hooks", reason="a renewal comes near")


def needs_notice(now: datetime) -> ColumnElement[bool]:
    """SQL for: the day has come on which the renewal is to be announced."""
    active = Subscription.state == constant(SubscriptionState.ACTIVE)
    return and_(active, Subscription.notice_at.is_not(None), Subscription.notice_at <= now)


def notice_batch(work: Work, limit: int) -> int:
    """Send the next notices whose day has come, and drop those of renewals that will not be."""
    query = select(Subscription).where(needs_notice(work.now)).order_by(Subscription.notice_at).limit(limit)
    due_ones = list(work.session.scalars(query.with_for_update(skip_locked=True)))
    if not due_ones:
        return 0
    histories = read_histories(work.session, [one.purchase_id for one in due_ones])
    sent = _sent(work.session, due_ones)
    to_send = []
    for subscription in due_ones:
        subscription.notice_at = None
        # Past its instant there is nothing left to refuse; stopped, nothing to announce.
        comes_near = subscription.renewal_at > work.now
        if (
            comes_near
            and not histories[subscription.purchase_id].stands_at(work.now)
            and _key(subscription) not in sent
        ):
            to_send.append(subscription)
    prices = read_prices(work.session, {one.product_id for one in to_send})
    professional = _professional(work.session, to_send)
    for subscription in to_send:
        _send(work, subscription, prices, owed=not professional[subscription.customer_id])
    return len(due_ones)


def _send(work: Work, subscription: Subscription, prices: Prices, *, owed: bool) -> None:
    """Tell of one renewal, and keep the proof."""
    window = notice_window(subscription.last_day)
    listing_cents, currency = prices.at(subscription.product_id, work.now)
    amount_cents = renewal_price(listing_cents, day_of(subscription.renewal_at, work.zone))
    told = {
        "period_index": subscription.current_index,
        "last_day": subscription.last_day,
        "last_day_to_refuse": subscription.last_day,
        "amount": {"amount_cents": amount_cents, "currency": currency},
        "owed": owed,
    }
    tell(work, subscription, "renewal_notice_due", told, CAUSE)
    proof = Notice(
        purchase_id=subscription.purchase_id,
        period_index=subscription.current_index,
        window_first_day=window.first_day,
        window_last_day=window.last_day,
        sent_at=work.now,
        owed=owed,
        timeliness=judge_notice(work.now, subscription.last_day, work.zone),
        event_id=work.outgoing[-1]["event_id"],
    )
    work.session.add(proof)


def _key(subscription: Subscription) -> tuple[str, int]:
    return subscription.purchase_id, subscription.current_index


def _sent(session: Session, subscriptions: list[Subscription]) -> set[tuple[str, int]]:
    """The periods of these purchases whose renewal was announced before."""
    purchase_ids = [one.purchase_id for one in subscriptions]
    query = select(Notice.purchase_id, Notice.period_index).where(Notice.purchase_id.in_(purchase_ids))
    return {(purchase_id, index) for purchase_id, index in session.execute(query)}


def _professional(session: Session, subscriptions: list[Subscription]) -> Mapping[str, Any]:
    """Whether each customer is a professional, to whom a notice is a courtesy."""
    ids = {one.customer_id for one in subscriptions}
    query = select(Customer.id, Customer.professional).where(Customer.id.in_(ids))
    return dict(session.execute(query).all())
