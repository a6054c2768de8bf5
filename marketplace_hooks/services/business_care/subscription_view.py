"""Read model of a Business Care, for its holder: its periods and charges, what stops its renewal, its notices, the
next price and date.

Reading only, by a fixed number of statements whatever there is to show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.keyset import Rows, read_rows
from ...domain.business_care.entitlement import Entitlement, EntitlementQuestion, PurchaseFacts, judge
from ...domain.business_care.prices import ReactivationPrice, RenewalPrice, reactivation_price
from ...domain.business_care.renewals import PeriodDates, RenewalStop, StopCause, period
from ...domain.catalog.statuses import Status
from ...domain.civil_days import day_of
from ...errors import NotFound
from ...models.products import Product, SubjectKind, Withdrawal
from ...models.purchases import Purchase
from ...models.subscriptions import Charge, Period, Subscription, SubscriptionState
from ..catalog.listing_prices import Prices, read_prices
from .entitlements import PurchaseFilter, read_purchases
from .holders import Holder
from .renewal_history import RenewalHistory, read_history
from .renewal_prices import (
    SentNotice,
    SentNotices,
    listed_price,
    notices_of_renewal,
    price_of_renewal,
    read_notices,
)
from .subscriptions import RUNNING_STATES, has_lapsed


@dataclass(frozen=True, kw_only=True)
class NextRenewal:
    """The renewal that will happen at `at` unless something stops it before; the price is of then, as known now.

    `notice` is the last notice sent for it, `listed` its price by the listing alone: higher where a notice bounds it.
    """

    at: datetime
    period: PeriodDates
    amount_cents: int
    currency: str
    listed: RenewalPrice
    notice: SentNotice | None

    @property
    def is_below_listing(self) -> bool:
        """Whether a notice bounds the price: the listing's has risen since, or is in another currency."""
        return self.listed != RenewalPrice(cents=self.amount_cents, currency=self.currency)


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
    """The Business Care of one purchase. `entitlement` leaves the merchant site aside: it is the bound one's.

    `withdrawal_reason` is what was said when the product was last withdrawn; None: it never was.
    """

    subscription: Subscription
    product_status: Status
    withdrawal_reason: str | None
    entitlement: Entitlement
    periods: Sequence[Period]
    notices: Sequence[SentNotice]
    charges: Sequence[Charge]
    renewal_stops: Sequence[RenewalStop]
    renewal: NextRenewal | None
    reactivation: ReactivationOffer | None

    @property
    def notice(self) -> SentNotice | None:
        """The last notice that was sent, of whichever renewal."""
        return self.notices[-1] if self.notices else None

    @property
    def charges_without_period(self) -> Sequence[Charge]:
        """The charges that paid nothing and opened no period: their refund was requested."""
        known = {one.index for one in self.periods}
        return [one for one in self.charges if one.reversal_asked_at and one.period_index not in known]

    def charge_of(self, paid: Period) -> Charge | None:
        """The charge that paid a period; None where it came with the purchase, or nothing was charged."""
        return next((one for one in self.charges if one.id == paid.charge_id), None)


def read_subscription(session: Session, holder: Holder, now: datetime, settings: Settings) -> SubscriptionView:
    """The Business Care of a purchase as it is now.

    Raises `NotFound` for a purchase that does not exist or is somebody else's, and with `no_business_care` as its code
    for one of a free product.
    """
    query = (
        select(Subscription, Product.status, Purchase.shop_url, _reason_of_last_withdrawal())
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
    subscription, status, site, withdrawal_reason = row
    if subscription is None:
        raise NotFound("the product was free: the purchase has no Business Care", code="no_business_care")
    history = read_history(session, holder.purchase_id)
    facts = read_purchases(session, PurchaseFilter(purchase_id=holder.purchase_id), now)
    of_purchase = Period.purchase_id == holder.purchase_id
    charges = select(Charge).where(Charge.purchase_id == holder.purchase_id)
    prices = read_prices(session, [subscription.product_id])
    notices = read_notices(session, [subscription], prices, settings)
    return SubscriptionView(
        subscription=subscription,
        product_status=status,
        withdrawal_reason=withdrawal_reason,
        entitlement=judge(facts, EntitlementQuestion(at=now, zone=settings.reference_zone, site=site)),
        periods=list(session.scalars(select(Period).where(of_purchase).order_by(Period.index))),
        notices=notices.get(holder.purchase_id, ()),
        charges=list(session.scalars(charges.order_by(Charge.period_index, Charge.occurred_at, Charge.id))),
        renewal_stops=history.renewal_stops,
        renewal=_renewal_of(subscription, prices, notices, settings) if renews(subscription, history, now) else None,
        reactivation=_offer(session, subscription, history, status, now, settings),
    )


def _reason_of_last_withdrawal() -> ScalarSelect[str]:
    """SQL for what was said when the product was last withdrawn."""
    query = select(Withdrawal.reason).where(
        Withdrawal.subject_kind == SubjectKind.PRODUCT, Withdrawal.subject_id == Product.id
    )
    return query.order_by(Withdrawal.id.desc()).limit(1).scalar_subquery()


def renews(subscription: Subscription, history: RenewalHistory, now: datetime) -> bool:
    """Whether a renewal is still to come, by what is known now."""
    is_running = subscription.state is SubscriptionState.ACTIVE and subscription.renewal_at > now
    return is_running and not history.prevents(subscription.renewal_at)


def price_of_reactivation(
    session: Session, subscription: Subscription, now: datetime, settings: Settings
) -> ReactivationOffer:
    """What a reactivation costs today, at today's listing price (`rules.md` 9)."""
    cents, currency = read_prices(session, [subscription.product_id]).at(subscription.product_id, now)
    price = reactivation_price(cents, day_of(now, settings.reference_zone), settings.business_care_rates)
    return ReactivationOffer(period_index=subscription.current_index + 1, price=price, currency=currency)


def _renewal_of(subscription: Subscription, prices: Prices, notices: SentNotices, settings: Settings) -> NextRenewal:
    price = price_of_renewal(subscription, prices, notices, settings)
    sent = notices_of_renewal(subscription, notices)
    return NextRenewal(
        at=subscription.renewal_at,
        period=period(subscription.anchor_on, subscription.current_index + 1, first_index=subscription.anchor_index),
        amount_cents=price.cents,
        currency=price.currency,
        listed=listed_price(subscription, prices, settings),
        notice=sent[-1] if sent else None,
    )


def _offer(
    session: Session,
    subscription: Subscription,
    history: RenewalHistory,
    status: Status,
    now: datetime,
    settings: Settings,
) -> ReactivationOffer | None:
    if status is Status.OFFLINE_PERMANENT or not has_lapsed(subscription, history, now):
        return None
    return price_of_reactivation(session, subscription, now, settings)


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
    session: Session,
    customer_id: str,
    now: datetime,
    settings: Settings,
    *,
    after: str | None = None,
    is_backward: bool = False,
    limit: int = 20,
) -> tuple[Rows[PurchaseListItem], str | None]:
    """A customer's purchases by id, those whose id is greater than `after`; and the `after` of the next page.

    Five statements. `entitlement` is the purchase's own, on the merchant site that it is bound to.
    """
    query = (
        select(Purchase, Product.title, Product.status, Subscription)
        .join(Product, Product.id == Purchase.product_id)
        .outerjoin(Subscription, Subscription.purchase_id == Purchase.id)
        .where(Purchase.customer_id == customer_id)
    )
    position = None if after is None else (after,)
    rows = read_rows(session, query, (Purchase.id,), position=position, limit=limit + 1, is_backward=is_backward)
    found = rows.nearest(limit, is_backward=is_backward)
    asked = PurchaseFilter(purchase_ids=[purchase.id for purchase, *_ in found])
    facts = {one.purchase_id: one for one in read_purchases(session, asked, now)} if found else {}
    prices = read_prices(session, {purchase.product_id for purchase, *_ in found})
    subscriptions = [subscription for *_, subscription in found if subscription is not None]
    notices = read_notices(session, subscriptions, prices, settings)
    items = [
        _bought(purchase, title, status, subscription, facts[purchase.id], prices, notices, now, settings)
        for purchase, title, status, subscription in found
    ]
    return found.mapped(items), (found[-1][0].id if len(rows) > limit else None)


def _bought(
    purchase: Purchase,
    title: dict[str, str],
    status: Status,
    subscription: Subscription | None,
    facts: PurchaseFacts,
    prices: Prices,
    notices: SentNotices,
    now: datetime,
    settings: Settings,
) -> PurchaseListItem:
    answer = judge([facts], EntitlementQuestion(at=now, zone=settings.reference_zone, site=purchase.shop_url))
    causes = frozenset(stop.cause for stop in facts.renewal_stops if stop.stands_at(now))
    is_over = subscription is None or not answer.active
    may_renew = subscription is not None and subscription.state in RUNNING_STATES and answer.active and not causes
    goes_on = may_renew and subscription is not None and subscription.renewal_at > now
    return PurchaseListItem(
        purchase=purchase,
        title=title,
        product_status=status,
        state=subscription.state if subscription else None,
        renews=None if is_over else may_renew,
        last_day=answer.last_day,
        entitlement=answer,
        causes=causes,
        renewal=_renewal_of(subscription, prices, notices, settings) if goes_on and subscription is not None else None,
    )
