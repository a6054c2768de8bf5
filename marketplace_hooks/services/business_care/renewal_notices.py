"""Renewal notices: which renewals are to be announced now, and the proof that it was done in time.

Code de la consommation, L215-1: between three months and one month before the last day on which the renewal can be
refused; once for each period, with the proof stored (`domain.md` 13).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.business_care.prices import renewal_price
from ...domain.business_care.renewals import judge_notice, notice_window
from ...domain.civil_days import day_of
from ...models.purchases import Customer
from ...models.subscriptions import Notice, Subscription, SubscriptionState
from ..catalog.listing_prices import Prices, read_prices
from ..core.unit_of_work import Cause, UnitOfWork
from .renewal_history import read_histories
from .subscriptions import publish

CAUSE = Cause(actor="marketplace_hooks", reason="a renewal comes near")


def needs_notice(now: datetime) -> ColumnElement[bool]:
    """SQL for: the day has come on which the renewal is to be announced."""
    active = Subscription.state == constant(SubscriptionState.ACTIVE)
    return and_(active, Subscription.notice_at.is_not(None), Subscription.notice_at <= now)


def notice_batch(uow: UnitOfWork, limit: int) -> int:
    """Send the next notices whose day has come, and drop those of renewals that will not be."""
    query = select(Subscription).where(needs_notice(uow.now)).order_by(Subscription.notice_at).limit(limit)
    due_ones = list(uow.session.scalars(query.with_for_update(skip_locked=True)))
    if not due_ones:
        return 0
    histories = read_histories(uow.session, [one.purchase_id for one in due_ones])
    sent = _sent(uow.session, due_ones)
    to_send = []
    for subscription in due_ones:
        subscription.notice_at = None
        # Past its instant there is nothing left to refuse; stopped, nothing to announce.
        comes_near = subscription.renewal_at > uow.now
        if comes_near and not histories[subscription.purchase_id].stands_at(uow.now) and _key(subscription) not in sent:
            to_send.append(subscription)
    prices = read_prices(uow.session, {one.product_id for one in to_send})
    professional = _professional(uow.session, to_send)
    for subscription in to_send:
        _send(uow, subscription, prices, owed=not professional[subscription.customer_id])
    return len(due_ones)


def _send(uow: UnitOfWork, subscription: Subscription, prices: Prices, *, owed: bool) -> None:
    """Publish the notice of one renewal, and store its proof."""
    window = notice_window(subscription.last_day)
    listing_cents, currency = prices.at(subscription.product_id, uow.now)
    amount_cents = renewal_price(listing_cents, day_of(subscription.renewal_at, uow.zone))
    payload = {
        "period_index": subscription.current_index,
        "last_day": subscription.last_day,
        "last_day_to_refuse": subscription.last_day,
        "amount": {"amount_cents": amount_cents, "currency": currency},
        "owed": owed,
    }
    event_id = publish(uow, subscription, "renewal_notice_due", payload, CAUSE)
    proof = Notice(
        purchase_id=subscription.purchase_id,
        period_index=subscription.current_index,
        window_first_day=window.first_day,
        window_last_day=window.last_day,
        sent_at=uow.now,
        owed=owed,
        timeliness=judge_notice(uow.now, subscription.last_day, uow.zone),
        event_id=event_id,
    )
    uow.session.add(proof)


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
