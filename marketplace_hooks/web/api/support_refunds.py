"""Refund of a request: the customer prefers the fix, or requests the refund again; an operator requests it now."""

from __future__ import annotations

from typing import Any

from ...errors import Forbidden
from ...models.access import Role
from ...models.support import SupportRequest
from ...services.core.unit_of_work import Cause, UnitOfWork
from ...services.support import refund_deferral, refunds
from ...services.support.transitions import locked_request
from ..identity.authorization import signed_in
from ..identity.fresh_sign_in import require_fresh_sign_in
from . import support_schemas as schemas
from .support_moves import request_move


@request_move("refund", (Role.CUSTOMER, Role.OPERATOR, Role.PLATFORM), schemas.RefundSchema)
def see_to_refund(uow: UnitOfWork, request_id: str, body: dict[str, Any], cause: Cause) -> SupportRequest:
    """Prefer the fix to the refund, or request the refund again, as the customer; or request it now, as an operator.

    While the bank has reversed the payment and not decided yet (`refund.payment_disputed`), nothing is requested.

    The customer loses nothing by preferring the fix: a new date is set for it (`clocks.second_fix`; before the choice,
    it is `refund.fix_by_if_deferred`), and the refund is due again when that has passed, or when the customer asks for
    it.
    """
    request = locked_request(uow.session, request_id)
    role = signed_in().role
    if body["action"] != "request":
        if role is Role.OPERATOR:
            raise Forbidden("only the customer may prefer the fix to the refund")
        refund_deferral.defer_refund(uow, request, cause)
    elif role is Role.CUSTOMER:
        claim = refunds.claim_of(uow.session, request_id)
        if claim is None or claim.state not in refunds.RESUMABLE:
            raise Forbidden("the marketplace requests a refund; a customer may prefer the fix, then request it again")
        refund_deferral.ask_again(uow, request, cause)
    else:
        require_fresh_sign_in()
        refunds.approve_refund(uow, request, with_period=body["with_period"], reason=body["text"], cause=cause)
    return request
