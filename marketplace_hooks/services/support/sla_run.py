"""SLA run: the periodic job that marks missed deadlines, warns, requests refunds, ends waits and sends reminders.

Only due rows are touched. A missed clock is noticed once: one UPDATE takes it out of `running`, and an event is
published only for what that very statement took, by INSERT … SELECT in the same transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, update
from sqlalchemy.orm import Session

from ...database.types import among, constant, rfc_3339
from ...domain.standard_reasons import StandardReason
from ...domain.support.state_machine import FIX_CLOCKS, ClockName, ClockState, Handling, Move, RefundState
from ...models.support import Clock, RefundClaim, SupportRequest
from ..core.counters import CounterName
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import Cause, UnitOfWork, run_in_transaction
from ..outbox.bulk_publish import publish_for_each
from .moves import close
from .refund_deferral import resume_missed
from .refund_ledger import balances, dispute_stands
from .refunds import locked_purchases, make_refunds_due, request_refund
from .transitions import SUBJECT_KIND, make_move, publish_request_event

BATCH = 1_000
CAUSE = Cause(actor="marketplace_hooks", reason=StandardReason.TIME_OVER)
REMIND_BEFORE = timedelta(days=3)
"""Before a request that waits for information is abandoned, the customer is reminded."""


def has_due_work(session: Session, now: datetime) -> bool:
    """Whether any clock, refund or wait is due now."""
    # The first due one: for any of them, PostgreSQL would walk through the table when its statistics are old.
    queries: tuple[Select[Any], ...] = (
        select(Clock.request_id).where(_has_run_out(now)).order_by(Clock.due_before),
        select(Clock.request_id).where(_is_to_warn(now)).order_by(Clock.warn_at),
        select(RefundClaim.request_id).where(_is_to_request(now)).order_by(RefundClaim.request_at),
        select(SupportRequest.id).where(SupportRequest.waits_until <= now).order_by(SupportRequest.waits_until),
        select(SupportRequest.id).where(_is_to_remind(now)).order_by(SupportRequest.waits_until),
    )
    return any(session.scalar(query.limit(1)) is not None for query in queries)


def run_sla(runtime: Runtime, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Do everything that is due; return how many rows that was."""
    total = 0
    steps: tuple[tuple[ClockName | None, Callable[[UnitOfWork], int]], ...] = (
        *((name, partial(notice_missed, name=name)) for name in ClockName),
        *((None, step) for step in (warn, request_refunds, end_waits, remind)),
    )
    for name, step in steps:
        while not stop():
            done = run_in_transaction(runtime, step)
            total += done
            if name is not None:
                runtime.counters.add(CounterName.DEADLINES_MISSED, name, by=done)
            if done < BATCH:
                break
    return total


def notice_missed(uow: UnitOfWork, name: ClockName) -> int:
    """Mark the next clocks of this name that have run out, and publish each; a missed fix makes the refund due.

    Of a customer who had preferred the fix to the refund, a missed new date makes it due again.
    """
    notice = f"not_{uuid.uuid4().hex}"
    keys = (
        select(Clock.request_id)
        .where(_has_run_out(uow.now), Clock.name == constant(name))
        .order_by(Clock.due_before)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    # Two statements: in one, PostgreSQL compares every due clock with every key, since it expects a few of either.
    locked = list(uow.session.scalars(keys))
    taken = (
        update(Clock)
        .where(among(Clock.request_id, locked), Clock.name == constant(name), _has_run_out(uow.now))
        .values(state=ClockState.MISSED, missed_at=Clock.due_before, noticed_at=uow.now, notice_id=notice, warn_at=None)
        .returning(Clock.request_id)
        .execution_options(synchronize_session=False)
    )
    # By their ids from here on: nothing else finds the clocks of this notice without looking at all the others.
    ids = list(uow.session.scalars(taken)) if locked else []
    if not ids:
        return 0
    counted = update(SupportRequest).where(among(SupportRequest.id, ids))
    values = {"sequence": SupportRequest.sequence + 1, "next_deadline_at": _other_deadline(name)}
    uow.session.execute(counted.values(values).execution_options(synchronize_session=False))
    mine = and_(among(Clock.request_id, ids), Clock.name == constant(name), Clock.notice_id == notice)
    _publish_missed(uow, name, mine)
    uow.wakeups.add(JobKind.DELIVERIES)
    if name is ClockName.FIX:
        missed = uow.session.execute(_missed(mine))
        make_refunds_due(uow, [(request, clock.missed_at or uow.now) for request, clock in missed], CAUSE)
    if name is ClockName.SECOND_FIX:
        resume_missed(uow, [request for request, _ in uow.session.execute(_missed(mine))], CAUSE)
    return len(ids)


def warn(uow: UnitOfWork) -> int:
    """Publish what will be due soon: in the morning, once for each clock."""
    query = (
        select(Clock, SupportRequest)
        .join(SupportRequest, SupportRequest.id == Clock.request_id)
        .where(_is_to_warn(uow.now))
        .order_by(Clock.warn_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True, of=Clock)
    )
    found = list(uow.session.execute(query))
    for clock, request in found:
        clock.warn_at = None
        cause = Cause(actor="marketplace_hooks", reason=StandardReason.DEADLINE_NEAR)
        data = {"due_before": clock.due_before, **_which_fix(clock.name)}
        publish_request_event(uow, request, f"{_published_name(clock.name)}_due_soon", data, cause)
    return len(found)


def request_refunds(uow: UnitOfWork) -> int:
    """Ask for the refunds whose customers have not preferred the fix in time: for what is owed now.

    Where a dispute stands, the bank is awaited.
    """
    due = select(RefundClaim.request_id).where(_is_to_request(uow.now)).order_by(RefundClaim.request_at).limit(BATCH)
    ids = sorted(uow.session.scalars(due))
    if not ids:
        return 0
    # Locked as everywhere: the requests, their purchases, their claims; and read again, since money may have come back.
    for_requests = select(SupportRequest).where(among(SupportRequest.id, ids)).order_by(SupportRequest.id)
    requests = {one.id: one for one in uow.session.scalars(for_requests.with_for_update(skip_locked=True))}
    claims = select(RefundClaim).where(among(RefundClaim.request_id, sorted(requests)), _is_to_request(uow.now))
    purchases = locked_purchases(uow.session, [claim.purchase_id for claim in uow.session.scalars(claims)])
    fresh = claims.order_by(RefundClaim.request_id).with_for_update().execution_options(populate_existing=True)
    found = list(uow.session.scalars(fresh))
    balance = balances(uow.session, found, uow.today)
    for claim in found:
        id_ = claim.request_id
        request_refund(uow, requests[id_], purchases[claim.purchase_id], claim, balance[id_], CAUSE)
    return len(found)


def end_waits(uow: UnitOfWork) -> int:
    """End the waits that are over: nothing was completed, contested, or reported as not fixed in time."""
    query = select(SupportRequest).where(SupportRequest.waits_until <= uow.now)
    query = query.order_by(SupportRequest.waits_until).limit(BATCH).with_for_update(skip_locked=True)
    found = list(uow.session.scalars(query))
    for request in found:
        if request.handling is Handling.NEEDS_INFORMATION:
            make_move(request, Move.ABANDON)
            close(uow, request, "abandoned", CAUSE)
        elif request.handling in (Handling.RESOLVED, Handling.REFUSED):
            reason = "resolved" if request.handling is Handling.RESOLVED else "refusal_not_contested"
            make_move(request, Move.CLOSE)
            close(uow, request, reason, CAUSE)
        else:
            request.waits_until = None
    return len(found)


def remind(uow: UnitOfWork) -> int:
    """Remind customers, once, that their request still misses something."""
    query = select(SupportRequest).where(_is_to_remind(uow.now)).order_by(SupportRequest.waits_until).limit(BATCH)
    found = list(uow.session.scalars(query.with_for_update(skip_locked=True)))
    for request in found:
        request.reminded_at = uow.now
        data = {"missing": request.missing, "waits_until": request.waits_until, "reminder": True}
        publish_request_event(uow, request, "needs_information", data, CAUSE)
    return len(found)


def _has_run_out(now: datetime) -> Any:
    return and_(Clock.state == constant(ClockState.RUNNING), Clock.due_before <= now)


def _is_to_warn(now: datetime) -> Any:
    return and_(Clock.state == constant(ClockState.RUNNING), Clock.warn_at <= now, Clock.due_before > now)


def _is_to_request(now: datetime) -> Any:
    is_due = RefundClaim.state == constant(RefundState.DUE)
    return and_(is_due, RefundClaim.request_at <= now, not_(dispute_stands(RefundClaim.purchase_id)))


def _is_to_remind(now: datetime) -> Any:
    needs_information = SupportRequest.handling == constant(Handling.NEEDS_INFORMATION)
    return and_(
        needs_information, SupportRequest.waits_until <= now + REMIND_BEFORE, SupportRequest.reminded_at.is_(None)
    )


def _published_name(name: ClockName) -> str:
    """The clock in the types of events: the second date for a fix is published as the first is."""
    return ClockName.FIX if name in FIX_CLOCKS else name


def _which_fix(name: ClockName) -> dict[str, str]:
    """Which of the dates for a fix an event is about; nothing about the acknowledgement."""
    return {"clock": name.value} if name in FIX_CLOCKS else {}


def _missed(mine: ColumnElement[bool]) -> Any:
    return (
        select(SupportRequest, Clock)
        .join(Clock, Clock.request_id == SupportRequest.id)
        .where(mine)
        .order_by(SupportRequest.id)
        .execution_options(populate_existing=True)
    )


def _other_deadline(name: ClockName) -> Any:
    """The first deadline of the other clocks that run: lists are ordered by that one from now on."""
    running = or_(Clock.state == constant(ClockState.RUNNING), Clock.state == constant(ClockState.TO_CONFIRM))
    next_one = select(func.min(Clock.due_before)).where(
        Clock.request_id == SupportRequest.id, Clock.name != constant(name), running
    )
    return next_one.correlate(SupportRequest).scalar_subquery()


def _publish_missed(uow: UnitOfWork, name: ClockName, mine: ColumnElement[bool]) -> None:
    data = {
        "request_id": SupportRequest.id,
        "purchase_id": SupportRequest.purchase_id,
        "customer_id": SupportRequest.customer_id,
        "seller_id": SupportRequest.seller_id,
        "due_before": rfc_3339(Clock.missed_at),
        **_which_fix(name),
    }
    publish_for_each(
        uow,
        and_(Clock.request_id == SupportRequest.id, mine),
        type_=f"support_request.{_published_name(name)}_missed",
        subject_kind=SUBJECT_KIND,
        subject_id=SupportRequest.id,
        sequence=SupportRequest.sequence,
        data=data,
        cause=CAUSE.as_json(),
    )
