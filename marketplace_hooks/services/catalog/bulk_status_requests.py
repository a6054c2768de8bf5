"""Bulk status requests: one side asks for the same status of several products, in one transaction.

All products are locked and read by one statement for each table; each is then changed as if it had been asked for
alone, with its own reason, audit entry, outgoing events and cascade. One that is refused stays as it is, and the others
are changed all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...domain.audit_actions import AuditAction
from ...domain.catalog.statuses import Effect, StatusRequest
from ...errors import NotFound, Refused
from ...models.audit import AuditOutcome
from ...models.products import SubjectKind
from ..core.unit_of_work import Cause, UnitOfWork
from .locked_subjects import LockedSubjects
from .status_requests import request_for_locked

MOST_PRODUCTS = 100
"""Products of one request: its locks are held until the commit."""


@dataclass(frozen=True, kw_only=True)
class BulkOutcome:
    """What became of one product: the effect and its cascade, if there is one, or why it was refused."""

    product_id: str
    effect: Effect | None = None
    cascade_id: str | None = None
    refused: Refused | None = None


def request_bulk_change(
    uow: UnitOfWork, products: Mapping[str, str | None], asked: StatusRequest, cause: Cause, *, seller_id: str | None
) -> Sequence[BulkOutcome]:
    """Change the status of a seller's products (None: of anybody's), in this transaction; outcomes in the order of ids.

    `products` maps ids to the `holds_fingerprint` that the decision was made on (None: not checked). A product that is
    unknown or another seller's is refused as not found. Raises `ValueError` for more than `MOST_PRODUCTS`.
    """
    if len(products) > MOST_PRODUCTS:
        raise ValueError(f"{len(products)} products are more than {MOST_PRODUCTS}")
    subjects = LockedSubjects(uow.session)
    subjects.load((SubjectKind.PRODUCT, product_id) for product_id in products)
    outcomes = []
    for product_id, expected in products.items():
        locked = subjects.get(SubjectKind.PRODUCT, product_id)
        try:
            if locked is None or seller_id not in (None, locked.row.seller_id):
                raise NotFound(f"there is no product {product_id}")
            done = request_for_locked(uow, locked, asked, cause, expected=expected)
        except Refused as refused:
            details = {"status": asked.status, "code": refused.code}
            uow.audit(AuditAction.PRODUCT_STATUS_CHANGED, product_id, outcome=AuditOutcome.REFUSED, **details)
            outcomes.append(BulkOutcome(product_id=product_id, refused=refused))
        else:
            outcomes.append(BulkOutcome(product_id=product_id, effect=done.effect, cascade_id=done.cascade_id))
    return outcomes
