"""Renewal prices: what the coming renewal costs, by the listing's price then and by the notices sent for it.

A notice binds: a price that rises afterwards applies only once a new notice was sent in time (`rules.md` 9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, Select, SQLColumnExpression, literal_column, select, union_all
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.business_care.prices import NoticedPrice, RenewalPrice, price_after_notices, renewal_price
from ...domain.business_care.renewals import NoticeTimeliness, notice_window
from ...domain.civil_days import day_of
from ...models.subscriptions import Notice, RepeatedNotice, Subscription
from ..catalog.listing_prices import Prices


@dataclass(frozen=True, kw_only=True)
class SentNotice:
    """A renewal notice that was sent: for which period, when, within which days it was to be, and the price it named.

    `owed` says whether the law asks for it; `event_id` is the outgoing event that carried it.
    """

    period_index: int
    sent_at: datetime
    window_first_day: date
    window_last_day: date
    timeliness: str
    owed: bool
    event_id: str
    price: RenewalPrice


SentNotices = Mapping[str, Sequence[SentNotice]]
"""The notices of some purchases by the purchase's id, each in the order in which they were sent."""


def read_notices(
    session: Session, subscriptions: Sequence[Subscription], prices: Prices, settings: Settings
) -> SentNotices:
    """Every notice ever sent about these subscriptions, in one statement. `prices` are those of their products."""
    products = {one.purchase_id: one.product_id for one in subscriptions}
    if not products:
        return {}
    first = _stored(Notice, literal_column("1")).where(Notice.purchase_id.in_(products))
    repeated = _stored(RepeatedNotice, RepeatedNotice.number).where(RepeatedNotice.purchase_id.in_(products))
    rows = session.execute(union_all(first, repeated)).all()
    found: dict[str, list[SentNotice]] = {}
    for row in sorted(rows, key=lambda one: (one.period_index, one.sent_at, one.number)):
        price = _noticed_price(row, products[row.purchase_id], prices, settings)
        found.setdefault(row.purchase_id, []).append(_sent(row, price))
    return found


def notices_of_renewal(subscription: Subscription, notices: SentNotices) -> list[SentNotice]:
    """The notices of the coming renewal. Another original date, after a reactivation, makes it another renewal."""
    window = notice_window(subscription.last_day)
    return [
        one
        for one in notices.get(subscription.purchase_id, ())
        if one.period_index == subscription.current_index and one.window_last_day == window.last_day
    ]


def listed_price(subscription: Subscription, prices: Prices, settings: Settings) -> RenewalPrice:
    """The price of the coming renewal by the listing alone, as known now."""
    cents, currency = prices.at(subscription.product_id, subscription.renewal_at)
    return _price_on(subscription.renewal_at, cents, currency, settings)


def price_of_renewal(
    subscription: Subscription, prices: Prices, notices: SentNotices, settings: Settings
) -> RenewalPrice:
    """What the coming renewal costs, as known now."""
    sent = notices_of_renewal(subscription, notices)
    return price_after_notices(listed_price(subscription, prices, settings), [noticed(one) for one in sent])


def noticed(notice: SentNotice) -> NoticedPrice:
    """What a notice says to the rule."""
    return NoticedPrice(price=notice.price, in_time=notice.timeliness == NoticeTimeliness.IN_TIME)


def _stored(notice: type[Notice | RepeatedNotice], number: SQLColumnExpression[int]) -> Select[*tuple[Any, ...]]:
    """What is stored of the notices of one table, as `NoticeColumns` names it, and each one's number in its renewal."""
    return select(
        notice.purchase_id,
        notice.period_index,
        notice.window_first_day,
        notice.window_last_day,
        notice.sent_at,
        notice.owed,
        notice.timeliness,
        notice.event_id,
        notice.amount_cents,
        notice.currency,
        number.label("number"),
    )


def _noticed_price(row: Row[Any], product_id: str, prices: Prices, settings: Settings) -> RenewalPrice:
    """The price that a notice named; of one sent by an older version, the listing's price when it was sent says it."""
    if row.amount_cents is not None and row.currency is not None:
        return RenewalPrice(cents=row.amount_cents, currency=row.currency)
    cents, currency = prices.at(product_id, row.sent_at)
    return _price_on(row.sent_at, cents, currency, settings)


def _price_on(at: datetime, listing_cents: int, currency: str, settings: Settings) -> RenewalPrice:
    """What a period costs by the listing's price and the rates at an instant."""
    day = day_of(at, settings.reference_zone)
    return RenewalPrice(cents=renewal_price(listing_cents, day, settings.business_care_rates), currency=currency)


def _sent(row: Row[Any], price: RenewalPrice) -> SentNotice:
    return SentNotice(
        period_index=row.period_index,
        sent_at=row.sent_at,
        window_first_day=row.window_first_day,
        window_last_day=row.window_last_day,
        timeliness=row.timeliness,
        owed=row.owed,
        event_id=row.event_id,
        price=price,
    )
