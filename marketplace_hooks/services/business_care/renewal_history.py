"""What was ever said about the renewals of these purchases, and which causes follow from it?

The columns of a subscription keep what follows, for the one statement of an entitlement check and for set statements.
Whoever decides about money reads the words themselves, here: a handful of statements for a whole batch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.business_care.renewal_stops import ProductWithdrawal, RenewalChoice, RenewalRecord, renewal_stops
from ...domain.business_care.renewals import RenewalStop, StopCause
from ...models.products import SubjectKind, Withdrawal
from ...models.purchases import Purchase
from ...models.subscriptions import Period, PeriodKind, RenewalChange, Subscription

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class History:
    """What stops the renewals of one purchase. Only instants after `recorded_at` are ours to claim (`domain.md` 11)."""

    purchased_at: datetime
    recorded_at: datetime
    endings: Sequence[ProductWithdrawal]
    stops: tuple[RenewalStop, ...]

    def prevents(self, renewal_at: datetime) -> bool:
        """Whether anything stops the renewal of this instant."""
        return any(stop.prevents(renewal_at) for stop in self.stops)

    def stands_at(self, instant: datetime) -> bool:
        """Whether some cause is in force at an instant, whatever renewal follows."""
        return any(stop.stands_at(instant) for stop in self.stops)

    def customer_stands(self) -> bool:
        """Whether the customer's last word is a cancellation."""
        return any(stop.cause is StopCause.CUSTOMER and stop.lifted_at is None for stop in self.stops)


def read_history(session: Session, purchase_id: str) -> History:
    """The history of one purchase, which must be known."""
    return read_histories(session, [purchase_id])[purchase_id]


def read_histories(session: Session, purchase_ids: Collection[str]) -> dict[str, History]:
    """The histories of these purchases, in four statements."""
    if not purchase_ids:
        return {}
    session.flush()  # what this transaction has heard belongs to it.
    bought = {row.id: row for row in session.execute(_PURCHASES.where(Purchase.id.in_(purchase_ids)))}
    words = _grouped(session, _WORDS.where(RenewalChange.purchase_id.in_(purchase_ids)), _word)
    reopened = _grouped(session, _REACTIVATIONS.where(Period.purchase_id.in_(purchase_ids)), _starts_at)
    endings = read_withdrawals(session, {row.product_id for row in bought.values()})
    return {
        id_: _history(row, words.get(id_, ()), endings.get(row.product_id, ()), reopened.get(id_, ()))
        for id_, row in bought.items()
    }


def read_withdrawals(session: Session, product_ids: Collection[str]) -> dict[str, list[ProductWithdrawal]]:
    """Every withdrawal of these products, undone or not."""
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
    """The columns in which a subscription's causes stand: its row, or a row that read them."""

    customer_stopped_at: Any
    customer_lifted_at: Any
    withdrawn_from: Any
    withdrawal_lifted_at: Any


def recorded_stops(columns: StopColumns) -> tuple[RenewalStop, ...]:
    """The causes as the columns keep them."""
    noted = (
        (StopCause.CUSTOMER, columns.customer_stopped_at, columns.customer_lifted_at),
        (StopCause.WITHDRAWAL, columns.withdrawn_from, columns.withdrawal_lifted_at),
    )
    return tuple(
        RenewalStop(cause=cause, received_at=since, lifted_at=lifted_at)
        for cause, since, lifted_at in noted
        if since is not None
    )


def record_stops(subscription: Subscription, stops: Iterable[RenewalStop]) -> None:
    """Keep in the columns what of each cause stands; where nothing of it does, what stood last.

    Whoever notes a withdrawal tells the subscriber of it.
    """
    stops = list(stops)
    record_customer_stops(subscription, stops)
    withdrawal = _telling(stops, StopCause.WITHDRAWAL)
    subscription.withdrawn_from = withdrawal.starts_at if withdrawal else None
    subscription.withdrawal_lifted_at = withdrawal.lifted_at if withdrawal else None


def record_customer_stops(subscription: Subscription, stops: Iterable[RenewalStop]) -> None:
    """Keep in the columns what follows from the customer's words: the customer's own cause, and what these lift.

    A withdrawal that is not noted yet is left to its cascade, which tells the subscriber.
    """
    stops = list(stops)
    customer = _telling(stops, StopCause.CUSTOMER)
    withdrawal = _telling(stops, StopCause.WITHDRAWAL)
    subscription.customer_stopped_at = customer.starts_at if customer else None
    subscription.customer_lifted_at = customer.lifted_at if customer else None
    if withdrawal is not None and subscription.withdrawn_from is not None and subscription.withdrawal_lifted_at is None:
        subscription.withdrawn_from = withdrawal.starts_at
        subscription.withdrawal_lifted_at = withdrawal.lifted_at


def _telling(stops: Iterable[RenewalStop], cause: StopCause) -> RenewalStop | None:
    """Of the stops of one cause, the first that stands; where none does, the last that did."""
    mine = sorted((stop for stop in stops if stop.cause is cause), key=lambda stop: stop.starts_at)
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
_WORDS = select(RenewalChange.purchase_id, RenewalChange.enabled, RenewalChange.received_at)
_REACTIVATIONS = select(Period.purchase_id, Period.starts_at).where(Period.kind == constant(PeriodKind.REACTIVATION))


def _word(row: Any) -> RenewalChoice:
    return RenewalChoice(enabled=row.enabled, received_at=row.received_at)


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
    bought: Any, words: Sequence[RenewalChoice], endings: Sequence[ProductWithdrawal], reopened_at: Sequence[datetime]
) -> History:
    ended = (bought.refunded_at, bought.terminated_at, bought.dispute_lost_at)
    said = RenewalRecord(
        purchased_at=bought.purchased_at,
        words=words,
        endings=endings,
        reopened_at=reopened_at,
        ended_at=[instant for instant in ended if instant is not None],
    )
    return History(
        purchased_at=bought.purchased_at, recorded_at=bought.recorded_at, endings=endings, stops=renewal_stops(said)
    )
