"""SLA clocks: what stops them, what freezes and resumes them, and which deadline comes next. `deadlines.md`."""

from __future__ import annotations

from datetime import timedelta

import time_machine

from marketplace_hooks.domain.support.state_machine import ClockName, ClockState
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import sla_clocks
from marketplace_hooks.services.support.transitions import locked_request

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    FIX,
    REQUEST,
    clock_of,
    clocks,
    due,
    in_transaction,
    request,
)

SECOND = timedelta(seconds=1)


def stop(desk: Marketplace, name: ClockName, after: timedelta) -> bool:
    """Stop a clock as met, so long after its deadline."""

    def act(uow: UnitOfWork) -> bool:
        at = due(desk, name) + after
        return sla_clocks.stop_clock(uow, locked_request(uow.session, REQUEST), name, ClockState.MET, at)

    return in_transaction(desk, act)


def test_the_last_instant_before_the_deadline_meets_it(desk: Marketplace) -> None:
    assert stop(desk, ACKNOWLEDGEMENT, -SECOND)
    assert clocks(desk) == {"acknowledgement": "met", "fix": "running"}
    assert request(desk).next_deadline_at == due(desk, FIX)


def test_what_comes_at_the_deadline_is_noted_and_meets_nothing(desk: Marketplace) -> None:
    assert stop(desk, ACKNOWLEDGEMENT, timedelta(0))
    stopped = clock_of(desk, ACKNOWLEDGEMENT)
    assert (stopped.state, stopped.stopped_at) == ("running", stopped.due_before)
    assert not stop(desk, ACKNOWLEDGEMENT, timedelta(0))


def test_a_frozen_clock_is_resumed_with_the_days_that_were_left(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    in_transaction(desk, lambda uow: sla_clocks.freeze_clock(uow, locked_request(uow.session, REQUEST), FIX, uow.now))
    frozen = clock_of(desk, FIX)
    assert (frozen.state, frozen.remaining_days) == ("frozen", 30)
    clock.shift(timedelta(days=7))
    in_transaction(desk, lambda uow: sla_clocks.resume_clock(uow, locked_request(uow.session, REQUEST), FIX))
    resumed = clock_of(desk, FIX)
    assert (resumed.state, resumed.business_days) == ("running", 30)
    assert resumed.due_before == frozen.due_before + timedelta(days=7)


def test_a_running_clock_is_not_resumed(desk: Marketplace) -> None:
    def resume(uow: UnitOfWork) -> bool:
        return sla_clocks.resume_clock(uow, locked_request(uow.session, REQUEST), FIX) is None

    assert in_transaction(desk, resume)


def test_a_clock_that_has_run_out_is_missed_before_anybody_notices(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    running = clock_of(desk, FIX)
    assert running.due_before is not None
    assert sla_clocks.has_time_left(running, running.due_before - SECOND)
    assert sla_clocks.state_now(running, running.due_before) == "missed"
