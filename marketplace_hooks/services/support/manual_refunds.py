"""Manual refunds: an operator records that a customer was paid back outside the platform.

It has the effect of `purchase.refunded` of everything that is still owed: the claim is settled, and once the whole
price is back, the Business Care ends.
"""

from __future__ import annotations

from ...domain.audit_actions import AuditAction
from ...domain.support.state_machine import RefundState
from ...errors import Conflict
from ...models.support import RefundClaim, SupportRequest
from ..business_care.purchases import record_refund
from ..core.unit_of_work import Cause, UnitOfWork
from .refund_ledger import balance_of, money
from .refund_settlement import settle_refunds
from .refunds import claim_of, locked_purchase_of


def settle_by_hand(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> RefundClaim:
    """Record that the refund was made by hand now. Raises `Conflict` for a claim that is not `manual`."""
    purchase = locked_purchase_of(uow, request)
    uow.audit(AuditAction.REFUND_SETTLED, request.id)
    claim = claim_of(uow.session, request.id)
    state = RefundState.NONE if claim is None else claim.state
    if claim is None or purchase is None or state is not RefundState.MANUAL:
        because = "only one that is done by hand is marked as done"
        raise Conflict.between("the refund", state, RefundState.REFUNDED, because=because)
    event = {
        "amount": money(balance_of(uow.session, claim, uow.today).owed_cents, claim.currency),
        "refunded_at": uow.now,
        "request_id": request.id,
        "refund_id": None,
    }
    record_refund(uow, purchase, event, cause)
    settle_refunds(uow, purchase, uow.now, cause)
    return claim
