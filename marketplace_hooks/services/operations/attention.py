"""Attention: how much needs a person's attention in each area, for the counts in the navigation.

One statement per page. Each count reads a bounded part of an index, and counts no further than `MOST`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.support.state_machine import Handling, RefundState
from ...models.cascades import Cascade, CascadeState
from ...models.inbox import InboxEvent, InboxState, needs_correction
from ...models.outbox import Delivery, DeliveryState
from ...models.support import Clock, RefundClaim, SupportMessage, SupportRequest
from ..support.work_queue import awaits_judgement, contested_requests

MOST = 99
"""One more than it says "99+"."""
MOST_READ = 1_000
"""Rows of which some need attention: the nearest deadlines, the newest missed ones."""


def seller_attention(session: Session, seller_id: str) -> Mapping[str, int]:
    """`requests`: those that await a first response, among the open ones with the nearest deadlines."""
    mine = select(SupportRequest.handling, SupportRequest.acknowledged_at, SupportRequest.presale)
    mine = mine.where(SupportRequest.seller_id == seller_id, SupportRequest.closed_at.is_(None))
    nearest = mine.order_by(SupportRequest.next_deadline_at, SupportRequest.number).limit(MOST_READ).subquery()
    awaits = (nearest.c.handling == constant(Handling.ACCEPTED), nearest.c.acknowledged_at.is_(None))
    return _count(session, requests=select(nearest.c.handling).where(*awaits, nearest.c.presale.is_(False)))


def customer_attention(session: Session, customer_id: str) -> Mapping[str, int]:
    """`requests`: those for which the customer must add something, among their newest."""
    mine = select(SupportRequest.handling).where(SupportRequest.customer_id == customer_id)
    newest = mine.order_by(SupportRequest.number.desc()).limit(MOST_READ).subquery()
    missing = newest.c.handling == constant(Handling.NEEDS_INFORMATION)
    return _count(session, requests=select(newest.c.handling).where(missing))


def operator_attention(session: Session) -> Mapping[str, int]:
    """What the marketplace must look at, by page; as the overview has it, but counted less far."""
    missed = select(Clock.request_id).where(Clock.missed_at.is_not(None))
    last = missed.order_by(Clock.missed_at.desc(), Clock.request_id.desc(), Clock.name.desc())
    late = last.limit(MOST_READ).subquery()
    overdue = select(late.c.request_id).join(SupportRequest, SupportRequest.id == late.c.request_id)
    return _count(
        session,
        replies=_rows(SupportMessage.id, awaits_judgement()),
        overdue=overdue.where(SupportRequest.closed_at.is_(None)),
        contested=contested_requests(),
        refunds=_rows(RefundClaim.request_id, RefundClaim.state == constant(RefundState.MANUAL)),
        rejected=_rows(InboxEvent.id, needs_correction()),
        failed=_rows(InboxEvent.id, InboxEvent.state == constant(InboxState.FAILED)),
        cascades=_rows(Cascade.number, Cascade.state == constant(CascadeState.FAILED)),
        deliveries=_rows(Delivery.id, Delivery.state == constant(DeliveryState.EXHAUSTED)),
    )


def _rows(column: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
    return select(column).where(*conditions)


def _count(session: Session, **queries: Select[Any]) -> Mapping[str, int]:
    """How many rows each query has, up to `MOST` + 1, by one statement."""

    def counted(query: Select[Any]) -> ScalarSelect[int]:
        return select(func.count()).select_from(query.limit(MOST + 1).subquery()).scalar_subquery()

    row = session.execute(select(*(counted(query).label(name) for name, query in queries.items()))).one()
    return dict(zip(queries, row, strict=True))
