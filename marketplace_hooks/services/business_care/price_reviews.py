"""Price reviews: after a product's description changed, the announced prices of its coming renewals are checked again.

A description may change the price at any renewal instant to come. Its event only leaves a row here; the renewal run
then goes through the product's subscriptions in chunks, and has `renewal_notices.py` look at those that were announced.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ...database.types import constant
from ...models.subscriptions import PriceReview, Subscription, SubscriptionState
from ..catalog.listing_prices import DatedPrice, read_prices
from ..core.runtime import JobKind
from ..core.unit_of_work import UnitOfWork


def request_price_review(uow: UnitOfWork, product_id: str) -> None:
    """Have the announced prices of this product's renewals looked at once this transaction is committed."""
    uow.insert_later(PriceReview, {"product_id": product_id})
    uow.wakeups.add(JobKind.RENEWALS)


def has_reviews(session: Session) -> bool:
    """Whether announced prices are to be looked at."""
    return session.scalar(select(PriceReview.id).limit(1)) is not None


def review_batch(uow: UnitOfWork, limit: int) -> bool:
    """Go on with the oldest review: mark the announced renewals among its next subscriptions. False: there is none.

    A review is over when no subscription is left; of a product that has only ever had one price, at once.
    """
    query = select(PriceReview).order_by(PriceReview.id).limit(limit).with_for_update(skip_locked=True)
    reviews = list(uow.session.scalars(query))
    if not reviews:
        return False
    dated = read_prices(uow.session, {one.product_id for one in reviews}).dated
    priced_once = {product_id for product_id, prices in dated.items() if _is_one_price(prices)}
    open_ones = [one for one in reviews if one.product_id not in priced_once]
    for review in reviews:
        if review.product_id in priced_once:
            uow.session.delete(review)
    if open_ones:
        _review_chunk(uow, open_ones[0], limit)
    return True


def _is_one_price(prices: Sequence[DatedPrice]) -> bool:
    return len({(one.cents, one.currency) for one in prices}) <= 1


def _review_chunk(uow: UnitOfWork, review: PriceReview, limit: int) -> None:
    last_id = _last_of_chunk(uow.session, review, limit)
    if last_id is None:
        uow.session.delete(review)
        return
    uow.session.execute(
        update(Subscription)
        .where(
            Subscription.product_id == review.product_id,
            Subscription.purchase_id > review.after_purchase_id,
            Subscription.purchase_id <= last_id,
            Subscription.state == constant(SubscriptionState.ACTIVE),
            Subscription.notice_at.is_(None),
            Subscription.renewal_at > uow.now,
        )
        .values(notice_at=uow.now)
        .execution_options(synchronize_session=False)
    )
    review.after_purchase_id = last_id


def _last_of_chunk(session: Session, review: PriceReview, limit: int) -> str | None:
    chunk = (
        select(Subscription.purchase_id)
        .where(Subscription.product_id == review.product_id, Subscription.purchase_id > review.after_purchase_id)
        .order_by(Subscription.purchase_id)
        .limit(limit)
        .subquery()
    )
    last_id: str | None = session.scalar(select(func.max(chunk.c.purchase_id)))
    return last_id
