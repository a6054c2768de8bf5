"""Closures: announced beforehand, only ever shortened, and never more than a seller may have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from sqlalchemy import select

from marketplace_hooks.config.settings import Settings
from marketplace_hooks.errors import Conflict, NotFound, PayloadRejected
from marketplace_hooks.models.support import SellerClosure
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import closures

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    CAUSE,
    REQUEST,
    clock_of,
    in_transaction,
    now,
    publish_request,
    set_up_support,
)

MONDAY = date(2026, 3, 2)
DAY = timedelta(days=1)


@pytest.fixture
def desk(marketplace: Marketplace, clock: time_machine.Traveller) -> Marketplace:
    """A seller, on Monday 2 March 2026."""
    return set_up_support(marketplace)


def declare(desk: Marketplace, first_day: date, last_day: date | None) -> str:
    def act(uow: UnitOfWork) -> str:
        return closures.declare_own_closure(uow, "seller-1", first_day=first_day, last_day=last_day, cause=CAUSE).id

    return in_transaction(desk, act)


def shown(desk: Marketplace, on: date, settings: Settings | None = None) -> list[closures.ShownClosure]:
    """What customers see at noon of a day."""
    at = datetime.combine(on, time(12), UTC)
    with desk.runtime.database.read_session() as session:
        return closures.shown_closures(session, "seller-1", at, settings or desk.runtime.settings)


def closure(desk: Marketplace) -> SellerClosure:
    [found] = desk.all(select(SellerClosure))
    return found


def test_a_closure_is_declared_from_today_on(desk: Marketplace) -> None:
    with pytest.raises(PayloadRejected):
        declare(desk, MONDAY - DAY, MONDAY)
    declare(desk, MONDAY, MONDAY + DAY)
    assert closure(desk).announced_at == closure(desk).declared_at
    assert [one.closure_id for one in shown(desk, MONDAY + DAY)] == [closure(desk).id]
    assert shown(desk, MONDAY + 2 * DAY) == []


def test_customers_see_until_when_a_closure_suspends_deadlines(desk: Marketplace) -> None:
    """Ninety days from its first one; a closure that follows without a working day between them counts with it."""
    declare(desk, MONDAY, MONDAY + 100 * DAY)
    declare(desk, MONDAY + 101 * DAY, None)
    ends = [one.suspends_until for one in shown(desk, MONDAY)]
    assert ends == [MONDAY + 89 * DAY, MONDAY + 89 * DAY]
    without_limit = replace(desk.runtime.settings, closure_days=0)
    assert [one.suspends_until for one in shown(desk, MONDAY, without_limit)] == [MONDAY + 100 * DAY, None]


def test_an_unknown_seller_declares_nothing(desk: Marketplace) -> None:
    def act(uow: UnitOfWork) -> SellerClosure:
        return closures.declare_own_closure(uow, "unknown", first_day=MONDAY, last_day=None, cause=CAUSE)

    with pytest.raises(NotFound):
        in_transaction(desk, act)


def test_a_closure_that_is_to_come_is_cancelled_and_one_that_runs_ends_today(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    to_come = declare(desk, MONDAY + DAY, MONDAY + 9 * DAY)
    in_transaction(desk, lambda uow: closures.cancel_own_closure(uow, "seller-1", to_come, CAUSE))
    assert closures.state_of(closure(desk), MONDAY) == "cancelled"
    running = declare(desk, MONDAY, None)
    in_transaction(desk, lambda uow: closures.cancel_own_closure(uow, "seller-1", running, CAUSE))
    [ended] = desk.all(select(SellerClosure).where(SellerClosure.id == running))
    assert (ended.cancelled_at, ended.last_day) == (None, MONDAY)


def test_a_closure_is_only_ever_shortened(desk: Marketplace) -> None:
    declared = declare(desk, MONDAY + DAY, MONDAY + 4 * DAY)

    def shorten(last_day: date) -> SellerClosure:
        return in_transaction(
            desk, lambda uow: closures.shorten_own_closure(uow, "seller-1", declared, last_day, CAUSE)
        )

    with pytest.raises(Conflict):
        shorten(MONDAY + 5 * DAY)
    with pytest.raises(PayloadRejected):
        shorten(MONDAY)
    assert shorten(MONDAY + 2 * DAY).last_day == MONDAY + 2 * DAY


def test_a_description_that_is_no_newer_changes_nothing(desk: Marketplace) -> None:
    declared = declare(desk, MONDAY + DAY, MONDAY + 4 * DAY)
    at = closure(desk).described_at

    def shorten(uow: UnitOfWork) -> bool:
        return closures.shorten_closure(uow, declared, MONDAY + DAY, described_at=at, cause=CAUSE)

    assert in_transaction(desk, shorten) is False
    assert closure(desk).last_day == MONDAY + 4 * DAY


def describe(desk: Marketplace, first_day: date, last_day: date | None) -> None:
    """The platform describes the seller's closure, perhaps anew."""
    days = {"first_day": first_day.isoformat(), "last_day": None if last_day is None else last_day.isoformat()}
    desk.publish("seller.closure_declared", closure_id="clo-1", seller_id="seller-1", declared_at=now(), **days)
    desk.run_all_now()


def last_day(desk: Marketplace, request_id: str = REQUEST) -> date | None:
    return clock_of(desk, ACKNOWLEDGEMENT, request_id).last_day


def test_days_that_were_announced_before_suspend_as_before_when_a_closure_is_described_anew(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    """Only the added days count from the new announcement: the request of Tuesday is not the worse for it."""
    describe(desk, MONDAY + 2 * DAY, MONDAY + 4 * DAY)
    clock.shift(DAY)
    publish_request(desk)
    assert last_day(desk) == MONDAY + 7 * DAY
    clock.shift(DAY)
    describe(desk, MONDAY + 2 * DAY, MONDAY + 11 * DAY)
    assert last_day(desk) == MONDAY + 7 * DAY
    publish_request(desk, "request-2")
    assert last_day(desk, "request-2") == MONDAY + 14 * DAY


def test_a_closure_that_is_described_shorter_keeps_what_it_suspends_of_the_days_that_are_left(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    describe(desk, MONDAY + 2 * DAY, MONDAY + 11 * DAY)
    clock.shift(DAY)
    publish_request(desk)
    clock.shift(DAY)
    describe(desk, MONDAY + 2 * DAY, MONDAY + 4 * DAY)
    assert last_day(desk) == MONDAY + 7 * DAY
    # Days that were taken back and come again are announced only now.
    clock.shift(60)
    describe(desk, MONDAY + 2 * DAY, None)
    assert last_day(desk) == MONDAY + 7 * DAY


def test_a_cancelled_closure_that_is_described_again_is_announced_only_then(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    describe(desk, MONDAY + 2 * DAY, MONDAY + 4 * DAY)
    clock.shift(DAY)
    publish_request(desk)
    cancelled = {"first_day": "2026-03-04", "last_day": "2026-03-06"}
    desk.publish("seller.closure_cancelled", closure_id="clo-1", seller_id="seller-1", declared_at=now(), **cancelled)
    desk.run_all_now()
    clock.shift(60)
    describe(desk, MONDAY + 2 * DAY, MONDAY + 4 * DAY)
    assert last_day(desk) == MONDAY + 2 * DAY
