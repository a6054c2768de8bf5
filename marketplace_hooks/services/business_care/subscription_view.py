"""Read model of a Business Care, for its holder: its periods, what stops its renewal, the next price and date.

Reading only, by a fixed number of statements whatever there is to show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.business_care.entitlement import Entitlement, EntitlementQuestion, PurchaseFacts, judge
from ...domain.business_care.prices import ReactivationPrice, reactivation_price, renewal_price
from ...domain.business_care.renewals import PeriodDates, RenewalStop, StopCause, period
from ...domain.catalog.statuses import Status
from ...domain.civil_days import Zone, day_of
from ...errors import NotFound
from ...models.products import Product
from ...models.purchases import Purchase
from ...models.subscriptions import Notice, Period, Subscription, SubscriptionState
from ..catalog.listing_prices import Prices, read_prices
from .entitlements import PurchaseFilter, read_purchases
from .holders import Holder
from .renewal_history import RenewalHistory, read_history
from .subscriptions import has_lapsed


@dataclass(frozen=True, kw_only=True)
class NextRenewal:
    """The renewal that will happen at `at` unless something stops it before; the price is of then, as known now."""

    at: datetime
    period: PeriodDates
    amount_cents: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class ReactivationOffer:
    """What a reactivation costs today."""

    period_index: int
    price: ReactivationPrice
    currency: str

    def as_json(self) -> dict[str, Any]:
        """As it is shown and published: an amount, and its lines, which add up to it."""
        lines = (("period", self.price.period_cents), ("supplement", self.price.supplement_cents))
        return {
            "period_index": self.period_index,
            "amount": self._money(self.price.total_cents),
            "lines": [{"what": what, "amount": self._money(cents)} for what, cents in lines],
        }

    def _money(self, cents: int) -> dict[str, Any]:
        return {"amount_cents": cents, "currency": self.currency}


@dataclass(frozen=True, kw_only=True)
class SubscriptionView:
    """The Business Care of one purchase. `entitlement` leaves the merchant site aside: it is the bound one's."""

    subscription: Subscription
    product_status: Status
    entitlement: Entitlement
    periods: Sequence[Period]
    notice: Notice | None
    renewal_stops: Sequence[RenewalStop]
    renewal: NextRenewal | None
    reactivation: ReactivationOffer | None


def read_subscription(session: Session, holder: Holder, now: datetime, zone: Zone) -> SubscriptionView:
    """The Business Care of a purchase as it is now.

    Raises `NotFound` for a purchase that does not exist or is somebody else's, and with `no_business_care` as its code
    for one of a free product.
    """
    query = (
        select(Subscription, Product.status, Purchase.shop_url)
        .select_from(Purchase)
        .join(Product, Product.id == Purchase.product_id)
        .outerjoin(Subscription, Subscription.purchase_id == Purchase.id)
        .where(Purchase.id == holder.purchase_id)
    )
    if holder.customer_id is not None:
        query = query.where(Purchase.customer_id == holder.customer_id)
    row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound(f"there is no purchase {holder.purchase_id}")
    subscription, status, site = row
    if subscription is None:
        raise NotFound("the product was free: the purchase has no Business Care", code="no_business_care")
    history = read_history(session, holder.purchase_id)
    facts = read_purchases(session, PurchaseFilter(purchase_id=holder.purchase_id), now)
    of_purchase = Period.purchase_id == holder.purchase_id
    sent = select(Notice).where(Notice.purchase_id == holder.purchase_id).order_by(Notice.period_index.desc())
    return SubscriptionView(
        subscription=subscription,
        product_status=status,
        entitlement=judge(facts, EntitlementQuestion(at=now, zone=zone, site=site)),
        periods=list(session.scalars(select(Period).where(of_purchase).order_by(Period.index))),
        notice=session.scalar(sent.limit(1)),
        renewal_stops=history.renewal_stops,
        renewal=_next_renewal(session, subscription, history, now, zone),
        reactivation=_offer(session, subscription, history, status, now, zone),
    )


def renews(subscription: Subscription, history: RenewalHistory, now: datetime) -> bool:
    """Whether a renewal is still to come, by what is known now."""
    is_running = subscription.state is SubscriptionState.ACTIVE and subscription.renewal_at > now
    return is_running and not history.prevents(subscription.renewal_at)


def price_of_reactivation(session: Session, subscription: Subscription, now: datetime, zone: Zone) -> ReactivationOffer:
    """What a reactivation costs today, at today's listing price (`domain.md` 9)."""
    cents, currency = read_prices(session, [subscription.product_id]).at(subscription.product_id, now)
    price = reactivation_price(cents, day_of(now, zone))
    return ReactivationOffer(period_index=subscription.current_index + 1, price=price, currency=currency)


def _next_renewal(
    session: Session, subscription: Subscription, history: RenewalHistory, now: datetime, zone: Zone
) -> NextRenewal | None:
    if not renews(subscription, history, now):
        return None
    return _renewal_of(subscription, read_prices(session, [subscription.product_id]), zone)


def _renewal_of(subscription: Subscription, prices: Prices, zone: Zone) -> NextRenewal:
    at = subscription.renewal_at
    cents, currency = prices.at(subscription.product_id, at)
    return NextRenewal(
        at=at,
        period=period(subscription.anchor_on, subscription.current_index + 1, first_index=subscription.anchor_index),
        amount_cents=renewal_price(cents, day_of(at, zone)),
        currency=currency,
    )


def _offer(
    session: Session, subscription: Subscription, history: RenewalHistory, status: Status, now: datetime, zone: Zone
) -> ReactivationOffer | None:
    if status is Status.OFFLINE_PERMANENT or not has_lapsed(subscription, history, now):
        return None
    return price_of_reactivation(session, subscription, now, zone)


@dataclass(frozen=True, kw_only=True)
class PurchaseListItem:
    """A purchase in its customer's list. `renews` None: there is no Business Care, or it is over.

    `causes` are what stops the renewal now; `renewal` is the one to come, at its price as known now.
    """

    purchase: Purchase
    title: dict[str, str]
    product_status: Status
    state: SubscriptionState | None
    renews: bool | None
    last_day: date | None
    entitlement: Entitlement
    causes: frozenset[StopCause]
    renewal: NextRenewal | None


def list_purchases(
    session: Session, customer_id: str, now: datetime, zone: Zone, *, after: str | None = None, limit: int = 20
) -> tuple[list[PurchaseListItem], str | None]:
    """A customer's purchases by id, those whose id is greater than `after`; and the `after` of the next page.

    Four statements. `entitlement` is the purchase's own, on the merchant site that it is bound to.
    """
    query = (
        select(Purchase, Product.title, Product.status, Subscription)
        .join(Product, Product.id == Purchase.product_id)
        .outerjoin(Subscription, Subscription.purchase_id == Purchase.id)
        .where(Purchase.customer_id == customer_id)
        .order_by(Purchase.id)
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(Purchase.id > after)
    rows = list(session.execute(query))
    found = rows[:limit]
    asked = PurchaseFilter(purchase_ids=[purchase.id for purchase, *_ in found])
    facts = {one.purchase_id: one for one in read_purchases(session, asked, now)} if found else {}
    prices = read_prices(session, {purchase.product_id for purchase, *_ in found})
    items = [_bought(*row, facts[row[0].id], prices, now, zone) for row in found]
    return items, (found[-1][0].id if len(rows) > limit else None)


def _bought(
    purchase: Purchase,
    title: dict[str, str],
    status: Status,
    subscription: Subscription | None,
    facts: PurchaseFacts,
    prices: Prices,
    now: datetime,
    zone: Zone,
) -> PurchaseListItem:
    answer = judge([facts], EntitlementQuestion(at=now, zone=zone, site=purchase.shop_url))
    causes = frozenset(stop.cause for stop in facts.renewal_stops if stop.stands_at(now))
    is_over = subscription is None or not answer.active
    goes_on = subscription is not None and answer.active and not causes and subscription.renewal_at > now
    return PurchaseListItem(
        purchase=purchase,
        title=title,
        product_status=status,
        state=subscription.state if subscription else None,
        renews=None if is_over else not causes,
        last_day=answer.last_day,
        entitlement=answer,
        causes=causes,
        renewal=_renewal_of(subscription, prices, zone) if goes_on and subscription is not None else None,
    )
