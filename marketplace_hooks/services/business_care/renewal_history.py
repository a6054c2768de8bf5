"""Renewal history: every change, withdrawal and end recorded about the renewals of purchases, and what stops them.

The columns of a subscription hold the result, for the one statement of an entitlement check and for set statements.
Decisions about money read the history itself, here: a handful of statements for a whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.business_care.renewal_stops import ProductWithdrawal, RenewalPreference, RenewalRecord, renewal_stops
from ...domain.business_care.renewals import Renewal, RenewalStop, StopCause
from ...models.products import SubjectKind, Withdrawal
from ...models.purchases import Purchase
from ...models.subscriptions import Period, PeriodKind, RenewalChange, Subscription

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class RenewalHistory:
    """What stops the renewals of one purchase. This service claims those after `recorded_at` only (`rules.md` 11)."""

    purchased_at: datetime
    recorded_at: datetime
    withdrawals: Sequence[ProductWithdrawal]
    renewal_stops: tuple[RenewalStop, ...]

    def renewal(self, renewal_at: datetime) -> Renewal:
        """The facts on which the renewal of this instant is decided."""
        return Renewal(renewal_at=renewal_at, recorded_at=self.recorded_at, renewal_stops=self.renewal_stops)

    def prevents(self, renewal_at: datetime) -> bool:
        """Whether anything stops the renewal of this instant."""
        return any(stop.prevents(renewal_at) for stop in self.renewal_stops)

    @property
    def ended_at(self) -> datetime | None:
        """The first instant at which it was, or will be, ended for good; None: it was not."""
        ends = (stop.received_at for stop in self.renewal_stops if stop.cause is StopCause.ENDED)
        return min(ends, default=None)

    def stands_at(self, instant: datetime) -> bool:
        """Whether some cause is in force at an instant, whatever renewal follows."""
        return any(stop.stands_at(instant) for stop in self.renewal_stops)


def read_history(session: Session, purchase_id: str) -> RenewalHistory:
    """The history of one purchase, which must be known."""
    return read_histories(session, [purchase_id])[purchase_id]


def read_histories(session: Session, purchase_ids: Collection[str]) -> dict[str, RenewalHistory]:
    """The histories of these purchases, in four statements."""
    if not purchase_ids:
        return {}
    session.flush()  # what this transaction has recorded belongs to it.
    purchases = {row.id: row for row in session.execute(_PURCHASES.where(Purchase.id.in_(purchase_ids)))}
    preferences = _grouped(session, _PREFERENCES.where(RenewalChange.purchase_id.in_(purchase_ids)), _choice)
    reactivations = _grouped(session, _REACTIVATIONS.where(Period.purchase_id.in_(purchase_ids)), _starts_at)
    withdrawals = read_withdrawals(session, {row.product_id for row in purchases.values()})
    return {
        id_: _history(row, preferences.get(id_, ()), withdrawals.get(row.product_id, ()), reactivations.get(id_, ()))
        for id_, row in purchases.items()
    }


def read_withdrawals(session: Session, product_ids: Collection[str]) -> dict[str, list[ProductWithdrawal]]:
    """Every withdrawal of these products, reinstated since or not."""
    query = select(
        Withdrawal.subject_id, Withdrawal.received_at, Withdrawal.effective_at, Withdrawal.reinstated_at
    ).where(Withdrawal.subject_kind == SubjectKind.PRODUCT, Withdrawal.subject_id.in_(product_ids))
    return _grouped(
        session,
        query.order_by(Withdrawal.id),
        lambda row: ProductWithdrawal(
            received_at=row.received_at, effective_at=row.effective_at, reinstated_at=row.reinstated_at
        ),
    )


class StopColumns(Protocol):
    """The columns that hold what stops a subscription's renewal: its own row, or a row that read them."""

    customer_stopped_at: Any
    customer_lifted_at: Any
    withdrawn_from: Any
    withdrawal_lifted_at: Any


def recorded_stops(columns: StopColumns) -> tuple[RenewalStop, ...]:
    """The stops as the columns hold them."""
    recorded = (
        (StopCause.CUSTOMER, columns.customer_stopped_at, columns.customer_lifted_at),
        (StopCause.WITHDRAWAL, columns.withdrawn_from, columns.withdrawal_lifted_at),
    )
    return tuple(
        RenewalStop(cause=cause, received_at=since, lifted_at=lifted_at)
        for cause, since, lifted_at in recorded
        if since is not None
    )


def record_stops(subscription: Subscription, renewal_stops: Iterable[RenewalStop]) -> None:
    """Write to the columns the stop of each cause that is in force; where none is, the last one that was.

    The caller publishes a withdrawal recorded here to the subscriber.
    """
    renewal_stops = list(renewal_stops)
    record_customer_stops(subscription, renewal_stops)
    withdrawal = _current(renewal_stops, StopCause.WITHDRAWAL)
    subscription.withdrawn_from = withdrawal.starts_at if withdrawal else None
    subscription.withdrawal_lifted_at = withdrawal.lifted_at if withdrawal else None


def record_customer_stops(subscription: Subscription, renewal_stops: Iterable[RenewalStop]) -> None:
    """Write to the columns what follows from the customer's changes: the customer's own stop, and what they lift.

    A withdrawal that is not recorded yet is left to its cascade, which publishes it to the subscriber.
    """
    renewal_stops = list(renewal_stops)
    customer = _current(renewal_stops, StopCause.CUSTOMER)
    withdrawal = _current(renewal_stops, StopCause.WITHDRAWAL)
    subscription.customer_stopped_at = customer.starts_at if customer else None
    subscription.customer_lifted_at = customer.lifted_at if customer else None
    if withdrawal is not None and subscription.withdrawn_from is not None and subscription.withdrawal_lifted_at is None:
        subscription.withdrawn_from = withdrawal.starts_at
        subscription.withdrawal_lifted_at = withdrawal.lifted_at


def _current(renewal_stops: Iterable[RenewalStop], cause: StopCause) -> RenewalStop | None:
    """Of the stops of one cause, the first that is in force; where none is, the last that was."""
    mine = sorted((stop for stop in renewal_stops if stop.cause is cause), key=lambda stop: stop.starts_at)
    return next((stop for stop in mine if stop.lifted_at is None), mine[-1] if mine else None)


_PURCHASES = select(
    Purchase.id,
    Purchase.product_id,
    Purchase.purchased_at,
    Purchase.recorded_at,
    Purchase.refunded_at,
    Purchase.terminated_at,
    Purchase.dispute_lost_at,
)
_PREFERENCES = select(RenewalChange.purchase_id, RenewalChange.enabled, RenewalChange.received_at)
_REACTIVATIONS = select(Period.purchase_id, Period.starts_at).where(Period.kind == constant(PeriodKind.REACTIVATION))


def _choice(row: Any) -> RenewalPreference:
    return RenewalPreference(enabled=row.enabled, received_at=row.received_at)


def _starts_at(row: Any) -> datetime:
    instant: datetime = row.starts_at
    return instant


def _grouped(session: Session, query: Executable, make: Callable[[Any], _T]) -> dict[str, list[_T]]:
    """What is made of the rows of a query, by their first column."""
    found: dict[str, list[_T]] = {}
    for row in session.execute(query):
        found.setdefault(row[0], []).append(make(row))
    return found


def _history(
    purchase: Any,
    preferences: Sequence[RenewalPreference],
    withdrawals: Sequence[ProductWithdrawal],
    reactivated_at: Sequence[datetime],
) -> RenewalHistory:
    ended = (purchase.refunded_at, purchase.terminated_at, purchase.dispute_lost_at)
    record = RenewalRecord(
        purchased_at=purchase.purchased_at,
        preferences=preferences,
        withdrawals=withdrawals,
        reactivated_at=reactivated_at,
        ended_at=[instant for instant in ended if instant is not None],
    )
    return RenewalHistory(
        purchased_at=purchase.purchased_at,
        recorded_at=purchase.recorded_at,
        withdrawals=withdrawals,
        renewal_stops=renewal_stops(record),
    )
