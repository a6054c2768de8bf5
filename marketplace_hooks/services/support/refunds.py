"""Refund claims: made due by a missed fix, requested, deferred for the fix, and settled (`rules.md` 17).

What a claim still owes is computed by `refund_ledger.py`, when it is made, again when it is requested, and whenever
money was refunded. Rows are locked in one order: the request, its purchase, the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...database.types import among
from ...domain.audit_actions import AuditAction
from ...domain.support.refunds import RefundBalance, RefundPath, refund_path_at
from ...domain.support.state_machine import REFUND_MOVES, ClockName, ClockState, RefundState
from ...errors import Conflict
from ...models.purchases import Purchase
from ...models.support import RefundClaim, SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from .refund_ledger import amounts, balance_of, balances_if_claimed
from .refusals import require_text
from .sla_clocks import end_of_business_days, stop_clock
from .transitions import locked_request, publish_request_event

PAYABLE = (RefundState.DUE, RefundState.REQUESTED, RefundState.MANUAL)
"""The states of a claim that will be paid out."""

OUTSTANDING = (*PAYABLE, RefundState.DEFERRED)
"""The states of a claim that has come to no end yet; a purchase has at most one such claim."""

RESUMABLE = (RefundState.DEFERRED, RefundState.LAPSED, RefundState.WAIVED)
"""The states of a claim that is not paid out because the customer has preferred the fix."""


def make_refunds_due(
    uow: UnitOfWork, missed: Iterable[tuple[SupportRequest, datetime]], cause: Cause
) -> Mapping[str, RefundClaim]:
    """Make the refunds of missed fixes due, to be requested two business days later. Return the claims by request id.

    No claim is made when there is nothing to refund, or it is claimed already, for this request or another about the
    same purchase. A fixed number of statements, however many were missed.
    """
    bought = [(request, due_at, request.purchase_id) for request, due_at in missed if request.purchase_id is not None]
    ids = sorted({purchase_id for _, _, purchase_id in bought})
    purchases = locked_purchases(uow.session, ids)  # two requests about one purchase ask for its price once.
    earlier = list(uow.session.scalars(select(RefundClaim).where(among(RefundClaim.purchase_id, ids))))
    claimed_requests = {claim.request_id for claim in earlier}
    claimed_purchases = {claim.purchase_id for claim in earlier if claim.state in OUTSTANDING}
    balances = balances_if_claimed(uow.session, ids, uow.today)
    made: dict[str, RefundClaim] = {}
    for request, due_at, purchase_id in bought:
        if request.id in claimed_requests or purchase_id in claimed_purchases:
            continue
        balance = balances[purchase_id]
        if balance.owed_cents == 0:
            continue
        claim = _new_claim(uow, request, purchases[purchase_id], due_at, balance)
        made[request.id] = claim
        claimed_purchases.add(purchase_id)
        uow.session.add(claim)
        _publish_due(uow, request, claim, balance, cause)
    return made


def request_refund(
    uow: UnitOfWork,
    request: SupportRequest,
    purchase: Purchase,
    claim: RefundClaim,
    balance: RefundBalance,
    cause: Cause,
) -> None:
    """Request what its balance owes now: from the platform within its window; later an operator makes it by hand.

    While a dispute stands nothing is requested: the claim stays due until the bank has decided.
    """
    if balance.owed_cents == 0:
        settle_claim(uow, request, claim, balance, uow.now, cause)
        return
    if balance.is_disputed:
        return
    claim.path = _path_now(uow, purchase)
    move_refund(claim, RefundState.REQUESTED if claim.path == RefundPath.PLATFORM else RefundState.MANUAL)
    claim.requested_at = uow.now
    claim.lines = [line.as_json() for line in balance.lines]
    claim.requested_cents = balance.owed_cents
    claim.request_count += 1
    claim.request_at = None
    # What was asked for once, and then deferred, is another request when it is asked for again.
    repeated = "" if claim.request_count == 1 else f":{claim.request_count}"
    data = {
        **amounts(balance, claim.currency),
        "path": claim.path,
        "idempotency_key": f"{request.id}:refund{repeated}",
    }
    publish_request_event(uow, request, "refund_requested", data, cause)


def approve_refund(
    uow: UnitOfWork, request: SupportRequest, *, with_period: bool, reason: str, cause: Cause
) -> RefundClaim:
    """An operator requests the refund now: before it is due, although it was deferred, or with the current period."""
    purchase = locked_purchase_of(uow, request)
    uow.audit(AuditAction.REFUND_APPROVED, request.id, with_period=with_period)
    claim = claim_of(uow.session, request.id) or make_refunds_due(uow, [(request, uow.now)], cause).get(request.id)
    if claim is None or purchase is None:
        none = RefundState.NONE
        requested = RefundState.REQUESTED
        because = "there is nothing to refund"
        raise Conflict.between("the refund", none, requested, code="nothing_to_refund", because=because)
    _refuse_while_disputed(uow, claim)
    if claim.state in RESUMABLE:
        resume_claim(uow, request, claim, cause)
    if claim.state is not RefundState.DUE:
        raise Conflict.between("the refund", claim.state, RefundState.REQUESTED)
    require_text("text", reason)
    if with_period:
        _include_period(uow, claim)
    claim.reason = reason
    request_refund(uow, request, purchase, claim, balance_of(uow.session, claim, uow.today), cause)
    return claim


def resume_claim(uow: UnitOfWork, request: SupportRequest, claim: RefundClaim, cause: Cause) -> None:
    """Make a claim due again that the customer had put off for the fix; the new date for the fix is void."""
    move_refund(claim, RefundState.DUE)
    claim.request_at = _request_at(uow, request)
    claim.settled_at = None
    stop_clock(uow, request, ClockName.SECOND_FIX, ClockState.VOID, uow.now)
    balance = balance_of(uow.session, claim, uow.today)
    if balance.owed_cents == 0:
        settle_claim(uow, request, claim, balance, uow.now, cause)
        return
    _publish_due(uow, request, claim, balance, cause)


def settle_claim(
    uow: UnitOfWork,
    request: SupportRequest,
    claim: RefundClaim,
    balance: RefundBalance,
    at: datetime,
    cause: Cause,
) -> None:
    """Nothing is owed any more: the claim is settled, and no fix by a new date is awaited."""
    claim.state = RefundState.REFUNDED
    claim.settled_at = at
    claim.request_at = None
    stop_clock(uow, request, ClockName.SECOND_FIX, ClockState.VOID, uow.now)
    data = {**amounts(balance, claim.currency), "settled_at": at}
    publish_request_event(uow, request, "refund_settled", data, cause)


def claimed_requests(session: Session, purchase_id: str) -> list[SupportRequest]:
    """The requests whose refund of this purchase is outstanding, locked: before the purchase is, in one order."""
    session.flush()
    query = select(RefundClaim.request_id).where(RefundClaim.purchase_id == purchase_id)
    ids = sorted(session.scalars(query.where(RefundClaim.state.in_(OUTSTANDING))))
    return [locked_request(session, request_id) for request_id in ids]


def locked_purchases(session: Session, ids: Iterable[str]) -> dict[str, Purchase]:
    """These purchases by their ids, locked in one order and as they are now."""
    query = select(Purchase).where(among(Purchase.id, sorted(set(ids)))).order_by(Purchase.id)
    locked = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    session.flush()
    return {purchase.id: purchase for purchase in session.scalars(locked)}


def locked_purchase_of(uow: UnitOfWork, request: SupportRequest) -> Purchase | None:
    """The purchase of a request, locked; None of a question before any purchase."""
    if request.purchase_id is None:
        return None
    uow.session.flush()
    return uow.session.get_one(
        Purchase, request.purchase_id, with_for_update={"key_share": True}, populate_existing=True
    )


def move_refund(claim: RefundClaim, asked: RefundState) -> None:
    """Move a claim on. Raises `Conflict` naming both states."""
    if asked not in REFUND_MOVES[claim.state]:
        raise Conflict.between("the refund", claim.state, asked)
    claim.state = asked


def claim_of(session: Session, request_id: str) -> RefundClaim | None:
    """The refund of a request, locked and as it is now; None when none is due."""
    session.flush()
    return session.get(RefundClaim, request_id, with_for_update=True, populate_existing=True)


def _publish_due(
    uow: UnitOfWork, request: SupportRequest, claim: RefundClaim, balance: RefundBalance, cause: Cause
) -> None:
    data = {**amounts(balance, claim.currency), "request_at": claim.request_at}
    if balance.is_disputed:
        data["payment_disputed"] = True
    publish_request_event(uow, request, "refund_due", data, cause)


def _refuse_while_disputed(uow: UnitOfWork, claim: RefundClaim) -> None:
    """Raise `Conflict` while the bank may still give the money back itself."""
    if balance_of(uow.session, claim, uow.today).is_disputed:
        because = "the bank has reversed the payment and has not decided yet"
        raise Conflict.between(
            "the refund", claim.state, RefundState.REQUESTED, code="payment_disputed", because=because
        )


def _include_period(uow: UnitOfWork, claim: RefundClaim) -> None:
    """The current period is refunded as well: it is no optional line any more."""
    lines = [replace(line, optional=False) for line in balance_of(uow.session, claim, uow.today).lines]
    claim.lines = [line.as_json() for line in lines]
    claim.amount_cents = sum(line.amount_cents for line in lines)


def _new_claim(
    uow: UnitOfWork, request: SupportRequest, purchase: Purchase, due_at: datetime, balance: RefundBalance
) -> RefundClaim:
    return RefundClaim(
        request_id=request.id,
        purchase_id=purchase.id,
        seller_id=request.seller_id,
        state=RefundState.DUE,
        due_at=due_at,
        request_at=_request_at(uow, request),
        amount_cents=balance.total_cents,
        currency=purchase.currency,
        lines=[line.as_json() for line in balance.lines if not line.optional],
        path=_path_now(uow, purchase),
        request_count=0,
    )


def _request_at(uow: UnitOfWork, request: SupportRequest) -> datetime | None:
    return end_of_business_days(uow, request, uow.settings.refund_choice_days)


def _path_now(uow: UnitOfWork, purchase: Purchase) -> RefundPath:
    window = uow.settings.refund_window_months
    return refund_path_at(purchase.purchased_at, uow.now, window_months=window, zone=uow.zone)
