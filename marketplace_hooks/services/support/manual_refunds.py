"""What does it mean that somebody of the marketplace has given a customer's money back by hand?

The same as a refund that the platform tells of: the price is back, and with it the Business Care ends. The optional
line of the current period is no part of the price, and ends nothing.
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
    """Record that the money went back now, by the manual way. Raises `Conflict` for a claim that is not `manual`."""
    # Locked in the order of those who make a claim: the purchase first.
    purchase = request.purchase_id and uow.session.get(Purchase, request.purchase_id, with_for_update=True)
    claim = claim_of(uow.session, request.id)
    state = RefundState.NONE if claim is None else claim.state
    if claim is None or not purchase or state is not RefundState.MANUAL:
        because = "only one that is done by hand is marked as done"
        raise Conflict.between("the refund", state, RefundState.REFUNDED, because=because)
    owed = sum(line["amount_cents"] for line in claim.lines if line["what"] != PERIOD)
    told = {
        "amount": {"amount_cents": owed, "currency": claim.currency},
        "refunded_at": uow.now,
        "request_id": request.id,
    }
    record_refund(uow, purchase, told, cause)
    claim.state = RefundState.REFUNDED
    claim.settled_at = uow.now
    claim.request_at = None
    return claim
