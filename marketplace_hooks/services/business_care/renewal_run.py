"""Renewal run: claims the tacit renewals that have come to their instant, and ends those that are stopped.

Only due rows are touched, in batches. A period is claimed by its unique row: two runs at once, or one that was killed,
claim nothing twice. Everything selects `<= now` and catches up after any pause (`rules.md` 11).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from ...database.engine import insert_new
from ...database.types import constant
from ...domain.business_care.entitlement import Payment
from ...domain.business_care.renewals import RenewalDecision, decide, latest_claimable, period
from ...domain.standard_reasons import StandardReason
from ...models.inbox import InboxEvent, InboxState
from ...models.subscriptions import Period, PeriodKind, Subscription, SubscriptionState
from ...telemetry.log_context import get_logger
from ..catalog.listing_prices import Prices, read_prices
from ..core.runtime import Runtime
from ..core.unit_of_work import Cause, UnitOfWork, run_in_transaction
from .holders import SUBJECT
from .price_reviews import has_reviews, review_batch
from .renewal_history import read_histories
from .renewal_notices import needs_notice, notice_batch
from .renewal_prices import SentNotices, price_of_renewal, read_notices
from .renewal_run_state import acquire_run, is_held
from .subscriptions import expire, idempotency_key, publish, set_current_period

log = get_logger(__name__)

BATCH = 500
CAUSE = Cause(actor="marketplace_hooks", reason=StandardReason.PERIOD_ENDED)


def has_pending(session: Session, now: datetime) -> bool:
    """Whether a renewal has come to its instant and its run is not held, or a notice or a price is to be looked at."""
    renewals = _any(session, is_due(now), Subscription.renewal_at) and not is_held(session)
    return renewals or _any(session, needs_notice(now), Subscription.notice_at) or has_reviews(session)


@dataclass(frozen=True, kw_only=True)
class DueRenewals:
    """How many renewals have come to their instant and are not decided, and the first of these instants."""

    count: int
    since: datetime | None


def count_due(session: Session, now: datetime) -> DueRenewals:
    """What the next run has to decide, and how long the oldest has been due."""
    count, since = session.execute(select(func.count(), func.min(Subscription.renewal_at)).where(is_due(now))).one()
    return DueRenewals(count=count, since=since)


def _any(session: Session, which: ColumnElement[bool], due_at: InstrumentedAttribute[Any]) -> bool:
    # The first due one: for any of them, PostgreSQL would walk through the table when its statistics are old.
    return session.scalar(select(Subscription.purchase_id).where(which).order_by(due_at).limit(1)) is not None


def is_due(now: datetime) -> ColumnElement[bool]:
    """SQL for: a renewal that has come to its instant, and a quarter of an hour more."""
    active = Subscription.state == constant(SubscriptionState.ACTIVE)
    return and_(active, Subscription.renewal_at <= latest_claimable(now))


def _in_flight(now: datetime) -> ColumnElement[bool]:
    """SQL for: an event that may stop the renewal was received and is not applied yet; it is applied first."""
    received = select(InboxEvent.subject).where(InboxEvent.state == constant(InboxState.RECEIVED))
    # A withdrawal counts from its receipt: one received after the latest claimable instant stops nothing.
    withdrawals = received.where(InboxEvent.received_at <= latest_claimable(now))
    return or_(
        (f"{SUBJECT}:" + Subscription.purchase_id).in_(received),
        ("product:" + Subscription.product_id).in_(withdrawals),
    )


def run_renewals(runtime: Runtime, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Claim or end every subscription whose renewal is due, and send every notice that is; return how many of both.

    Prices that have changed are looked at before notices are sent, so that no notice names an old one.
    """
    total = 0
    while not stop() and run_in_transaction(runtime, _review_batch):
        runtime.database.yield_to_writers()
    for batch in (_renew_batch, _notice_batch):
        while not stop():
            done = run_in_transaction(runtime, batch)
            total += done
            if done < BATCH:
                break
            runtime.database.yield_to_writers()
    return total


def _renew_batch(uow: UnitOfWork) -> int:
    """Decide the next due renewals, longest due first."""
    if not acquire_run(uow):
        return 0
    query = (
        select(Subscription)
        .where(is_due(uow.now), ~_in_flight(uow.now))
        .order_by(Subscription.renewal_at, Subscription.purchase_id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    due_ones = list(uow.session.scalars(query))
    histories = read_histories(uow.session, [one.purchase_id for one in due_ones])
    claimed: list[Subscription] = []
    for subscription in due_ones:
        history = histories[subscription.purchase_id]
        match decide(history.renewal(subscription.renewal_at), uow.now):
            case RenewalDecision.CLAIM:
                claimed.append(subscription)
            case RenewalDecision.STOPPED:
                expire(uow, subscription, CAUSE)
            case _:  # from before the purchase was on record: its renewals or its end are the platform's to report.
                expire(uow, subscription, None)
    _claim(uow, claimed)
    return len(due_ones)


def _review_batch(uow: UnitOfWork) -> bool:
    return review_batch(uow, BATCH)


def _notice_batch(uow: UnitOfWork) -> int:
    return notice_batch(uow, BATCH)


def _claim(uow: UnitOfWork, subscriptions: Sequence[Subscription]) -> None:
    """Claim the next period of each by its unique row, and ask the platform to charge it."""
    if not subscriptions:
        return
    prices = read_prices(uow.session, {one.product_id for one in subscriptions})
    notices = read_notices(uow.session, subscriptions, prices, uow.settings)
    rows = {one.purchase_id: _next_period(uow, one, prices, notices) for one in subscriptions}
    statement = insert_new(uow.session, Period).returning(Period.purchase_id)
    won = set(uow.session.scalars(statement, list(rows.values())))
    for subscription in subscriptions:
        row = rows[subscription.purchase_id]
        if subscription.purchase_id not in won:
            # A period with this number stands, and yet this one is the last: a person must find out why.
            log.error("%s has a period %s already: it is not renewed", subscription.purchase_id, row["index"])
            expire(uow, subscription, CAUSE)
            continue
        set_current_period(uow, subscription, row["index"])
        subscription.state = SubscriptionState.PAYMENT_PENDING
        payload = {
            "period_index": row["index"],
            "first_day": row["first_day"],
            "last_day": row["last_day"],
            "amount": {"amount_cents": row["amount_cents"], "currency": row["currency"]},
            "idempotency_key": idempotency_key(subscription, row["index"]),
        }
        publish(uow, subscription, "renewal_due", payload, CAUSE)


def _next_period(uow: UnitOfWork, subscription: Subscription, prices: Prices, notices: SentNotices) -> dict[str, Any]:
    index = subscription.current_index + 1
    instant = subscription.renewal_at
    following = period(subscription.anchor_on, index, first_index=subscription.anchor_index)
    price = price_of_renewal(subscription, prices, notices, uow.settings)
    return {
        "purchase_id": subscription.purchase_id,
        "index": index,
        "kind": PeriodKind.RENEWAL,
        "first_day": following.first_day,
        "last_day": following.last_day,
        "starts_at": instant,
        "payment": Payment.PENDING,
        "amount_cents": price.cents,
        "currency": price.currency,
        "claimed_at": uow.now,
    }
