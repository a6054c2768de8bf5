"""SLA clocks: the deadlines of a request to be acknowledged and fixed; started, stopped, frozen and resumed.

The arithmetic is `domain/support/deadlines.py`. Its result is stored with the rules and the days that it came from, so
that a running clock is never recomputed because a setting changed (`deadlines.md`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...domain.civil_days import day_of, first_instant
from ...domain.support.deadlines import (
    Closure,
    Deadline,
    after_change,
    days_left,
    days_taken,
    deadline,
)
from ...domain.support.state_machine import FIX_CLOCKS, ClockName, ClockState
from ...models.support import Clock, SupportRequest
from ..core.unit_of_work import UnitOfWork
from .announced_closures import announced_closures
from .clock_policy import clock_policy

MIN_DAYS_AFTER_RESUMING = 5
"""Business days that a clock has at least when it is resumed (`rules.md` 19; `deadlines.md`)."""
WARNING_HOUR = 8
"""The hour, in the reference zone, from which a warning is sent."""


def start_clock(
    uow: UnitOfWork, request: SupportRequest, name: ClockName, from_at: datetime, days: int, *, earlier_days: int = 0
) -> Clock:
    """Start one clock of a request at an instant, or start it again with so many days after those taken earlier."""
    policy = clock_policy(uow, request.seller_id, name)
    found = _deadline(policy, from_at, days, announced_closures(uow.session, request.seller_id))
    clock = clock_of(uow.session, request.id, name)
    if clock is None:
        clock = Clock(request_id=request.id, name=name)
        uow.session.add(clock)
    clock.started_at = from_at
    clock.business_days = days
    clock.earlier_days = earlier_days
    clock.taken_days = None
    clock.stopped_at = None
    clock.missed_at = None
    clock.noticed_at = None
    clock.notice_id = None
    clock.remaining_days = None
    clock.policy = policy
    _store_deadline(uow, clock, found)
    update_next_deadline(uow.session, request)
    return clock


def extend_clock(uow: UnitOfWork, request: SupportRequest, clock: Clock, days: int, reason: str) -> None:
    """Give a clock more business days, counted by the rules that are stored with it; all reasons stay with it."""
    before = clock.policy.get("extended", {"days": 0})
    reasons = [one["reason"] for one in (before, {"reason": reason}) if "reason" in one]
    clock.policy = {**clock.policy, "extended": {"days": before["days"] + days, "reason": "; ".join(reasons)}}
    clock.business_days += days
    closures = announced_closures(uow.session, request.seller_id)
    _store_deadline(uow, clock, _deadline(clock.policy, clock.started_at, clock.business_days, closures))
    update_next_deadline(uow.session, request)


def second_fix_if_chosen(session: Session, request: SupportRequest, now: datetime, settings: Settings) -> date | None:
    """The last day that the fix would have if the customer preferred it to the refund now; None: not known yet."""
    uow = UnitOfWork(session=session, now=now, settings=settings)
    policy = clock_policy(uow, request.seller_id, ClockName.SECOND_FIX)
    return _deadline(policy, now, settings.fix_days, announced_closures(session, request.seller_id)).last_day


def end_of_business_days(uow: UnitOfWork, request: SupportRequest, days: int) -> datetime | None:
    """The end of so many business days from now, as those of the fix are counted; a closure takes none of them.

    These are the customer's days, so it does not matter when the seller works.
    """
    return _deadline(clock_policy(uow, request.seller_id, ClockName.FIX), uow.now, days, closures=()).due_before


def stop_clock(uow: UnitOfWork, request: SupportRequest, name: ClockName, state: ClockState, at: datetime) -> bool:
    """Stop a clock that still runs: `met` at an instant, or `void`. False when there is nothing to stop.

    What comes too late stops nothing: `sla_run` notices once that the clock was missed, and only the instant is stored,
    from which the delay follows. A message that is recorded late but was received in time undoes a miss: then the clock
    was met.
    """
    clock = clock_of(uow.session, request.id, name)
    if clock is None or clock.state in (ClockState.MET, ClockState.VOID):
        return False
    if clock.state is not ClockState.FROZEN and clock.due_before is not None and at >= clock.due_before:
        if clock.stopped_at is not None or state is ClockState.VOID:
            return False
        clock.stopped_at = at
        clock.warn_at = None
        clock.taken_days = _taken_days(uow, request, clock, at)
        return True
    clock.state = state
    clock.stopped_at = at
    clock.warn_at = None
    clock.taken_days = _taken_days(uow, request, clock, at)
    if state is ClockState.MET:
        clock.missed_at = None
    update_next_deadline(uow.session, request)
    return True


def freeze_clock(uow: UnitOfWork, request: SupportRequest, name: ClockName, at: datetime) -> None:
    """A reasoned refusal freezes the clock with the business days it had left then. One that had run out stays so."""
    clock = clock_of(uow.session, request.id, name)
    if clock is None or not had_time_left(clock, at):
        return
    clock.remaining_days = _remaining_days(uow, clock, at)
    clock.taken_days = _taken_days(uow, request, clock, at)
    clock.state = ClockState.FROZEN
    clock.missed_at = None
    clock.warn_at = None
    update_next_deadline(uow.session, request)


def resume_clock(uow: UnitOfWork, request: SupportRequest, name: ClockName) -> Clock | None:
    """Resume a met or frozen clock from now, with what was left, at least five business days.

    None when there is nothing to resume: a clock that was missed stays missed, and is missed once.
    """
    clock = clock_of(uow.session, request.id, name)
    if clock is None or clock.state not in (ClockState.MET, ClockState.FROZEN):
        return None
    days = max(MIN_DAYS_AFTER_RESUMING, clock.remaining_days or 0)
    return start_clock(uow, request, name, uow.now, days, earlier_days=clock.taken_days or 0)


def record_remaining_days(uow: UnitOfWork, request: SupportRequest, name: ClockName, at: datetime) -> None:
    """Store what was left at an instant of a clock that is about to be met then, in case it has to be resumed."""
    clock = clock_of(uow.session, request.id, name)
    if clock is not None and had_time_left(clock, at):
        clock.remaining_days = _remaining_days(uow, clock, at)


def has_time_left(clock: Clock, now: datetime) -> bool:
    """Whether there is time left on a clock: it was not stopped, and has not run out, noticed or not."""
    is_counting = clock.state in (ClockState.RUNNING, ClockState.SUSPENDED)
    return is_counting and (clock.due_before is None or now < clock.due_before)


def had_time_left(clock: Clock, at: datetime) -> bool:
    """Whether there was time left on a clock at an instant of the past, even if it was missed since."""
    is_open = clock.state in (ClockState.RUNNING, ClockState.SUSPENDED, ClockState.MISSED)
    return is_open and (clock.due_before is None or at < clock.due_before)


def state_now(clock: Clock, now: datetime) -> ClockState:
    """The state of a clock at an instant: one that has run out is missed, noticed or not."""
    has_run_out = clock.state is ClockState.RUNNING and not has_time_left(clock, now)
    return ClockState.MISSED if has_run_out else clock.state


def await_confirmation(uow: UnitOfWork, request: SupportRequest) -> None:
    """While a message received in time awaits a person's judgement, the acknowledgement clock is not missed.

    Nor if the message is delivered after the miss was noticed.
    """
    clock = clock_of(uow.session, request.id, ClockName.ACKNOWLEDGEMENT)
    if clock is not None and clock.state in (ClockState.RUNNING, ClockState.SUSPENDED, ClockState.MISSED):
        clock.state = ClockState.TO_CONFIRM
        clock.missed_at = None
        update_next_deadline(uow.session, request)


def end_confirmation(uow: UnitOfWork, request: SupportRequest) -> None:
    """No message awaits a judgement any more: the acknowledgement clock runs as before. A miss is noticed only once."""
    clock = clock_of(uow.session, request.id, ClockName.ACKNOWLEDGEMENT)
    if clock is not None and clock.state is ClockState.TO_CONFIRM:
        clock.state = ClockState.SUSPENDED if clock.due_before is None else ClockState.RUNNING
        if clock.noticed_at is not None:
            clock.state = ClockState.MISSED
            clock.missed_at = clock.due_before
        update_next_deadline(uow.session, request)


def recompute_deadlines(uow: UnitOfWork, seller_id: str) -> int:
    """Recompute the seller's running clocks after a change of closures, by the rules that are stored with each.

    One for which a message awaits a person goes on waiting, with its new deadline. Return how many moved. A deadline
    never moves into the past, and one that has passed does not move at all.
    """
    query = (
        select(Clock, SupportRequest)
        .join(SupportRequest, SupportRequest.id == Clock.request_id)
        .where(
            SupportRequest.seller_id == seller_id,
            Clock.state.in_((ClockState.RUNNING, ClockState.SUSPENDED, ClockState.TO_CONFIRM)),
            or_(Clock.due_before.is_(None), Clock.due_before > uow.now),
        )
        .order_by(Clock.request_id, Clock.name)
        .with_for_update(of=Clock)
    )
    closures = announced_closures(uow.session, seller_id)
    changed = 0
    for clock, request in list(uow.session.execute(query)):
        recomputed = _deadline(clock.policy, clock.started_at, clock.business_days, closures)
        changed_deadline = after_change(recomputed, _stored(clock), uow.now, uow.zone)
        if changed_deadline.due_before != clock.due_before:
            state = clock.state
            _store_deadline(uow, clock, changed_deadline)
            clock.state = state if state is ClockState.TO_CONFIRM else clock.state
            update_next_deadline(uow.session, request)
            changed += 1
    return changed


def clock_of(session: Session, request_id: str, name: ClockName) -> Clock | None:
    """One clock of a request, locked; None when it was never started."""
    return session.get(Clock, (request_id, name), with_for_update=True)


def update_next_deadline(session: Session, request: SupportRequest) -> None:
    """Store the earliest deadline still running, by which lists are ordered."""
    session.flush()
    query = select(Clock.due_before).where(
        Clock.request_id == request.id,
        or_(Clock.state == ClockState.RUNNING, Clock.state == ClockState.TO_CONFIRM),
        Clock.due_before.is_not(None),
    )
    request.next_deadline_at = min((due for due in session.scalars(query) if due), default=None)


def _remaining_days(uow: UnitOfWork, clock: Clock, at: datetime) -> int:
    """The business days left at an instant; of a suspended clock also those beyond the closure that suspends it."""
    counted = [date.fromisoformat(day) for day in clock.trace["counted"]]
    return days_left(counted, at, uow.zone) + clock.business_days - len(counted)


def _taken_days(uow: UnitOfWork, request: SupportRequest, clock: Clock, at: datetime) -> int:
    """The business days that it took until an instant, by the rules stored with the clock."""
    rules = _rules(clock.policy, announced_closures(uow.session, request.seller_id))
    return clock.earlier_days + days_taken(clock.started_at, at, **rules)


def _deadline(policy: Mapping[str, Any], from_at: datetime, days: int, closures: Iterable[Closure]) -> Deadline:
    return deadline(from_at, days, **_rules(policy, closures))


def _rules(policy: Mapping[str, Any], closures: Iterable[Closure]) -> dict[str, Any]:
    return {
        "policy": policy["policy"],
        "zone": ZoneInfo(policy["zone"]),
        "holidays": frozenset(date.fromisoformat(day) for day in policy["holidays"]),
        "closures": closures,
        "closures_suspend": policy["closures_suspend"],
        "closure_days": policy.get("closure_days"),
    }


def _store_deadline(uow: UnitOfWork, clock: Clock, found: Deadline) -> None:
    clock.last_day = found.last_day
    clock.due_before = found.due_before
    clock.state = ClockState.SUSPENDED if found.due_before is None else ClockState.RUNNING
    clock.trace = {
        "counted": [day.isoformat() for day in found.counted],
        "skipped": [{"day": one.day.isoformat(), "reason": one.reason} for one in found.skipped],
    }
    clock.warn_at = _warn_at(uow, clock)


def _stored(clock: Clock) -> Deadline:
    from_trace = tuple(date.fromisoformat(day) for day in clock.trace["counted"])
    return Deadline(
        state="suspended" if clock.due_before is None else "running",  # type: ignore[arg-type] # a StrEnum's value
        last_day=clock.last_day,
        due_before=clock.due_before,
        counted=from_trace,
        skipped=(),
    )


def _warn_at(uow: UnitOfWork, clock: Clock) -> datetime | None:
    """The morning on which to warn: of the acknowledgement's last day; of the fix when one business day is left."""
    if clock.last_day is None:
        return None
    counted = [date.fromisoformat(day) for day in clock.trace["counted"]]
    day = clock.last_day
    if clock.name in FIX_CLOCKS and len(counted) > 1:
        day = counted[-2]
    morning = first_instant(day, uow.zone) + timedelta(hours=WARNING_HOUR)
    return morning if day >= day_of(uow.now, uow.zone) else None
