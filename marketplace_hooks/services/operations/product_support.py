"""Support of one product, in figures: who has Business Care now, which requests are open, what renews soon.

Two statements, whatever the product has: one over its subscriptions, one over its open requests. The amount is today's
estimate: a renewal costs what the listing says at its instant, and never more than the last notice said (`rules.md` 9).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.business_care.prices import renewal_price
from ...domain.civil_days import day_of
from ...domain.support.state_machine import OPEN
from ...models.subscriptions import Subscription
from ...models.support import SupportRequest
from ..business_care.holders import is_entitled, renews
from ..catalog.cards import ProductCard

RENEWALS_WITHIN = timedelta(days=30)
REQUESTS_SHOWN = 5


@dataclass(frozen=True, kw_only=True)
class ProductSupport:
    """What a product's seller has to reckon with. `requests` are the open ones with the next deadlines."""

    subscribers: int
    renewals: int
    renewals_cents: int
    open_requests: int
    requests: Sequence[SupportRequest]


def read_product_support(session: Session, card: ProductCard, now: datetime, settings: Settings) -> ProductSupport:
    """The figures of a product as of now; renewals are those of the next 30 days that nothing stops."""
    today = day_of(now, settings.reference_zone)
    price = renewal_price(card.price_cents, today, settings.business_care_rates)
    is_soon = and_(renews(now), Subscription.renewal_at > now, Subscription.renewal_at <= now + RENEWALS_WITHIN)
    is_capped = and_(Subscription.announced_currency == card.currency, Subscription.announced_cents < price)
    amount = case((is_capped, Subscription.announced_cents), else_=price)
    counted = select(
        func.sum(case((is_entitled(now, today), 1), else_=0)),
        func.sum(case((is_soon, 1), else_=0)),
        func.sum(case((is_soon, amount), else_=0)),
    ).where(Subscription.product_id == card.product_id)
    subscribers, renewals, cents = session.execute(counted).one()
    # A request stays with the seller whom it was sent to, whoever sells the product now.
    of_its_seller = SupportRequest.product_id == card.product_id, SupportRequest.seller_id == card.seller_id
    urgent = (
        select(SupportRequest, func.count().over())
        .where(*of_its_seller, SupportRequest.handling.in_(sorted(OPEN)))
        .order_by(SupportRequest.next_deadline_at.is_(None), SupportRequest.next_deadline_at, SupportRequest.number)
        .limit(REQUESTS_SHOWN)
    )
    requests = session.execute(urgent).all()
    return ProductSupport(
        subscribers=subscribers or 0,
        renewals=renewals or 0,
        renewals_cents=cents or 0,
        open_requests=requests[0][1] if requests else 0,
        requests=[request for request, _ in requests],
    )
