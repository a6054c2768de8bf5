"""Manual refunds: an operator records that a customer was paid back outside the platform.

It has the effect of `purchase.refunded`: the price is back, and the Business Care ends with it. The optional line of
the current period is no part of the price, and ends nothing.
"""

from __future__ import annotations

from ...domain.support.state_machine import RefundState
from ...errors import Conflict
from ...models.purchases import Purchase
from ...models.support import RefundClaim, SupportRequest
from ..business_care.purchases import record_refund
from ..core.unit_of_work import Cause, UnitOfWork
from .refunds import claim_of

PERIOD = "business_care_period"


def settle_by_hand(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> RefundClaim:
    """Record that the refund was made by hand now. Raises `Conflict` for a claim that is not `manual`."""
    # Locked in the same order as where a claim is made: the purchase first.
    purchase = request.purchase_id and uow.session.get(Purchase, request.purchase_id, with_for_update=True)
    claim = claim_of(uow.session, request.id)
    state = RefundState.NONE if claim is None else claim.state
    if claim is None or not purchase or state is not RefundState.MANUAL:
        because = "only one that is done by hand is marked as done"
        raise Conflict.between("the refund", state, RefundState.REFUNDED, because=because)
    owed = sum(line["amount_cents"] for line in claim.lines if line["what"] != PERIOD)
    event = {
        "amount": {"amount_cents": owed, "currency": claim.currency},
        "refunded_at": uow.now,
        "request_id": request.id,
    }
    record_refund(uow, purchase, event, cause)
    claim.state = RefundState.REFUNDED
    claim.settled_at = uow.now
    claim.request_at = None
    return claim
