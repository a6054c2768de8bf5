"""Refund deferral: the customer prefers the fix to the refund, and loses nothing by it (`rules.md` 17).

The new date for the fix is a second clock. If the fix is delivered by then, the claim lapses. If the date is missed, or
the request ends without a fix, the refund is due again. Until then the customer or an operator may ask for it anytime.
A date turns out not to be missed when what was received in time is recorded late: then its claim is taken back.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import and_, select

from ...database.types import among, constant
from ...domain.audit_actions import AuditAction
from ...domain.support.state_machine import REFUND_MOVES, ClockName, ClockState, Handling, RefundState
from ...errors import Conflict
from ...models.support import Clock, RefundClaim, SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from .refund_ledger import amounts, balance_of
from .refunds import (
    OUTSTANDING,
    claim_of,
    locked_purchase_of,
    locked_purchases,
    make_refunds_due,
    move_refund,
    request_refund,
    resume_claim,
)
from .sla_clocks import clock_of, record_remaining_days, start_clock, stop_clock, update_next_deadline
from .transitions import publish_request_event, refuse_unless

FIXABLE = (Handling.ACCEPTED, Handling.ACKNOWLEDGED, Handling.RESOLVED)
"""The states of a request in which a fix may still be delivered."""

REVOCABLE = (RefundState.DUE, RefundState.DEFERRED)
"""The states of a claim that a fix in time ends: nobody has been asked for the money."""


def may_defer(request: SupportRequest, claim: RefundClaim | None) -> bool:
    """Whether the customer may prefer the fix now."""
    if claim is None or request.handling not in FIXABLE:
        return False
    return claim.state is not RefundState.LAPSED and RefundState.DEFERRED in REFUND_MOVES[claim.state]


def defer_refund(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> RefundClaim:
    """The customer prefers the fix: a new date is set for it, counted from now. Raises `Conflict`.

    Where the fix was delivered meanwhile, too late for its first date, the customer keeps it: the claim lapses at once.
    """
    purchase = locked_purchase_of(uow, request)
    uow.audit(AuditAction.REFUND_DEFERRED, request.id)
    claim = claim_of(uow.session, request.id)
    if claim is None or purchase is None:
        raise Conflict.between("the refund", RefundState.NONE, RefundState.DEFERRED, because="no refund is due")
    if claim.state is RefundState.LAPSED:
        raise Conflict.between("the refund", claim.state, RefundState.DEFERRED, because="the fix was delivered in time")
    move_refund(claim, RefundState.DEFERRED)
    because = "no fix can be delivered any more"
    refuse_unless(request.handling in FIXABLE, because, state=request.handling, asked=Handling.ACKNOWLEDGED)
    claim.deferred_at = uow.now
    claim.request_at = None
    before = clock_of(uow.session, request.id, ClockName.SECOND_FIX)
    missed_before = [] if before is None else [*before.policy.get("missed_before", ()), *_missed(before)]
    clock = start_clock(uow, request, ClockName.SECOND_FIX, uow.now, uow.settings.fix_days)
    if missed_before:
        clock.policy = {**clock.policy, "missed_before": missed_before}
    balance = balance_of(uow.session, claim, uow.today)
    dates = {"due_before": clock.due_before, "last_day": clock.last_day}
    publish_request_event(uow, request, "refund_deferred", {**amounts(balance, claim.currency), **dates}, cause)
    if request.handling is Handling.RESOLVED:
        record_remaining_days(uow, request, ClockName.SECOND_FIX, uow.now)
        stop_clock(uow, request, ClockName.SECOND_FIX, ClockState.MET, uow.now)
        lapse_claim(uow, request, cause)
    return claim


def ask_again(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> RefundClaim:
    """The customer asks for the refund after all: it is requested now. Raises `Conflict` when it was not put off."""
    purchase = locked_purchase_of(uow, request)
    uow.audit(AuditAction.REFUND_REQUESTED, request.id)
    claim = claim_of(uow.session, request.id)
    state = RefundState.NONE if claim is None else claim.state
    if claim is None or purchase is None or state not in (RefundState.DEFERRED, RefundState.WAIVED):
        because = "only a refund that was put off for the fix is asked for again"
        raise Conflict.between("the refund", state, RefundState.REQUESTED, because=because)
    resume_claim(uow, request, claim, cause)
    if claim.state is RefundState.DUE:
        claim.request_at = uow.now
        request_refund(uow, request, purchase, claim, balance_of(uow.session, claim, uow.today), cause)
    return claim


def resume_missed(uow: UnitOfWork, requests: Iterable[SupportRequest], cause: Cause) -> int:
    """The new dates of these requests were missed: their refunds are due again. Return how many."""
    by_id = {request.id: request for request in requests}
    claims = select(RefundClaim.request_id, RefundClaim.purchase_id).where(
        among(RefundClaim.request_id, sorted(by_id)), RefundClaim.state == constant(RefundState.DEFERRED)
    )
    found = sorted(uow.session.execute(claims), key=lambda one: one.purchase_id)
    locked_purchases(uow.session, [purchase_id for _, purchase_id in found])
    resumed = 0
    for request_id, _ in found:
        claim = claim_of(uow.session, request_id)
        if claim is not None and claim.state is RefundState.DEFERRED:
            resume_claim(uow, by_id[request_id], claim, cause)
            resumed += 1
    return resumed


def end_deferral(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> None:
    """The request ends, or is no anomaly any more, without a fix by the new date: the refund is due again."""
    claim = claim_of(uow.session, request.id)
    if claim is None or claim.state is not RefundState.DEFERRED:
        return
    locked_purchase_of(uow, request)
    resume_claim(uow, request, claim, cause)


def lapse_claim(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> None:
    """The fix was delivered by the new date, perhaps recorded after it was missed: the claim has lapsed."""
    claim = claim_of(uow.session, request.id)
    if claim is None or claim.state not in REVOCABLE:
        return
    _publish_no_longer_due(uow, request, claim, RefundState.LAPSED, cause)
    move_refund(claim, RefundState.LAPSED)
    claim.request_at = None
    claim.settled_at = uow.now
    _claim_for_others(uow, request, claim, cause)


def defer_again(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> None:
    """The new date was not missed after all: the refund is deferred, as it was."""
    claim = claim_of(uow.session, request.id)
    if claim is None or claim.state is not RefundState.DUE:
        return
    move_refund(claim, RefundState.DEFERRED)
    claim.request_at = None
    _publish_no_longer_due(uow, request, claim, RefundState.DEFERRED, cause)


def withdraw_claim(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> None:
    """The first date was not missed after all: no refund is due, and no new date was needed.

    A claim that was requested stays. One that was requested and then put off lapses: the next request of this refund
    must not repeat its idempotency key.
    """
    claim = claim_of(uow.session, request.id)
    if claim is None or claim.state not in REVOCABLE:
        return
    if claim.request_count > 0:
        lapse_claim(uow, request, cause)
        return
    _publish_no_longer_due(uow, request, claim, RefundState.NONE, cause)
    uow.session.delete(claim)
    second = clock_of(uow.session, request.id, ClockName.SECOND_FIX)
    if second is not None:
        uow.session.delete(second)
        update_next_deadline(uow.session, request)
    _claim_for_others(uow, request, claim, cause)


def _publish_no_longer_due(
    uow: UnitOfWork, request: SupportRequest, claim: RefundClaim, state: RefundState, cause: Cause
) -> None:
    """Take back what was published as due; `state` is where the refund stands from now on."""
    balance = balance_of(uow.session, claim, uow.today)
    data = {**amounts(balance, claim.currency), "refund_state": state}
    publish_request_event(uow, request, "refund_no_longer_due", data, cause)


def _claim_for_others(uow: UnitOfWork, request: SupportRequest, claim: RefundClaim, cause: Cause) -> None:
    """Another request of the purchase whose fix was missed had no claim beside this one, which is over: now it has."""
    uow.session.flush()
    others = (
        select(SupportRequest, Clock.missed_at)
        .join(Clock, and_(Clock.request_id == SupportRequest.id, Clock.name == constant(ClockName.FIX)))
        .where(SupportRequest.purchase_id == claim.purchase_id, SupportRequest.id != request.id)
        .where(Clock.missed_at.is_not(None))
        .order_by(SupportRequest.id)
    )
    missed = [(other, missed_at) for other, missed_at in uow.session.execute(others) if missed_at is not None]
    make_refunds_due(uow, missed, cause)


def revive_claim(uow: UnitOfWork, request: SupportRequest) -> None:
    """The customer says in time that it is not fixed: the claim is deferred again, while the second clock goes on.

    Not when another request about the same purchase has a claim by now: the price is claimed once.
    """
    claim = claim_of(uow.session, request.id)
    if claim is None or claim.state is not RefundState.LAPSED:
        return
    others = select(RefundClaim.request_id).where(
        RefundClaim.purchase_id == claim.purchase_id, RefundClaim.state.in_(OUTSTANDING)
    )
    if uow.session.scalar(others.limit(1)) is None:
        move_refund(claim, RefundState.DEFERRED)
        claim.settled_at = None


def _missed(clock: Clock) -> list[str]:
    return [] if clock.missed_at is None else [clock.missed_at.isoformat()]
