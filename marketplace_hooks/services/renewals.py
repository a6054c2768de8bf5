"""Which renewals have come to their instant, which notices are to be sent, and what does a withdrawal stop?

Only due rows are touched, in batches. A period is claimed by its unique row: two runs at once, or one that was killed,
claim nothing twice. Everything selects `<= now` and catches up after any pause (`domain.md` 11).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from ..domain.civil_days import day_of
from ..domain.entitlement import Payment
from ..domain.prices import percent_of, rates_on
from ..domain.renewals import Cause as StopCause
from ..domain.renewals import (
    Decision,
    Renewal,
    Stop,
    decide,
    judge_notice,
    latest_claimable,
    needs_release,
    notice_window,
    period,
)
from ..store.base import constant
from ..store.database import insert_new
from ..store.products import Listing, Product, SubjectKind, Withdrawal
from ..store.purchases import Customer, Purchase
from ..store.subscriptions import Notice, Period, PeriodKind, Run, Subscription, SubscriptionState
from .installation import Installation
from .subscriptions import expire, stops_of, tell
from .work import Cause, Work, carry_out

log = logging.getLogger(__name__)

BATCH = 500
RUN = "renewals"
REMEMBERED_EVERY = timedelta(hours=1)
CAUSE = Cause(actor="marketplace_hooks", reason="the period ended")


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The listing prices of some products over time, read once for a batch."""

    listings: dict[str, list[Listing]]
    products: dict[str, Product]

    def at(self, product_id: str, instant: datetime) -> tuple[int, str]:
        """The listing price in force at an instant, in cents, with its currency."""
        before = [one for one in self.listings.get(product_id, ()) if one.published_at <= instant]
        if before:
            return before[-1].price_cents, before[-1].currency
        product = self.products[product_id]
        return product.price_cents, product.currency


def due(session: Session, now: datetime) -> bool:
    """Whether a renewal has come to its instant and its run is not held, or a notice has come to its day."""
    renewal = select(Subscription.purchase_id).where(_is_due(now)).limit(1)
    if session.scalar(renewal) is not None and session.scalar(select(Run.held_since).where(Run.name == RUN)) is None:
        return True
    return session.scalar(select(Subscription.purchase_id).where(_needs_notice(now)).limit(1)) is not None


def _is_due(now: datetime) -> ColumnElement[bool]:
    active = Subscription.state == constant(SubscriptionState.ACTIVE)
    return and_(active, Subscription.renewal_at <= latest_claimable(now))


def _needs_notice(now: datetime) -> ColumnElement[bool]:
    active = Subscription.state == constant(SubscriptionState.ACTIVE)
    return and_(active, Subscription.notice_at <= now)


def run_renewals(installation: Installation, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Claim or end every subscription whose renewal is due, and send every notice that is; return how many of both."""
    total = 0
    for batch in (_renew_batch, _notice_batch):
        while not stop():
            done = carry_out(installation, batch)
            total += done
            if done < BATCH:
                break
    return total


def _renew_batch(work: Work) -> int:
    """Decide the next due renewals, longest due first."""
    if not _may_run(work):
        return 0
    query = (
        select(Subscription).where(_is_due(work.now)).order_by(Subscription.renewal_at, Subscription.purchase_id)
    ).limit(BATCH)
    due_ones = list(work.session.scalars(query.with_for_update(skip_locked=True)))
    if not due_ones:
        return 0
    product_ids = {one.product_id for one in due_ones}
    prices = read_prices(work.session, product_ids)
    recorded = dict(
        work.session.execute(
            select(Purchase.id, Purchase.recorded_at).where(Purchase.id.in_([one.purchase_id for one in due_ones]))
        ).all()
    )
    withdrawals = _withdrawals(work.session, product_ids)
    for subscription in due_ones:
        recorded_at = recorded[subscription.purchase_id]
        unseen = _unseen(subscription, recorded_at, withdrawals.get(subscription.product_id, ()))
        stops = (*stops_of(subscription), *unseen)
        facts = Renewal(renewal_at=subscription.renewal_at, recorded_at=recorded_at, stops=stops)
        if decide(facts, work.now) is Decision.CLAIM:
            _claim(work, subscription, prices)
        else:
            # Stopped, or of a time before we knew of the purchase, whose renewals the platform tells by itself.
            expire(work, subscription, CAUSE)
    return len(due_ones)


def _may_run(work: Work) -> bool:
    """After a silence of more than 30 days an operator releases the run: nothing is charged unseen (`domain.md` 11)."""
    run = work.session.get(Run, RUN, with_for_update=True)
    if run is None:
        work.session.execute(insert_new(work.session, Run), [{"name": RUN, "last_at": work.now}])
        return True
    if run.held_since is None and needs_release(run.last_at, work.now):
        log.error("renewals have not run since %s: an operator releases them (marketplace-hooks renewals)", run.last_at)
        run.held_since = work.now
    if run.held_since is not None:
        return False
    run.last_at = work.now
    return True


def look(installation: Installation) -> bool:
    """Whether renewals or notices are due; and remember, once an hour, that somebody has looked."""
    now = installation.now()
    with installation.database.reading() as session:
        found = due(session, now)
        last_at = session.scalar(select(Run.last_at).where(Run.name == RUN))
    if last_at is None or now - last_at > REMEMBERED_EVERY:
        carry_out(installation, _may_run)
    return found


def release_run(installation: Installation) -> bool:
    """An operator lets held renewals go on; False when nothing was held."""
    with installation.database.session() as session:
        run = session.get(Run, RUN, with_for_update=True)
        if run is None or run.held_since is None:
            return False
        run.held_since, run.last_at = None, installation.now()
        return True


def _claim(work: Work, subscription: Subscription, prices: Prices) -> None:
    """Claim the next period by its unique row, and ask the platform to charge it."""
    index = subscription.current_index + 1
    instant = subscription.renewal_at
    listing_cents, currency = prices.at(subscription.product_id, instant)
    rates = rates_on(day_of(instant, work.zone))
    amount_cents = percent_of(listing_cents, rates.renewal_percent)
    claimed = period(subscription.anchor_on, index, first_index=subscription.anchor_index)
    row = {
        "purchase_id": subscription.purchase_id,
        "index": index,
        "kind": PeriodKind.RENEWAL,
        "first_day": claimed.first_day,
        "last_day": claimed.last_day,
        "starts_at": instant,
        "payment": Payment.PENDING,
        "amount_cents": amount_cents,
        "currency": currency,
        "claimed_at": work.now,
    }
    statement = insert_new(work.session, Period).returning(Period.index)
    if work.session.execute(statement, [row]).first() is None:
        return  # told or claimed already; whoever did carries the subscription on.
    subscription.state, subscription.current_index = SubscriptionState.PAYMENT_PENDING, index
    subscription.notice_at = None
    told = {
        "period_index": index,
        "first_day": claimed.first_day,
        "last_day": claimed.last_day,
        "amount": {"amount_cents": amount_cents, "currency": currency},
        "idempotency_key": f"{subscription.purchase_id}:{index}",
    }
    tell(work, subscription, "renewal_due", told, CAUSE)


def read_prices(session: Session, product_ids: Sequence[str] | set[str]) -> Prices:
    """The listing prices of these products, in two statements."""
    listings: dict[str, list[Listing]] = {}
    dated = select(Listing).where(Listing.product_id.in_(product_ids)).order_by(Listing.published_at, Listing.version)
    for listing in session.scalars(dated):
        listings.setdefault(listing.product_id, []).append(listing)
    products = session.scalars(select(Product).where(Product.id.in_(product_ids)))
    return Prices(listings=listings, products={product.id: product for product in products})


def _withdrawals(session: Session, product_ids: set[str]) -> dict[str, list[Withdrawal]]:
    found: dict[str, list[Withdrawal]] = {}
    query = select(Withdrawal).where(
        Withdrawal.subject_kind == SubjectKind.PRODUCT, Withdrawal.subject_id.in_(product_ids)
    )
    for withdrawal in session.scalars(query):
        found.setdefault(withdrawal.subject_id, []).append(withdrawal)
    return found


def _unseen(subscription: Subscription, recorded_at: datetime, withdrawals: Sequence[Withdrawal]) -> tuple[Stop, ...]:
    """Withdrawals whose cascade has not come to this subscription yet stop its renewal all the same."""
    return tuple(
        Stop(cause=StopCause.WITHDRAWAL, received_at=one.received_at, effective_at=one.effective_at)
        for one in withdrawals
        if subscription.withdrawn_from is None and (one.reinstated_at is None or recorded_at <= one.reinstated_at)
    )


def _notice_batch(work: Work) -> int:
    """Send the notices whose day has come: once for each period, with the proof kept (`domain.md` 13)."""
    query = select(Subscription).where(_needs_notice(work.now)).order_by(Subscription.notice_at).limit(BATCH)
    due_ones = list(work.session.scalars(query.with_for_update(skip_locked=True)))
    if not due_ones:
        return 0
    prices = read_prices(work.session, {one.product_id for one in due_ones})
    ids = {one.customer_id for one in due_ones}
    professional = dict(
        work.session.execute(select(Customer.id, Customer.professional).where(Customer.id.in_(ids))).all()
    )
    for subscription in due_ones:
        subscription.notice_at = None
        # Where it will not renew, there is nothing to announce.
        if not any(stop.stands_at(work.now) for stop in stops_of(subscription)):
            _send_notice(work, subscription, prices, owed=not professional.get(subscription.customer_id, False))
    return len(due_ones)


def _send_notice(work: Work, subscription: Subscription, prices: Prices, *, owed: bool) -> None:
    """Have the platform tell the customer, and keep the proof."""
    window = notice_window(subscription.last_day)
    listing_cents, currency = prices.at(subscription.product_id, work.now)
    rates = rates_on(day_of(subscription.renewal_at, work.zone))
    told = {
        "period_index": subscription.current_index,
        "last_day": subscription.last_day,
        "last_day_to_refuse": subscription.last_day,
        "amount": {"amount_cents": percent_of(listing_cents, rates.renewal_percent), "currency": currency},
        "owed": owed,
    }
    tell(work, subscription, "renewal_notice_due", told, Cause(actor="marketplace_hooks", reason="a renewal is near"))
    work.session.add(
        Notice(
            purchase_id=subscription.purchase_id,
            period_index=subscription.current_index,
            window_first_day=window.first_day,
            window_last_day=window.last_day,
            sent_at=work.now,
            owed=owed,
            timeliness=judge_notice(work.now, subscription.last_day, work.zone),
            event_id=work.outgoing[-1]["event_id"],
        )
    )
