"""Moves of a support request by the seller, the customer and the marketplace, and what follows from each.

Every move is checked against the table of `domain/support/state_machine.py`; an impossible one raises `Conflict`, which
names both states.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from ...domain.audit_actions import AuditAction
from ...domain.civil_days import day_of, end_of
from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import OPEN, ClockName, ClockState, Handling, Kind, Move
from ...models.support import SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from ..inspections.requests import close_inspection
from .fix_clocks import current_fix_clock, freeze_fix, meet_fix, resume_fix, void_fix
from .fix_releases import require_downloadable
from .messages import acknowledge
from .refusals import add_to_refusal, record_refusal, require_evidence, require_text, require_usable_ground
from .sla_clocks import clock_of, end_of_business_days, extend_clock, has_time_left, start_clock, state_now, stop_clock
from .transitions import (
    locked_request,
    make_move,
    publish_request_event,
    refuse_unless,
    require_answerable,
    require_possible,
    require_purchase,
)
from .waiting_proposals import overtake_proposals, overtake_unusable_refusals

LONGEST_EXTENSION = 365
"""The most business days that an operator gives at once."""


def refuse(
    uow: UnitOfWork,
    request_id: str,
    *,
    ground: Ground,
    text: str,
    evidence: Mapping[str, Any],
    by: str,
    cause: Cause,
    at: datetime | None = None,
) -> SupportRequest:
    """The seller refuses on a contractual ground; that also acknowledges the request, and freezes the fix clock.

    `at` is when they did so (None: now).
    """
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.REFUSED, request_id, ground=ground)
    require_refusable(uow, request, ground=ground, text=text, evidence=evidence)
    acknowledge(uow, request, at or uow.now, cause)
    statement = {"ground": ground.value, "text": text, "evidence": dict(evidence), "by": by}
    put_refusal(uow, request, statement, at or uow.now, cause)
    return request


def require_refusable(
    uow: UnitOfWork, request: SupportRequest, *, ground: Ground, text: str, evidence: Mapping[str, Any]
) -> None:
    """Raise `Conflict` or `PayloadRejected` unless the request can be refused so now."""
    require_possible(request, Move.REFUSE)
    require_usable_ground(uow.session, request, ground)
    require_text("text", text)
    require_evidence(evidence)


def put_refusal(
    uow: UnitOfWork, request: SupportRequest, statement: Mapping[str, Any], at: datetime, cause: Cause
) -> None:
    """The refusal stands from an instant, when the fix clock is frozen. The customer has all their days to contest."""
    overtake_proposals(uow, request)
    make_move(request, Move.REFUSE)
    freeze_fix(uow, request, at, cause)
    contest_until = end_of(day_of(uow.now, uow.zone) + timedelta(days=uow.settings.contest_days), uow.zone)
    request.refused_at = at
    request.waits_until = contest_until
    request.refusal = dict(statement)
    ground = Ground(statement["ground"])
    record_refusal(uow, request, ground)
    publish_request_event(uow, request, "refused", {"ground": ground, "contest_until": contest_until}, cause)


def waive_ground(uow: UnitOfWork, request_id: str, ground: Ground) -> SupportRequest:
    """The seller waives a ground for this request, for good."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.GROUND_WAIVED, request_id, ground=ground)
    refuse_unless(
        request.handling in OPEN,
        "a ground is waived while it is open",
        state=request.handling,
        asked=Handling.ACCEPTED,
    )
    require_purchase(request, Handling.ACCEPTED)
    request.waived = sorted({*request.waived, ground.value})
    request.grounds = [one for one in request.grounds if one != ground.value]
    overtake_unusable_refusals(uow, request)
    return request


def contest(uow: UnitOfWork, request_id: str, *, text: str, cause: Cause) -> SupportRequest:
    """The customer contests a refusal, within the days that the contract gives."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.CONTESTED, request_id)
    _refuse_too_late(uow, request, Handling.REFUSED, Handling.CONTESTED, "the days to contest are over")
    make_move(request, Move.CONTEST)
    require_text("text", text)
    request.contested_at = uow.now
    request.waits_until = None
    add_to_refusal(uow, request, "contest", text)
    publish_request_event(uow, request, "contested", {}, cause)
    return request


def overturn(uow: UnitOfWork, request_id: str, *, reason: str, cause: Cause) -> SupportRequest:
    """The marketplace overturns a refusal: the fix clock goes on with what was left, at least five business days."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.OVERTURNED, request_id)
    make_move(request, Move.OVERTURN)
    require_text("text", reason)
    request.overturned_at = uow.now
    add_to_refusal(uow, request, "overturned", reason)
    clock = resume_fix(uow, request)
    publish_request_event(uow, request, "overturned", {"due_before": clock.due_before if clock else None}, cause)
    return request


def uphold(uow: UnitOfWork, request_id: str, *, reason: str, cause: Cause) -> SupportRequest:
    """The marketplace upholds a refusal: the request is closed."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.UPHELD, request_id)
    make_move(request, Move.UPHOLD)
    require_text("text", reason)
    add_to_refusal(uow, request, "upheld", reason)
    close(uow, request, "refusal_upheld", cause)
    return request


def resolve(
    uow: UnitOfWork,
    request_id: str,
    *,
    how: str,
    release_id: str | None,
    text: str,
    cause: Cause,
    at: datetime | None = None,
) -> SupportRequest:
    """The seller says that it is settled: by a release that this customer may download, or by an explanation.

    That also acknowledges the request. `at` is when they said so (None: now).
    """
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.RESOLVED, request_id, how=how)
    require_resolvable(uow, request, how=how, release_id=release_id, text=text)
    acknowledge(uow, request, at or uow.now, cause)
    settle(uow, request, how=how, release_id=release_id, text=text, at=at or uow.now, cause=cause)
    return request


def require_resolvable(
    uow: UnitOfWork, request: SupportRequest, *, how: str, release_id: str | None, text: str
) -> None:
    """Raise `Conflict` or `PayloadRejected` unless the request can be resolved in this way now."""
    require_possible(request, Move.RESOLVE)
    if how == "explanation":
        require_text("text", text)
    else:
        require_downloadable(uow, request, release_id)


def settle(
    uow: UnitOfWork,
    request: SupportRequest,
    *,
    how: str,
    release_id: str | None,
    text: str,
    at: datetime,
    cause: Cause,
) -> None:
    """The fix was delivered at an instant: the fix clock stops then. The customer may say from now on: not fixed."""
    overtake_proposals(uow, request)
    make_move(request, Move.RESOLVE)
    meet_fix(uow, request, at, cause)
    until = end_of_business_days(uow, request, uow.settings.reopening_days)
    request.resolved_at = at
    request.waits_until = until
    request.resolution = {"how": how, "release_id": release_id, "text": text}
    publish_request_event(uow, request, "resolved", {"how": how, "release_id": release_id, "until": until}, cause)


def report_not_fixed(uow: UnitOfWork, request_id: str, *, text: str, cause: Cause) -> SupportRequest:
    """The customer says in time that it is not fixed: the fix clock goes on with what was left, at least five days."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.NOT_FIXED, request_id)
    because = "the business days to say so are over"
    _refuse_too_late(uow, request, Handling.RESOLVED, Handling.ACKNOWLEDGED, because)
    make_move(request, Move.REOPEN)
    request.waits_until = None
    request.resolution = {**(request.resolution or {}), "not_fixed": text}
    clock = resume_fix(uow, request)
    publish_request_event(uow, request, "reopened", {"due_before": clock.due_before if clock else None}, cause)
    return request


def withdraw(uow: UnitOfWork, request_id: str, cause: Cause) -> SupportRequest:
    """The customer takes the request back: its clocks are void."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.REQUEST_WITHDRAWN, request_id)
    make_move(request, Move.WITHDRAW)
    close(uow, request, "withdrawn_by_customer", cause)
    return request


def extend_fix(uow: UnitOfWork, request_id: str, *, days: int, reason: str, cause: Cause) -> SupportRequest:
    """An operator gives the seller more time, with a reason that both sides see."""
    require_text("text", reason)
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.FIX_EXTENDED, request_id, days=days)
    clock = current_fix_clock(uow.session, request.id)
    refuse_unless(
        clock is not None and has_time_left(clock, uow.now),
        "only a clock with time left is given more",
        what="the fix clock",
        code="clock_not_running",
        state="none" if clock is None else state_now(clock, uow.now),
        asked=ClockState.RUNNING,
    )
    if clock is not None:
        extend_clock(uow, request, clock, days, reason)
    return request


def change_kind(uow: UnitOfWork, request_id: str, kind: Kind, *, confirms: bool, cause: Cause) -> SupportRequest:
    """The seller proposes another kind; the customer or an operator confirms it, or sets it (`rules.md` 16)."""
    request = locked_request(uow.session, request_id)
    uow.audit(AuditAction.KIND_CHANGED, request_id, kind=kind, confirmed=confirms)
    if request.handling is not Handling.NEEDS_INFORMATION:
        require_answerable(request, "its kind is settled before it is answered")
    if not confirms:
        request.proposed_kind = kind
    else:
        before = request.kind
        request.kind = kind
        request.proposed_kind = None
        overtake_unusable_refusals(uow, request)
        if before is Kind.ANOMALY and kind is not Kind.ANOMALY:
            void_fix(uow, request, cause)
        elif kind is Kind.ANOMALY and before is not Kind.ANOMALY and request.clocks_from is not None:
            _start_fix(uow, request)
    kinds = {"kind": request.kind, "proposed_kind": request.proposed_kind}
    publish_request_event(uow, request, "kind_changed", kinds, cause)
    return request


def close(uow: UnitOfWork, request: SupportRequest, reason: str, cause: Cause) -> None:
    """Close a request for good: clocks still open are void, credentials given for its inspection are deleted."""
    stop_clock(uow, request, ClockName.ACKNOWLEDGEMENT, ClockState.VOID, uow.now)
    void_fix(uow, request, cause)
    request.closed_at = uow.now
    request.closed_reason = reason
    request.waits_until = None
    if request.check_id is not None:
        close_inspection(uow, request.check_id)
    publish_request_event(uow, request, "closed", {"reason": reason}, cause)


def _start_fix(uow: UnitOfWork, request: SupportRequest) -> None:
    """It has turned out to be an anomaly: the fix is owed from now on, unless it was missed before."""
    clock = clock_of(uow.session, request.id, ClockName.FIX)
    if clock is None or clock.state is ClockState.VOID:
        start_clock(uow, request, ClockName.FIX, uow.now, uow.settings.fix_days)


def _refuse_too_late(uow: UnitOfWork, request: SupportRequest, state: Handling, asked: Handling, because: str) -> None:
    """Raise `Conflict` when the request is in this state, and the time for what is asked has passed."""
    is_late = request.waits_until is not None and uow.now >= request.waits_until
    refuse_unless(
        request.handling is not state or not is_late, because, code="too_late", state=request.handling, asked=asked
    )
