"""Renewal notices: which renewals are to be announced now, at which price, and the proof that it was done in time.

Code de la consommation, L215-1: between three months and one month before the last day on which the renewal can be
refused; once for each price, with the proof stored (`rules.md` 9, 13). A notice binds: when the price rises after it,
a new one is sent while its window lasts; later the rise does not apply to this renewal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.business_care.prices import RenewalPrice, price_after_notices
from ...domain.business_care.renewals import NoticeTimeliness, judge_notice, notice_window
from ...domain.standard_reasons import StandardReason
from ...models.purchases import Customer
from ...models.subscriptions import Notice, RepeatedNotice, Subscription, SubscriptionState
from ..catalog.listing_prices import Prices, read_prices
from ..core.unit_of_work import Cause, UnitOfWork
from .renewal_history import read_histories
from .renewal_prices import SentNotice, listed_price, noticed, notices_of_renewal, read_notices
from .subscriptions import publish

CAUSE = Cause(actor="marketplace_hooks", reason=StandardReason.RENEWAL_NEAR)
PRICE_CAUSE = Cause(actor="marketplace_hooks", reason=StandardReason.PRICE_CHANGED)


def needs_notice(now: datetime) -> ColumnElement[bool]:
    """SQL for: the day has come on which the renewal is to be announced, or its price is to be looked at again."""
    active = Subscription.state == constant(SubscriptionState.ACTIVE)
    return and_(active, Subscription.notice_at.is_not(None), Subscription.notice_at <= now)


def notice_batch(uow: UnitOfWork, limit: int) -> int:
    """Send the next notices whose day has come or whose price has risen; drop those of renewals that will not be."""
    query = select(Subscription).where(needs_notice(uow.now)).order_by(Subscription.notice_at).limit(limit)
    due_ones = list(uow.session.scalars(query.with_for_update(skip_locked=True)))
    if not due_ones:
        return 0
    histories = read_histories(uow.session, [one.purchase_id for one in due_ones])
    to_announce = []
    for subscription in due_ones:
        subscription.notice_at = None
        # Past its instant there is nothing left to refuse; stopped, nothing to announce.
        comes_near = subscription.renewal_at > uow.now
        if comes_near and not histories[subscription.purchase_id].stands_at(uow.now):
            to_announce.append(subscription)
    prices = read_prices(uow.session, {one.product_id for one in to_announce})
    notices = read_notices(uow.session, to_announce, prices, uow.settings)
    professional = _professional(uow.session, to_announce)
    for subscription in to_announce:
        owed = not professional[subscription.customer_id]
        _announce(uow, subscription, prices, notices.get(subscription.purchase_id, ()), owed=owed)
    return len(due_ones)


def _announce(
    uow: UnitOfWork, subscription: Subscription, prices: Prices, sent: Sequence[SentNotice], *, owed: bool
) -> None:
    """Send the first notice of a renewal; after it, publish what has become of its price, and announce a rise anew."""
    listed = listed_price(subscription, prices, uow.settings)
    of_renewal = notices_of_renewal(subscription, {subscription.purchase_id: sent})
    number = 1 + sum(one.period_index == subscription.current_index for one in sent)
    if not of_renewal:
        _send(uow, subscription, listed, number=number, owed=owed, cause=CAUSE)
        return
    price = price_after_notices(listed, [noticed(one) for one in of_renewal])
    in_time = judge_notice(uow.now, subscription.last_day, uow.zone) is NoticeTimeliness.IN_TIME
    if price != listed and in_time:
        _publish_price(uow, subscription, listed, of_renewal[-1].price)
        _send(uow, subscription, listed, number=number, owed=owed, cause=PRICE_CAUSE)
    else:
        _publish_price(uow, subscription, price, of_renewal[-1].price)


def _publish_price(
    uow: UnitOfWork, subscription: Subscription, price: RenewalPrice, noticed_last: RenewalPrice
) -> None:
    """Publish the price of the coming renewal where it is not the one that was published last."""
    before = noticed_last
    if subscription.announced_cents is not None and subscription.announced_currency is not None:
        before = RenewalPrice(cents=subscription.announced_cents, currency=subscription.announced_currency)
    if price == before:
        return
    payload = {
        "period_index": subscription.current_index,
        "renewal_at": subscription.renewal_at,
        "amount": _money(price),
        "amount_before": _money(before),
    }
    publish(uow, subscription, "price_changed", payload, PRICE_CAUSE)
    _remember(subscription, price)


def _send(
    uow: UnitOfWork, subscription: Subscription, price: RenewalPrice, *, number: int, owed: bool, cause: Cause
) -> None:
    """Publish one notice of a renewal, and store its proof."""
    window = notice_window(subscription.last_day)
    timeliness = judge_notice(uow.now, subscription.last_day, uow.zone)
    payload = {
        "period_index": subscription.current_index,
        "last_day": subscription.last_day,
        "last_day_to_refuse": subscription.last_day,
        "amount": _money(price),
        "owed": owed,
        "timeliness": timeliness,
    }
    event_id = publish(uow, subscription, "renewal_notice_due", payload, cause)
    proof = {
        "purchase_id": subscription.purchase_id,
        "period_index": subscription.current_index,
        "window_first_day": window.first_day,
        "window_last_day": window.last_day,
        "sent_at": uow.now,
        "owed": owed,
        "timeliness": timeliness,
        "event_id": event_id,
        "amount_cents": price.cents,
        "currency": price.currency,
    }
    uow.session.add(Notice(**proof) if number == 1 else RepeatedNotice(number=number, **proof))
    _remember(subscription, price)


def _remember(subscription: Subscription, price: RenewalPrice) -> None:
    subscription.announced_cents = price.cents
    subscription.announced_currency = price.currency


def _money(price: RenewalPrice) -> dict[str, Any]:
    return {"amount_cents": price.cents, "currency": price.currency}


def _professional(session: Session, subscriptions: list[Subscription]) -> Mapping[str, Any]:
    """Whether each customer is a professional, to whom a notice is a courtesy."""
    ids = {one.customer_id for one in subscriptions}
    query = select(Customer.id, Customer.professional).where(Customer.id.in_(ids))
    return dict(session.execute(query).all())
