"""Charges: each one that took money is recorded once; it pays one period of one purchase, or its refund is requested.

The unique id decides, whoever reports it and in whatever order (`rules.md` 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.engine import insert_new
from ...database.keyset import Rows, read_rows
from ...errors import PayloadRejected
from ...models.purchases import Purchase
from ...models.subscriptions import Charge, Subscription
from ..core.unit_of_work import UnitOfWork


def is_recorded(session: Session, subscription: Subscription, data: Mapping[str, Any]) -> bool:
    """Whether this charge of this period is on record. Raises `PayloadRejected` for one that was another charge."""
    known = session.get(Charge, data["charge_id"], populate_existing=True)
    if known is None:
        return False
    if (known.purchase_id, known.period_index) != (subscription.purchase_id, data["period_index"]):
        paid = f"period {known.period_index} of purchase {known.purchase_id}"
        raise PayloadRejected(
            "one charge pays one period of one purchase",
            errors=[{"path": "data.charge_id", "message": f"this charge was for {paid}"}],
        )
    amount = data["amount"]
    if (known.amount_cents, known.currency) != (amount["amount_cents"], amount["currency"]):
        raise PayloadRejected(
            "the charge is known with another amount",
            errors=[{"path": "data.amount", "message": f"it was {known.amount_cents} {known.currency}"}],
        )
    return True


def record_charge(uow: UnitOfWork, subscription: Subscription, data: Mapping[str, Any]) -> Charge:
    """Record a charge that was not on record."""
    row = {
        "id": data["charge_id"],
        "purchase_id": subscription.purchase_id,
        "period_index": data["period_index"],
        "amount_cents": data["amount"]["amount_cents"],
        "currency": data["amount"]["currency"],
        "occurred_at": data["occurred_at"],
        "recorded_at": uow.now,
    }
    statement = insert_new(uow.session, Charge).returning(Charge.id)
    inserted = uow.session.execute(statement, [row]).first()
    if inserted is None:  # the charge was reported of another purchase at the same time, and that came first.
        is_recorded(uow.session, subscription, data)
    return uow.session.get_one(Charge, data["charge_id"])


@dataclass(frozen=True, kw_only=True)
class AskedBack:
    """A charge whose reversal was asked for, with the purchase that it was for."""

    charge: Charge
    customer_id: str
    product_id: str


def list_asked_back(
    session: Session, *, before: tuple[datetime, str] | None = None, is_backward: bool = False, limit: int
) -> Rows[AskedBack]:
    """The charges whose refund was requested, the last one first; those before an (instant, charge) of the list."""
    query = (
        select(Charge, Purchase.customer_id, Purchase.product_id)
        .join(Purchase, Purchase.id == Charge.purchase_id)
        .where(Charge.reversal_asked_at.is_not(None))
    )
    order = (Charge.reversal_asked_at, Charge.id)
    rows = read_rows(session, query, order, position=before, limit=limit, is_descending=True, is_backward=is_backward)
    return rows.mapped(
        AskedBack(charge=charge, customer_id=customer_id, product_id=product_id)
        for charge, customer_id, product_id in rows
    )
