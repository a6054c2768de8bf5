"""Payment disputes: the bank has reversed a payment, and later decides for one side.

Every dispute is stored, in whatever order its events come; the purchase's own columns hold how its payment stands now,
for the one statement of an entitlement check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.engine import insert_new
from ...models.purchases import Dispute, DisputeOutcome, Purchase
from ..core.unit_of_work import Cause, UnitOfWork
from .purchases import check_currency
from .reversals import end_subscription


def open_dispute(uow: UnitOfWork, purchase: Purchase, data: Mapping[str, Any]) -> bool:
    """Record that the bank has reversed the payment: no entitlement until the dispute is won. False: known."""
    check_currency(purchase, data["amount"], "amount")
    row = {
        "purchase_id": purchase.id,
        "disputed_at": data["disputed_at"],
        "amount_cents": data["amount"]["amount_cents"],
    }
    statement = insert_new(uow.session, Dispute).returning(Dispute.disputed_at)
    if uow.session.execute(statement, [row]).first() is None:
        return False
    _update_purchase(uow.session, purchase)
    return True


def close_dispute(uow: UnitOfWork, purchase: Purchase, data: Mapping[str, Any], cause: Cause) -> bool | None:
    """Close a dispute: won (entitlement is back, as if nothing had been) or lost (it is gone, and renewals with it).

    False: known. None: no dispute is known that could have been closed then.
    """
    outcome = DisputeOutcome(data["outcome"])
    closed_at = data["closed_at"]
    begun = [one for one in read_disputes(uow.session, purchase.id) if one.disputed_at <= closed_at]
    if not begun:
        return None
    open_one = next((one for one in reversed(begun) if one.closed_at is None), None)
    if open_one is None:
        return False
    open_one.outcome = outcome
    open_one.closed_at = closed_at
    _update_purchase(uow.session, purchase)
    if outcome is DisputeOutcome.LOST:
        end_subscription(uow, purchase.id, cause, why="dispute", ended_at=closed_at)
    return True


def read_disputes(session: Session, purchase_id: str) -> Sequence[Dispute]:
    """The disputes of a purchase, in the order in which they began."""
    return session.scalars(
        select(Dispute).where(Dispute.purchase_id == purchase_id).order_by(Dispute.disputed_at)
    ).all()


def _update_purchase(session: Session, purchase: Purchase) -> None:
    """Copy into the purchase the first dispute that still takes its entitlement; if none does, the last that did."""
    session.flush()
    known = read_disputes(session, purchase.id)
    shown = next((one for one in known if one.outcome is not DisputeOutcome.WON), known[-1])
    purchase.disputed_at = shown.disputed_at
    purchase.dispute_won_at = shown.closed_at if shown.outcome is DisputeOutcome.WON else None
    purchase.dispute_lost_at = shown.closed_at if shown.outcome is DisputeOutcome.LOST else None
