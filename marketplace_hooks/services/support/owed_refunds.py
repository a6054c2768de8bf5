"""Refunds owed by a seller: the list of their claims, outstanding or all."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.keyset import Rows, read_rows
from ...domain.support.refunds import RefundBalance
from ...domain.support.state_machine import RefundState
from ...models.support import RefundClaim, SupportRequest
from .refund_ledger import balances
from .refunds import OUTSTANDING

PagePosition = tuple[datetime, str]
"""The last of the page before: when it became due, and its request."""


class RefundFilter(enum.StrEnum):
    """Which refunds a list holds: those not paid out yet, or all."""

    OUTSTANDING = "waiting"
    ALL = "all"


@dataclass(frozen=True, kw_only=True)
class SellerRefund:
    """A refund as its seller's list shows it: what the claim comes to, and what of it is still owed.

    `is_disputed`: it is not requested while the bank has not decided.
    """

    request_id: str
    subject: str
    product_id: str
    customer_id: str
    state: RefundState
    total_cents: int
    owed_cents: int
    is_disputed: bool
    currency: str
    path: str
    due_at: datetime
    request_at: datetime | None
    requested_at: datetime | None
    settled_at: datetime | None


def seller_refunds(
    session: Session,
    seller_id: str,
    *,
    today: date,
    which: RefundFilter = RefundFilter.OUTSTANDING,
    after: PagePosition | None = None,
    is_backward: bool = False,
    limit: int,
) -> Rows[SellerRefund]:
    """The seller's refunds, the latest due first: those after one, or backward from it."""
    query = (
        select(RefundClaim, SupportRequest.subject, SupportRequest.product_id, SupportRequest.customer_id)
        .join(SupportRequest, SupportRequest.id == RefundClaim.request_id)
        .where(RefundClaim.seller_id == seller_id)
    )
    if which is RefundFilter.OUTSTANDING:
        query = query.where(RefundClaim.state.in_(OUTSTANDING))
    order = (RefundClaim.due_at, RefundClaim.request_id)
    rows = read_rows(session, query, order, position=after, limit=limit, is_descending=True, is_backward=is_backward)
    balance = balances(session, [claim for claim, *_ in rows], today)
    return rows.mapped(
        _shown(claim, subject, product_id, customer_id, balance[claim.request_id])
        for claim, subject, product_id, customer_id in rows
    )


def _shown(claim: RefundClaim, subject: str, product_id: str, customer_id: str, balance: RefundBalance) -> SellerRefund:
    return SellerRefund(
        request_id=claim.request_id,
        subject=subject,
        product_id=product_id,
        customer_id=customer_id,
        total_cents=balance.total_cents,
        owed_cents=balance.owed_cents,
        is_disputed=balance.is_disputed,
        **{name: getattr(claim, name) for name in _CLAIM},
    )


_CLAIM = ("state", "currency", "path", "due_at", "request_at", "requested_at", "settled_at")
