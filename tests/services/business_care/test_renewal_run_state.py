"""After a long silence the run of renewals waits for an operator; a quiet time is no silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from marketplace_hooks.jobs.scheduler import run_due
from marketplace_hooks.remote.redis.names import JobKind
from marketplace_hooks.remote.redis.null_wakeups import NullWakeups
from marketplace_hooks.services.business_care.renewal_run import count_due, has_pending
from marketplace_hooks.services.business_care.renewal_run_state import read_run_state, release_run

from ...support.business_care import (
    CLAIM_DELAY,
    DAY,
    SECOND,
    code_of,
    instant,
    payments,
    published_types,
    run_until,
)
from ...support.customers import set_up_purchase
from ...support.marketplace import Marketplace

RENEWAL = instant("2027-03-03T00:00:00+01:00")
NOTICE = instant("2027-01-02T00:00:00+01:00")


class IdleWorkers(NullWakeups):
    """Workers that can be woken, and do nothing."""

    def __init__(self) -> None:
        self.woken: list[JobKind] = []

    def wake_worker(self, kind: JobKind) -> bool:
        self.woken.append(kind)
        return True


@pytest.fixture(autouse=True)
def _on_sale(clock: time_machine.Traveller, marketplace: Marketplace) -> None:
    marketplace.publish_products("mod-1")


@pytest.mark.parametrize(("silence", "is_held"), [(30 * DAY, False), (30 * DAY + SECOND, True)])
def test_after_more_than_thirty_days_of_silence_the_run_waits_for_an_operator(
    marketplace: Marketplace, clock: time_machine.Traveller, silence: Any, is_held: bool
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL + CLAIM_DELAY - 30 * DAY)
    clock.shift(silence)
    marketplace.run_all_now()
    assert payments(marketplace) == ({1: "paid"} if is_held else {1: "paid", 2: "pending"})
    with marketplace.runtime.database.read_session() as session:
        assert (read_run_state(session).held_since is not None) is is_held
        assert has_pending(session, datetime.now(UTC)) is False
        assert count_due(session, datetime.now(UTC)).count == int(is_held)


def test_a_held_run_goes_on_when_an_operator_releases_it(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    clock.move_to(RENEWAL + DAY)
    marketplace.run_all_now()
    clock.shift(DAY)
    marketplace.run_all_now()
    assert (payments(marketplace), code_of(marketplace)) == ({1: "paid"}, "PAYMENT_PENDING")
    assert release_run(marketplace.runtime)
    marketplace.run_all_now()
    assert payments(marketplace) == {1: "paid", 2: "pending"}
    assert not release_run(marketplace.runtime)


def test_a_held_run_holds_no_notice(marketplace: Marketplace, clock: time_machine.Traveller) -> None:
    set_up_purchase(marketplace)
    clock.move_to(NOTICE)
    marketplace.run_all_now()
    assert published_types(marketplace) == ["started", "renewal_notice_due"]


def test_a_quiet_time_in_which_somebody_looked_is_no_silence(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, NOTICE)
    while datetime.now(UTC) < RENEWAL - DAY:
        clock.shift(20 * DAY)
        run_due(marketplace.runtime, "scheduler")
    clock.move_to(RENEWAL + DAY)
    marketplace.run_all_now()
    assert payments(marketplace) == {1: "paid", 2: "pending"}


def test_looking_at_what_is_due_without_running_it_is_silence(
    marketplace: Marketplace, clock: time_machine.Traveller
) -> None:
    set_up_purchase(marketplace)
    run_until(marketplace, clock, RENEWAL)
    idle_workers = IdleWorkers()
    for _ in range(5):
        clock.shift(10 * DAY)
        run_due(replace(marketplace.runtime, wakeups=idle_workers), "scheduler")
    assert idle_workers.woken.count(JobKind.RENEWALS) == 5
    marketplace.run_all_now()
    assert payments(marketplace) == {1: "paid"}
