"""Refund ledger: the amount of a claim, everything refunded for its purchase, and what is still owed.

None of it is stored with the claim: it is computed from the price paid and from what was refunded (including lost
disputes), whichever request a refund named. So it cannot be out of date (`rules.md` 17).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.orm import Session

from ...database.types import among, constant
from ...domain.support.refunds import PERIOD, RefundBalance, RefundLine, RefundPath, refund_balance
from ...domain.support.state_machine import RefundState
from ...models.purchases import Dispute, DisputeOutcome, Purchase, Refund
from ...models.support import RefundClaim


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


def claim_lines(claim: RefundClaim, price_cents: int) -> list[RefundLine]:
    """The lines of a claim. The first is the price frozen with the purchase; claims before 0.2.0 stored another."""
    stored = [RefundLine(**line) for line in claim.lines]
    return [line if line.what == PERIOD else replace(line, amount_cents=price_cents) for line in stored]


def balance_of(session: Session, claim: RefundClaim, purchase: Purchase) -> RefundBalance:
    """The balance of a claim now."""
    cents = given_back_cents(session, [purchase.id]).get(purchase.id, 0)
    return refund_balance(claim_lines(claim, purchase.price_cents), cents)


def balances(session: Session, claims: Iterable[RefundClaim]) -> dict[str, RefundBalance]:
    """The balances of these claims now, by their requests, in one statement however many they are."""
    listed = list(claims)
    ids = sorted({claim.purchase_id for claim in listed})
    query = select(Purchase.id, Purchase.price_cents, _given_back_of_purchase()).where(among(Purchase.id, ids))
    found = {purchase_id: (price_cents, int(cents)) for purchase_id, price_cents, cents in session.execute(query)}
    balance = {}
    for claim in listed:
        price_cents, cents = found[claim.purchase_id]
        balance[claim.request_id] = refund_balance(claim_lines(claim, price_cents), cents)
    return balance


def refund_view(session: Session, claim: RefundClaim | None) -> Mapping[str, Any]:
    """A refund as the API and the pages show it: its lines, what was refunded, what is still owed, and its dates.

    `amount` is what was asked for, when it was asked for; before that, what would be asked for now.
    """
    if claim is None:
        return {"state": RefundState.NONE}
    purchase = session.get_one(Purchase, claim.purchase_id)
    entries = given_back(session, claim.purchase_id)
    lines = claim_lines(claim, purchase.price_cents)
    balance = refund_balance(lines, sum(one.amount_cents for one in entries))
    is_asked_for = claim.state in (RefundState.REQUESTED, RefundState.MANUAL, RefundState.REFUNDED)
    amount_cents = claim.requested_cents or claim.amount_cents if is_asked_for else balance.owed_cents
    currency = claim.currency
    return {
        "state": claim.state,
        "amount": money(amount_cents, currency),
        "lines": [line.as_json() for line in lines],
        "total": money(balance.total_cents, currency),
        "given_back": [_entry_view(one, currency) for one in entries],
        "given_back_total": money(balance.given_back_cents, currency),
        "owed": money(balance.owed_cents, currency),
        "excess": money(balance.excess_cents, currency) if balance.excess_cents else None,
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


def amounts(balance: RefundBalance, claim: RefundClaim, lines: Sequence[RefundLine]) -> dict[str, Any]:
    """What every outgoing event about a refund says: what is owed now, of what, and what was refunded."""
    return {
        "amount": money(balance.owed_cents, claim.currency),
        "total": money(balance.total_cents, claim.currency),
        "given_back": money(balance.given_back_cents, claim.currency),
        "lines": [line.as_json() for line in lines],
    }


def _entry_view(entry: GivenBack, currency: str) -> dict[str, Any]:
    return {
        "what": entry.what,
        "at": entry.at,
        "amount": money(entry.amount_cents, currency),
        "refund_id": entry.refund_id,
        "request_id": entry.request_id,
    }


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
