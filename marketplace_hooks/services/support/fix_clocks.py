"""Fix clocks: the contract's date for a fix and, where the customer has preferred the fix to the refund, the new date.

Both stand and fall together: a refusal freezes them, a fix meets whichever still runs, a customer who says that it is
not fixed resumes it. What was received in time counts, even if it is recorded after the miss was noticed. What that
does to the refund is in `refund_deferral.py`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ...domain.support.state_machine import FIX_CLOCKS, ClockName, ClockState
from ...models.support import Clock, SupportRequest
from ..core.unit_of_work import Cause, UnitOfWork
from .refund_deferral import defer_again, end_deferral, lapse_claim, revive_claim, withdraw_claim
from .sla_clocks import clock_of, freeze_clock, record_remaining_days, resume_clock, stop_clock


def current_fix_clock(session: Session, request_id: str) -> Clock | None:
    """The clock by which the fix is owed now, locked: the new date once there is one."""
    second = clock_of(session, request_id, ClockName.SECOND_FIX)
    if second is not None and second.state is not ClockState.VOID:
        return second
    return clock_of(session, request_id, ClockName.FIX)


def freeze_fix(uow: UnitOfWork, request: SupportRequest, at: datetime, cause: Cause) -> None:
    """A reasoned refusal freezes the clocks of the fix that still ran then."""
    missed = _missed_dates(uow.session, request.id)
    for name in FIX_CLOCKS:
        freeze_clock(uow, request, name, at)
    in_time = missed - _missed_dates(uow.session, request.id)
    if ClockName.FIX in in_time:
        withdraw_claim(uow, request, cause)
    elif ClockName.SECOND_FIX in in_time:
        defer_again(uow, request, cause)


def resume_fix(uow: UnitOfWork, request: SupportRequest) -> Clock | None:
    """The fix is owed again, with what was left, at least five business days; the clock that goes on, if one does."""
    resumed = [resume_clock(uow, request, name) for name in FIX_CLOCKS]
    revive_claim(uow, request)
    return next((clock for clock in reversed(resumed) if clock is not None), None)


def meet_fix(uow: UnitOfWork, request: SupportRequest, at: datetime, cause: Cause) -> None:
    """The fix was delivered at an instant: in time it meets its clock; by the new date the refund has lapsed."""
    missed = _missed_dates(uow.session, request.id)
    for name in FIX_CLOCKS:
        record_remaining_days(uow, request, name, at)
        stop_clock(uow, request, name, ClockState.MET, at)
    second = clock_of(uow.session, request.id, ClockName.SECOND_FIX)
    if ClockName.FIX in missed - _missed_dates(uow.session, request.id):
        withdraw_claim(uow, request, cause)
    elif second is not None and second.state is ClockState.MET:
        lapse_claim(uow, request, cause)


def void_fix(uow: UnitOfWork, request: SupportRequest, cause: Cause) -> None:
    """No fix is owed any more. A refund that was put off for it is due again."""
    for name in FIX_CLOCKS:
        stop_clock(uow, request, name, ClockState.VOID, uow.now)
    end_deferral(uow, request, cause)


def _missed_dates(session: Session, request_id: str) -> set[ClockName]:
    """The dates for the fix that count as missed now."""
    clocks = [clock_of(session, request_id, name) for name in FIX_CLOCKS]
    return {clock.name for clock in clocks if clock is not None and clock.state is ClockState.MISSED}
