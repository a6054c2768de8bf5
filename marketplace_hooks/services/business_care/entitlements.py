"""Entitlement: who may ask for support and updates at which instant, judged on the facts of their purchases.

One indexed statement reads everything that one answer needs, `domain/business_care/entitlement` judges, and nothing is
written. `entitlement_lookup.py` asks the same of the present instant, faster.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ...domain.business_care.entitlement import (
    CoveredPeriod,
    Entitlement,
    EntitlementQuestion,
    PaymentDispute,
    PurchaseFacts,
    judge,
)
from ...domain.business_care.renewals import Renewal, RenewalStop, will_happen
from ...domain.catalog.statuses import Status
from ...models.products import Product
from ...models.purchases import DisputeOutcome, Purchase, SiteBinding
from ...models.subscriptions import Period, Subscription, SubscriptionState
from .disputes import read_disputes
from .renewal_history import read_history, recorded_stops


@dataclass(frozen=True, kw_only=True)
class PurchaseFilter:
    """Which purchases a question is about: one of them, several, or a customer's of a product.

    `customer_id` narrows what a customer may see, `seller_id` what a seller may: other people's are not found.
    """

    purchase_id: str | None = None
    purchase_ids: Collection[str] | None = None
    customer_id: str | None = None
    product_id: str | None = None
    seller_id: str | None = None


FACTS = (
    Purchase.id,
    Purchase.product_id,
    Purchase.shop_url,
    Purchase.recorded_at,
    Purchase.refunded_at,
    Purchase.terminated_at,
    Purchase.disputed_at,
    Purchase.dispute_won_at,
    Product.status,
    Product.seller_id,
    Subscription.state,
    Subscription.renewal_at,
    Subscription.customer_stopped_at,
    Subscription.customer_lifted_at,
    Subscription.withdrawn_from,
    Subscription.withdrawal_lifted_at,
    Period.first_day,
    Period.last_day,
    Period.payment,
    Period.settled_at,
)
"""The columns of every answer, one row for each period; read them with `join_facts`."""


def join_facts(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Join a query on purchases with the tables of the other `FACTS`."""
    return (
        query.outerjoin(Product, Product.id == Purchase.product_id)
        .outerjoin(Subscription, Subscription.purchase_id == Purchase.id)
        .outerjoin(Period, Period.purchase_id == Purchase.id)
    )


_PURCHASES = join_facts(select(*FACTS).select_from(Purchase)).order_by(Purchase.id, Period.index)


def judge_entitlement(
    session: Session, narrowed_by: PurchaseFilter, question: EntitlementQuestion, *, as_of_now: bool = True
) -> Entitlement:
    """Judge the purchases asked about. `as_of_now` False: `question.at` may be long past, and histories are read."""
    purchases = read_purchases(session, narrowed_by, question.at)
    if not as_of_now:
        purchases = [_as_of(session, purchase, question.at) for purchase in purchases]
    return judge(purchases, question)


def read_purchases(session: Session, narrowed_by: PurchaseFilter, now: datetime) -> list[PurchaseFacts]:
    """The facts about every purchase asked about, in one statement."""
    query = _PURCHASES
    if narrowed_by.purchase_id is not None:
        query = query.where(Purchase.id == narrowed_by.purchase_id)
    if narrowed_by.purchase_ids is not None:
        query = query.where(Purchase.id.in_(narrowed_by.purchase_ids))
    if narrowed_by.customer_id is not None:
        query = query.where(Purchase.customer_id == narrowed_by.customer_id)
    if narrowed_by.product_id is not None and narrowed_by.purchase_id is None:
        query = query.where(Purchase.product_id == narrowed_by.product_id)
    if narrowed_by.seller_id is not None:
        query = query.where(Product.seller_id == narrowed_by.seller_id)
    grouped: dict[str, list[Any]] = {}
    for row in session.execute(query):
        grouped.setdefault(row.id, []).append(row)
    return [facts_of(rows, now) for rows in grouped.values()]


def facts_of(rows: Sequence[Any], now: datetime) -> PurchaseFacts:
    """The facts of one purchase, from its rows: one for each of its periods."""
    first = rows[0]
    renewal_stops = recorded_stops(first)
    disputes = []
    if first.disputed_at is not None:
        disputes.append(PaymentDispute(disputed_at=first.disputed_at, won_at=first.dispute_won_at))
    return PurchaseFacts(
        purchase_id=first.id,
        product=first.product_id,
        periods=[
            CoveredPeriod(
                first_day=row.first_day,
                last_day=row.last_day,
                payment=row.payment,
                settled_at=row.settled_at,
            )
            for row in rows
            if row.first_day is not None
        ],
        bound_site=first.shop_url,
        refunded_at=first.refunded_at,
        terminated_at=first.terminated_at,
        disputes=disputes,
        renewal_stops=renewal_stops,
        renewal_is_awaited=_is_awaited(first, renewal_stops, now),
        reactivable=first.status is not Status.OFFLINE_PERMANENT,
    )


def _is_awaited(row: Any, renewal_stops: tuple[RenewalStop, ...], now: datetime) -> bool:
    """Whether the renewal's instant has passed and nothing stops it, but no run has claimed it yet (`rules.md` 12)."""
    if row.state is not SubscriptionState.ACTIVE or row.renewal_at > now:
        return False
    renewal = Renewal(renewal_at=row.renewal_at, recorded_at=row.recorded_at, renewal_stops=renewal_stops)
    return will_happen(renewal)


def _as_of(session: Session, purchase: PurchaseFacts, at: datetime) -> PurchaseFacts:
    """The facts as they stood at a past instant: the site bound then, the disputes and renewal changes known then."""
    bound = (
        select(SiteBinding.shop_url)
        .where(SiteBinding.purchase_id == purchase.purchase_id, SiteBinding.bound_at <= at)
        .order_by(SiteBinding.bound_at.desc())
        .limit(1)
    )
    disputes = [
        PaymentDispute(disputed_at=one.disputed_at, won_at=one.closed_at if one.outcome is DisputeOutcome.WON else None)
        for one in read_disputes(session, purchase.purchase_id)
    ]
    renewal_stops = read_history(session, purchase.purchase_id).renewal_stops
    return replace(purchase, bound_site=session.scalar(bound), disputes=disputes, renewal_stops=renewal_stops)
