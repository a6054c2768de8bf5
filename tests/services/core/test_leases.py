"""A named lock has one holder, until it is released or its lease has run out."""

from __future__ import annotations

import time_machine

from marketplace_hooks.services.core.leases import acquire_lease, release_lease
from marketplace_hooks.services.core.runtime import Runtime


def test_one_holds_it_and_may_renew_until_it_is_released(runtime: Runtime) -> None:
    assert acquire_lease(runtime, "lock", "one", 30)
    assert not acquire_lease(runtime, "lock", "two", 30)
    assert acquire_lease(runtime, "lock", "one", 30)
    release_lease(runtime, "lock", "two")  # not its holder: nothing is released.
    assert not acquire_lease(runtime, "lock", "two", 30)
    release_lease(runtime, "lock", "one")
    assert acquire_lease(runtime, "lock", "two", 30)


def test_a_silent_holder_loses_it_when_the_lease_has_run_out(clock: time_machine.Traveller, runtime: Runtime) -> None:
    assert acquire_lease(runtime, "lock", "one", 30)
    clock.shift(30)
    assert not acquire_lease(runtime, "lock", "two", 30)
    clock.shift(1)
    assert acquire_lease(runtime, "lock", "two", 30)
    assert not acquire_lease(runtime, "lock", "one", 30)


def test_a_holder_whose_clock_was_ahead_by_hours_loses_it_at_once(
    clock: time_machine.Traveller, runtime: Runtime
) -> None:
    assert acquire_lease(runtime, "lock", "one", 30)
    clock.shift(-2)  # clocks that agree.
    assert not acquire_lease(runtime, "lock", "two", 30)
    clock.shift(-3 * 3600)
    assert acquire_lease(runtime, "lock", "two", 30)
    assert not acquire_lease(runtime, "lock", "one", 30)


def test_locks_of_other_names_are_free(runtime: Runtime) -> None:
    assert acquire_lease(runtime, "lock", "one", 30)
    assert acquire_lease(runtime, "another", "two", 30)
