"""Information that a request waits for from the marketplace: a renewal's payment, the site that a purchase is bound to.

An event brings it. The request is then judged again, and its clocks start if nothing is missing any more, without the
customer's having to come back (`rules.md` 20).
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.business_care.entitlement import Code
from ...domain.support.state_machine import Handling
from ...models.products import Product
from ...models.purchases import Purchase
from ...models.support import SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from ..inspections.add_declaration import declare
from ..inspections.requests import read_inspection, request_public_inspection
from .eligibility import may_inspect
from .submission import accept_if_complete, judge_request, replace_check
from .transitions import locked_request

AWAITED = ("payment", "shop_binding")
"""What may be missing that only the marketplace can bring."""


def lock_waiting_requests(session: Session, purchase_id: str) -> list[SupportRequest]:
    """The purchase's requests that wait for information, locked: before the purchase is, in one order."""
    session.flush()
    query = select(SupportRequest.id).where(
        SupportRequest.purchase_id == purchase_id, SupportRequest.handling == Handling.NEEDS_INFORMATION
    )
    return [locked_request(session, request_id) for request_id in sorted(session.scalars(query))]


def judge_waiting_requests(uow: UnitOfWork, purchase: Purchase, cause: Cause) -> None:
    """Something has become known of the purchase: judge its requests that waited for it again."""
    for request in lock_waiting_requests(uow.session, purchase.id):
        if not set(AWAITED).isdisjoint(request.missing):
            _inspect_newly_bound(uow, request, purchase)
            accept_if_complete(uow, request, cause)


def _inspect_newly_bound(uow: UnitOfWork, request: SupportRequest, purchase: Purchase) -> None:
    """Inspect the site if the purchase was bound to it only now; what the customer has declared is kept."""
    if request.entitlement["code"] != Code.SHOP_NOT_BOUND or request.shop_url is None:
        return
    entitlement = judge_request(uow, request, purchase).entitlement
    if not may_inspect(entitlement, purchase, request.shop_url, uow.settings):
        return
    declared = None if request.check_id is None else read_inspection(uow.session, request.check_id).declared
    module = uow.session.get_one(Product, request.product_id).technical_name
    inspection = request_public_inspection(uow, request.shop_url, module=module, purchase_id=purchase.id)
    if declared is not None:
        declare(uow, inspection.id, declared)
    replace_check(uow, request, inspection.id)
