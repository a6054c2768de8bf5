"""Refund ledger: the amount of a claim, everything refunded for its purchase, and what is still owed.

None of it is stored with the claim before it is requested: it is computed from the price paid, the period of Business
Care that was paid and runs, and what was refunded (including lost disputes), whichever request a refund named. So it
cannot be out of date (`rules.md` 17).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, case, exists, func, literal_column, or_, select
from sqlalchemy.orm import Session

from ...database.types import among, constant
from ...domain.business_care.entitlement import Payment
from ...domain.support.refunds import PERIOD, RefundBalance, RefundLine, RefundPath, refund_lines
from ...domain.support.state_machine import RefundState
from ...models.purchases import Dispute, DisputeOutcome, Purchase, Refund
from ...models.subscriptions import Period
from ...models.support import RefundClaim

ASKED_FOR = (RefundState.REQUESTED, RefundState.MANUAL, RefundState.REFUNDED)
"""The states of a claim whose lines are settled: they were requested, or nothing is owed any more."""


@dataclass(frozen=True, kw_only=True)
class GivenBack:
    """Money that went back to the customer: by a refund, or by a payment that the bank reversed for good."""

    what: str
    at: datetime
    amount_cents: int
    refund_id: str | None = None
    request_id: str | None = None


def given_back(session: Session, purchase_id: str) -> list[GivenBack]:
    """Everything that was refunded for a purchase, in the order in which it was."""
    refunds = select(Refund).where(Refund.purchase_id == purchase_id)
    found = [
        GivenBack(
            what="refund",
            at=one.refunded_at,
            amount_cents=one.amount_cents,
            refund_id=one.refund_id,
            request_id=one.request_id,
        )
        for one in session.scalars(refunds.order_by(Refund.refunded_at, Refund.id))
    ]
    found += [
        GivenBack(what="dispute_lost", at=one.closed_at or one.disputed_at, amount_cents=one.amount_cents)
        for one in session.scalars(select(Dispute).where(Dispute.purchase_id == purchase_id, _is_lost()))
    ]
    return sorted(found, key=lambda one: one.at)


def given_back_cents(session: Session, purchase_ids: Collection[str]) -> dict[str, int]:
    """What was refunded for each of these purchases, in cents, in one statement."""
    query = select(Purchase.id, _given_back_of_purchase()).where(among(Purchase.id, sorted(set(purchase_ids))))
    return {purchase_id: int(cents) for purchase_id, cents in session.execute(query)}


def balance_of(session: Session, claim: RefundClaim, today: date) -> RefundBalance:
    """The balance of a claim today."""
    return balances(session, [claim], today)[claim.request_id]


def balances(session: Session, claims: Iterable[RefundClaim], today: date) -> dict[str, RefundBalance]:
    """The balances of these claims today, by their requests, in one statement however many they are."""
    listed = list(claims)
    found = _read_figures(session, [claim.purchase_id for claim in listed], today)
    return {claim.request_id: _balance(found[claim.purchase_id], claim) for claim in listed}


def balances_if_claimed(session: Session, purchase_ids: Iterable[str], today: date) -> dict[str, RefundBalance]:
    """What the balance of a claim about each of these purchases would be today, in one statement."""
    return {id_: _balance(figures) for id_, figures in _read_figures(session, purchase_ids, today).items()}


def refund_view(session: Session, claim: RefundClaim | None, today: date) -> Mapping[str, Any]:
    """A refund as the API and the pages show it: its lines, what was refunded, what is still owed, and its dates.

    `amount` is what was asked for, when it was asked for; before that, what would be asked for now.
    """
    if claim is None:
        return {"state": RefundState.NONE}
    balance = balance_of(session, claim, today)
    is_asked_for = claim.state in ASKED_FOR
    amount_cents = claim.requested_cents or claim.amount_cents if is_asked_for else balance.owed_cents
    currency = claim.currency
    return {
        "state": claim.state,
        "amount": money(amount_cents, currency),
        "lines": [line.as_json() for line in balance.lines],
        "total": money(balance.total_cents, currency),
        "given_back": [_entry_view(one, currency) for one in given_back(session, claim.purchase_id)],
        "given_back_total": money(balance.given_back_cents, currency),
        "owed": money(balance.owed_cents, currency),
        "excess": money(balance.excess_cents, currency) if balance.excess_cents else None,
        "payment_disputed": balance.is_disputed,
        "path": RefundPath(claim.path),
        "due_at": claim.due_at,
        "request_at": claim.request_at,
        "requested_at": claim.requested_at,
        "deferred_at": claim.deferred_at,
        "settled_at": claim.settled_at if claim.state is not RefundState.LAPSED else None,
        "lapsed_at": claim.settled_at if claim.state is RefundState.LAPSED else None,
    }


def money(amount_cents: int, currency: str) -> dict[str, Any]:
    """An amount as the API and outgoing events write it."""
    return {"amount_cents": amount_cents, "currency": currency}


def amounts(balance: RefundBalance, currency: str) -> dict[str, Any]:
    """What every outgoing event about a refund says: what is owed now, of what, and what was refunded."""
    return {
        "amount": money(balance.owed_cents, currency),
        "total": money(balance.total_cents, currency),
        "given_back": money(balance.given_back_cents, currency),
        "lines": [line.as_json() for line in balance.lines],
    }


def _entry_view(entry: GivenBack, currency: str) -> dict[str, Any]:
    return {
        "what": entry.what,
        "at": entry.at,
        "amount": money(entry.amount_cents, currency),
        "refund_id": entry.refund_id,
        "request_id": entry.request_id,
    }


@dataclass(frozen=True, kw_only=True)
class _Figures:
    """Everything about a purchase that its claim is computed from. `period_cents`: paid for the period that runs."""

    price_cents: int
    of_pack: bool
    given_back_cents: int
    period_cents: int | None
    is_disputed: bool


def _read_figures(session: Session, purchase_ids: Iterable[str], today: date) -> dict[str, _Figures]:
    query = select(
        Purchase.id,
        Purchase.price_cents,
        Purchase.pack_id,
        _given_back_of_purchase().label("given_back_cents"),
        _paid_for_period_of_purchase(today).label("period_cents"),
        dispute_stands(Purchase.id).label("is_disputed"),
    ).where(among(Purchase.id, sorted(set(purchase_ids))))
    return {
        row.id: _Figures(
            price_cents=row.price_cents,
            of_pack=row.pack_id is not None,
            given_back_cents=int(row.given_back_cents),
            period_cents=row.period_cents,
            is_disputed=bool(row.is_disputed),
        )
        for row in session.execute(query)
    }


def _balance(figures: _Figures, claim: RefundClaim | None = None) -> RefundBalance:
    return RefundBalance(
        lines=tuple(_lines(figures, claim)),
        given_back_cents=figures.given_back_cents,
        has_lapsed=claim is not None and claim.state is RefundState.LAPSED,
        is_disputed=figures.is_disputed,
    )


def _lines(figures: _Figures, claim: RefundClaim | None) -> Iterable[RefundLine]:
    """The lines of a claim: those that were requested, or that an operator has chosen; before that, today's.

    The first is the price frozen with the purchase: claims before 0.2.0 stored another.
    """
    stored = [] if claim is None else [RefundLine(**line) for line in claim.lines]
    is_chosen = any(line.what == PERIOD and not line.optional for line in stored)
    if claim is not None and (claim.state in ASKED_FOR or is_chosen):
        return [line if line.what == PERIOD else replace(line, amount_cents=figures.price_cents) for line in stored]
    return refund_lines(price_cents=figures.price_cents, of_pack=figures.of_pack, period_cents=figures.period_cents)


def last_given_back_at() -> ColumnElement[datetime]:
    """SQL over a purchase: when money last went back, by a refund or a lost dispute; if never, when it was bought."""
    refunded = select(func.max(Refund.refunded_at)).where(Refund.purchase_id == Purchase.id).scalar_subquery()
    lost = select(func.max(Dispute.closed_at)).where(Dispute.purchase_id == Purchase.id, _is_lost()).scalar_subquery()
    last = case((or_(lost.is_(None), refunded > lost), refunded), else_=lost)
    return func.coalesce(last, Purchase.purchased_at)


def dispute_stands(purchase_id: Any) -> ColumnElement[bool]:
    """SQL: the bank has reversed a payment of the purchase, and has not decided yet."""
    return exists().where(Dispute.purchase_id == purchase_id, Dispute.outcome.is_(None))


def _paid_for_period_of_purchase(today: date) -> ColumnElement[int | None]:
    """SQL over a purchase: the cents paid for the period of Business Care that runs today; none when included."""
    paid = (
        select(Period.amount_cents)
        .where(
            Period.purchase_id == Purchase.id,
            Period.payment == constant(Payment.PAID),
            Period.first_day <= today,
            Period.last_day >= today,
            Period.reversal_asked_at.is_(None),
            Period.currency == Purchase.currency,
        )
        .order_by(Period.index.desc())
        .limit(1)
    )
    return paid.scalar_subquery()


def _given_back_of_purchase() -> ColumnElement[int]:
    """SQL over a purchase: the cents that were refunded for it."""
    zero: ColumnElement[int] = literal_column("0")
    refunded = select(func.coalesce(func.sum(Refund.amount_cents), zero)).where(Refund.purchase_id == Purchase.id)
    lost = select(func.coalesce(func.sum(Dispute.amount_cents), zero)).where(
        Dispute.purchase_id == Purchase.id, _is_lost()
    )
    return refunded.scalar_subquery() + lost.scalar_subquery()


def _is_lost() -> Any:
    return Dispute.outcome == constant(DisputeOutcome.LOST)
