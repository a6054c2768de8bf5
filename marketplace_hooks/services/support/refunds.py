"""Refund claims: made due by a missed fix, requested from the platform, waived, or settled (`domain.md` 18)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.types import among
from ...domain.support.deadlines import BusinessDayPolicy, deadline
from ...domain.support.refunds import RefundPath, refund_lines, refund_path_at
from ...domain.support.state_machine import REFUND_MOVES, RefundState
from ...errors import Conflict
from ...models.purchases import Purchase
from ...models.subscriptions import Period, Subscription
from ...models.support import RefundClaim, SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from .transitions import publish_request_event

OUTSTANDING = (RefundState.DUE, RefundState.REQUESTED, RefundState.MANUAL)
"""The states of a claim that has not been paid out yet."""


def make_refunds_due(
    uow: UnitOfWork, missed: Iterable[tuple[SupportRequest, datetime]], cause: Cause
) -> Mapping[str, RefundClaim]:
    """Make the refunds of missed fixes due, to be requested two business days later. Return the claims by request id.

    No claim is made when there is nothing to give back, or it is claimed already, for this request or another about the
    same purchase. Three statements, however many were missed.
    """
    bought = [(request, due_at, request.purchase_id) for request, due_at in missed if request.purchase_id is not None]
    ids = sorted({purchase_id for _, _, purchase_id in bought})
    # Locked, in one order: two requests about one purchase ask for its price once.
    locked = select(Purchase).where(among(Purchase.id, ids)).order_by(Purchase.id).with_for_update()
    fresh = locked.execution_options(populate_existing=True)
    purchases = {purchase.id: purchase for purchase in uow.session.scalars(fresh)}
    earlier = list(uow.session.scalars(select(RefundClaim).where(among(RefundClaim.purchase_id, ids))))
    claimed_requests = {claim.request_id for claim in earlier}
    claimed_purchases = {claim.purchase_id for claim in earlier if claim.state in OUTSTANDING}
    periods = _current_periods_cents(uow.session, ids)
    made: dict[str, RefundClaim] = {}
    for request, due_at, purchase_id in bought:
        if request.id in claimed_requests or purchase_id in claimed_purchases:
            continue
        claim = _claim(uow, request, purchases[purchase_id], due_at, periods.get(purchase_id))
        if claim is not None:
            made[request.id] = claim
            claimed_purchases.add(purchase_id)
            uow.session.add(claim)
            publish_request_event(
                uow, request, "refund_due", {"amount": _money(claim), "request_at": claim.request_at}, cause
            )
    return made


def _claim(
    uow: UnitOfWork, request: SupportRequest, purchase: Purchase, due_at: datetime, period_cents: int | None
) -> RefundClaim | None:
    found = refund_lines(
        price_cents=purchase.price_cents,
        refunded_cents=purchase.refunded_cents,
        of_pack=purchase.pack_id is not None,
        period_cents=period_cents,
    )
    owed = sum(line.amount_cents for line in found if not line.optional)
    if owed == 0:
        return None
    window = uow.settings.refund_window_months
    return RefundClaim(
        request_id=request.id,
        purchase_id=purchase.id,
        seller_id=request.seller_id,
        state=RefundState.DUE,
        due_at=due_at,
        request_at=deadline(
            uow.now, uow.settings.refund_choice_days, policy=BusinessDayPolicy.MF, zone=uow.zone
        ).due_before,
        amount_cents=owed,
        currency=purchase.currency,
        lines=[line.as_json() for line in found],
        path=refund_path_at(purchase.purchased_at, uow.now, window_months=window, zone=uow.zone),
    )


def request_refund(uow: UnitOfWork, request: SupportRequest, claim: RefundClaim, cause: Cause) -> None:
    """Request the refund, once: from the platform within its window; later an operator makes it by hand."""
    purchase = uow.session.get_one(Purchase, claim.purchase_id)
    window = uow.settings.refund_window_months
    claim.path = refund_path_at(purchase.purchased_at, uow.now, window_months=window, zone=uow.zone)
    move_refund(claim, RefundState.REQUESTED if claim.path == RefundPath.PLATFORM else RefundState.MANUAL)
    claim.requested_at = uow.now
    claim.request_at = None
    data = {"amount": _money(claim), "path": claim.path, "idempotency_key": f"{request.id}:refund"}
    publish_request_event(uow, request, "refund_requested", data, cause)


def waive_refund(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> RefundClaim:
    """The customer prefers the fix. Raises `Conflict` when the refund was requested already."""
    claim = claim_of(uow.session, request.id)
    if claim is None:
        raise Conflict.between("the refund", RefundState.NONE, RefundState.WAIVED, because="no refund is due")
    move_refund(claim, RefundState.WAIVED)
    claim.settled_at = uow.now
    claim.request_at = None
    publish_request_event(uow, request, "refund_waived", {"amount": _money(claim)}, cause)
    return claim


def approve_refund(
    uow: UnitOfWork, request: SupportRequest, *, with_period: bool, reason: str, cause: Cause
) -> RefundClaim:
    """An operator requests the refund now: before it is due, or with the current period of Business Care on top."""
    claim = claim_of(uow.session, request.id) or make_refunds_due(uow, [(request, uow.now)], cause).get(request.id)
    if claim is None:
        none = RefundState.NONE
        requested = RefundState.REQUESTED
        because = "there is nothing to give back"
        raise Conflict.between("the refund", none, requested, code="nothing_to_refund", because=because)
    if claim.state is not RefundState.DUE:
        raise Conflict.between("the refund", claim.state, RefundState.REQUESTED)
    lines = [{**line, "optional": line["optional"] and not with_period} for line in claim.lines]
    claim.lines = lines
    claim.amount_cents = sum(line["amount_cents"] for line in lines if not line["optional"])
    claim.reason = reason
    request_refund(uow, request, claim, cause)
    return claim


def settle_refund(uow: UnitOfWork, request_id: str | None, purchase_id: str, settled_at: datetime) -> bool:
    """The platform has refunded (`purchase.refunded`): the claim is settled. False: no claim was outstanding."""
    query = select(RefundClaim).where(RefundClaim.purchase_id == purchase_id)
    if request_id is not None:
        query = query.where(RefundClaim.request_id == request_id)
    query = query.where(RefundClaim.state.in_(OUTSTANDING)).order_by(RefundClaim.due_at).limit(1)
    claim = uow.session.scalar(query.with_for_update())
    if claim is None:
        return False
    claim.state = RefundState.REFUNDED
    claim.settled_at = settled_at
    claim.request_at = None
    return True


def move_refund(claim: RefundClaim, asked: RefundState) -> None:
    """Move a claim on. Raises `Conflict` naming both states."""
    if asked not in REFUND_MOVES[claim.state]:
        raise Conflict.between("the refund", claim.state, asked)
    claim.state = asked


def claim_of(session: Session, request_id: str) -> RefundClaim | None:
    """The refund of a request, locked; None when none is due."""
    return session.get(RefundClaim, request_id, with_for_update=True)


def refund_view(claim: RefundClaim | None) -> Mapping[str, Any]:
    """A refund as the API and the pages show it."""
    if claim is None:
        return {"state": RefundState.NONE}
    return {
        "state": claim.state,
        "amount": _money(claim),
        "lines": claim.lines,
        "path": claim.path,
        "due_at": claim.due_at,
        "request_at": claim.request_at,
        "requested_at": claim.requested_at,
        "settled_at": claim.settled_at,
    }


def _current_periods_cents(session: Session, purchase_ids: Sequence[str]) -> dict[str, int | None]:
    query = (
        select(Period.purchase_id, Period.amount_cents)
        .join(Subscription, Subscription.purchase_id == Period.purchase_id)
        .where(among(Period.purchase_id, purchase_ids), Period.index == Subscription.current_index)
    )
    return {purchase_id: cents for purchase_id, cents in session.execute(query)}


def _money(claim: RefundClaim) -> dict[str, Any]:
    return {"amount_cents": claim.amount_cents, "currency": claim.currency}
