"""Assignment: the person who handles a request, on the seller's side and on the marketplace's."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false

from ...domain.audit_actions import AuditAction
from ...models.support import SupportRequest
from ..core.unit_of_work import UnitOfWork
from .transitions import locked_request

LONGEST_NAME = 200
"""The most characters of an assignee's name."""


def assign_request(uow: UnitOfWork, request_id: str, assignee: str | None, *, side: str) -> SupportRequest:
    """Assign a request to a person of one side (`seller` or `marketplace`); None: to nobody.

    It is for that side to sort its work by: no deadline depends on it, and the customer is not told. Raises `NotFound`.
    """
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.REQUEST_ASSIGNED, request_id, side=side)
    if side == "seller":
        request.seller_assignee = assignee
    else:
        request.marketplace_assignee = assignee
    return request


def assignee_of(request: SupportRequest, *, side: str) -> str | None:
    """The person who handles a request on one side; a customer has none."""
    if side == "seller":
        return request.seller_assignee
    return request.marketplace_assignee if side == "marketplace" else None


def is_assigned(assignee: str, *, side: str) -> ColumnElement[bool]:
    """SQL over a request: this person handles it on a side. A customer's side has none."""
    if side == "seller":
        return SupportRequest.seller_assignee == assignee
    return SupportRequest.marketplace_assignee == assignee if side == "marketplace" else false()
