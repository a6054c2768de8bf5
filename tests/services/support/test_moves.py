"""Moves of a support request, and what follows for its clocks. `rules.md` 16-22, `deadlines.md`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from marketplace_hooks.domain.support.refusal_grounds import Ground
from marketplace_hooks.domain.support.state_machine import Kind
from marketplace_hooks.errors import Conflict, PayloadRejected
from marketplace_hooks.models.support import SupportRequest
from marketplace_hooks.services.core.unit_of_work import UnitOfWork
from marketplace_hooks.services.support import moves

from ...support.marketplace import Marketplace
from ...support.support_desk import (
    ACKNOWLEDGEMENT,
    CAUSE,
    FIX,
    REQUEST,
    clock_of,
    clocks,
    due,
    in_transaction,
    published_types,
    refund_claim,
    request,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Act = Callable[[UnitOfWork], SupportRequest]


def refuse(ground: Ground = Ground.SOURCE_MODIFIED) -> Act:
    return lambda uow: moves.refuse(
        uow, REQUEST, ground=ground, text="Changed", evidence={"files": ["a.php"]}, by="seller-1", cause=CAUSE
    )


def contest(uow: UnitOfWork) -> SupportRequest:
    return moves.contest(uow, REQUEST, text="No", cause=CAUSE)


def overturn(uow: UnitOfWork) -> SupportRequest:
    return moves.overturn(uow, REQUEST, reason="Right", cause=CAUSE)


def uphold(uow: UnitOfWork) -> SupportRequest:
    return moves.uphold(uow, REQUEST, reason="Wrong", cause=CAUSE)


def resolve(uow: UnitOfWork) -> SupportRequest:
    return moves.resolve(uow, REQUEST, how="explanation", release_id=None, text="Done", cause=CAUSE)


def report_not_fixed(uow: UnitOfWork) -> SupportRequest:
    return moves.report_not_fixed(uow, REQUEST, text="", cause=CAUSE)


def set_kind(kind: Kind, *, confirms: bool) -> Act:
    return lambda uow: moves.change_kind(uow, REQUEST, kind, confirms=confirms, cause=CAUSE)


def extend(uow: UnitOfWork) -> SupportRequest:
    return moves.extend_fix(uow, REQUEST, days=3, reason="Holiday", cause=CAUSE)


def withdraw(uow: UnitOfWork) -> SupportRequest:
    return moves.withdraw(uow, REQUEST, CAUSE)


def refused_states(desk: Marketplace, act: Act) -> tuple[str, str]:
    """The two states that an impossible move names."""
    with pytest.raises(Conflict) as refused:
        in_transaction(desk, act)
    return str(refused.value.facts["state"]), str(refused.value.facts["asked"])


def test_a_refusal_acknowledges_and_freezes_the_fix_clock(desk: Marketplace, clock: time_machine.Traveller) -> None:
    in_transaction(desk, refuse())
    assert request(desk).handling == "refused"
    assert clocks(desk) == {"acknowledgement": "met", "fix": "frozen"}
    assert published_types(desk) == ["accepted", "checked", "acknowledged", "refused"]
    clock.move_to(due(desk, FIX) - 20 * DAY)
    desk.run_all_now()
    assert clocks(desk)["fix"] == "frozen"


def test_an_overturned_refusal_goes_on_with_what_was_left(desk: Marketplace, clock: time_machine.Traveller) -> None:
    in_transaction(desk, refuse())
    clock.move_to(datetime(2026, 3, 9, 12, tzinfo=UTC))
    in_transaction(desk, contest)
    in_transaction(desk, overturn)
    found = clock_of(desk, FIX)
    assert (request(desk).handling, found.state, found.business_days) == ("accepted", "running", 30)
    assert due(desk, FIX) == datetime(2026, 4, 20, 22, tzinfo=UTC)


@pytest.mark.parametrize(("day", "left"), [(2, 7), (6, 5), (9, 5), (13, 5)])
def test_an_overturned_refusal_leaves_at_least_five_business_days(
    desk: Marketplace, clock: time_machine.Traveller, day: int, left: int
) -> None:
    clock.move_to(datetime(2026, 4, day, 12, tzinfo=UTC))
    for act in (refuse(), contest, overturn):
        in_transaction(desk, act)
    assert clock_of(desk, FIX).business_days == left


def test_a_refusal_of_a_missed_fix_reopens_nothing(desk: Marketplace, clock: time_machine.Traveller) -> None:
    clock.move_to(due(desk, FIX))
    for act in (refuse(), contest, overturn):
        in_transaction(desk, act)
    desk.run_all_now()
    assert (clocks(desk)["fix"], published_types(desk).count("fix_missed")) == ("missed", 1)
    assert refund_claim(desk) is not None


def test_an_upheld_refusal_closes_the_request_and_its_clocks(desk: Marketplace) -> None:
    for act in (refuse(), contest, uphold):
        in_transaction(desk, act)
    assert (request(desk).handling, request(desk).closed_reason) == ("closed", "refusal_upheld")
    assert clocks(desk) == {"acknowledgement": "met", "fix": "void"}


@pytest.mark.parametrize(("before", "possible"), [(timedelta(seconds=1), True), (timedelta(0), False)])
def test_a_refusal_is_contested_within_thirty_days(
    desk: Marketplace, clock: time_machine.Traveller, before: timedelta, possible: bool
) -> None:
    in_transaction(desk, refuse())
    until = request(desk).waits_until
    assert until == datetime(2026, 4, 1, 22, tzinfo=UTC)
    clock.move_to(until - before)
    if possible:
        assert in_transaction(desk, contest).handling == "contested"
    else:
        assert refused_states(desk, contest) == ("refused", "contested")


def test_a_waived_ground_can_no_longer_be_used_and_others_can(desk: Marketplace) -> None:
    in_transaction(desk, lambda uow: moves.waive_ground(uow, REQUEST, Ground.SOURCE_MODIFIED))
    with pytest.raises(PayloadRejected):
        in_transaction(desk, refuse())
    assert in_transaction(desk, refuse(Ground.CONFLICTING_DEVELOPMENT)).handling == "refused"


@pytest.mark.parametrize(
    ("kind", "possible"),
    [(Kind.INSTALLATION, False), (Kind.CONFIGURATION, False), (Kind.QUESTION, True), (Kind.ANOMALY, True)],
)
def test_installing_and_configuring_is_never_site_work(desk: Marketplace, kind: Kind, possible: bool) -> None:
    in_transaction(desk, set_kind(kind, confirms=True))
    if possible:
        assert in_transaction(desk, refuse(Ground.SITE_WORK_OR_THIRD_PARTY)).handling == "refused"
    else:
        with pytest.raises(PayloadRejected):
            in_transaction(desk, refuse(Ground.SITE_WORK_OR_THIRD_PARTY))


def test_a_resolution_meets_both_clocks(desk: Marketplace) -> None:
    in_transaction(desk, resolve)
    assert (request(desk).handling, clocks(desk)) == ("resolved", {"acknowledgement": "met", "fix": "met"})


@pytest.mark.parametrize(("day", "left"), [(2, 7), (13, 5)])
def test_what_is_not_fixed_goes_on_with_what_was_left_and_at_least_five_days(
    desk: Marketplace, clock: time_machine.Traveller, day: int, left: int
) -> None:
    clock.move_to(datetime(2026, 4, day, 12, tzinfo=UTC))
    in_transaction(desk, resolve)
    in_transaction(desk, report_not_fixed)
    found = clock_of(desk, FIX)
    assert (request(desk).handling, found.state, found.business_days) == ("acknowledged", "running", left)


@pytest.mark.parametrize(("before", "possible"), [(timedelta(seconds=1), True), (timedelta(0), False)])
def test_not_fixed_is_said_within_ten_business_days(
    desk: Marketplace, clock: time_machine.Traveller, before: timedelta, possible: bool
) -> None:
    in_transaction(desk, resolve)
    clock.move_to(datetime(2026, 3, 16, 23, tzinfo=UTC) - before)
    if possible:
        assert in_transaction(desk, report_not_fixed).handling == "acknowledged"
    else:
        assert refused_states(desk, report_not_fixed) == ("resolved", "acknowledged")


def test_a_fix_that_comes_too_late_was_missed_and_never_runs_again(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    clock.move_to(due(desk, FIX))
    in_transaction(desk, resolve)
    desk.run_all_now()
    in_transaction(desk, report_not_fixed)
    desk.run_all_now()
    assert (clocks(desk)["fix"], published_types(desk).count("fix_missed")) == ("missed", 1)
    assert published_types(desk).count("acknowledgement_missed") == 1


def test_a_withdrawn_request_has_void_clocks_and_is_never_missed(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    in_transaction(desk, withdraw)
    assert clocks(desk) == {"acknowledgement": "void", "fix": "void"}
    clock.shift(90 * DAY)
    desk.run_all_now()
    assert (published_types(desk), refund_claim(desk)) == (["accepted", "checked", "closed"], None)


def test_an_impossible_move_names_both_states(desk: Marketplace) -> None:
    assert refused_states(desk, overturn) == ("accepted", "accepted")
    assert refused_states(desk, contest) == ("accepted", "contested")
    in_transaction(desk, withdraw)
    assert refused_states(desk, refuse()) == ("withdrawn_by_customer", "refused")
    assert refused_states(desk, withdraw) == ("withdrawn_by_customer", "withdrawn_by_customer")


# --- more time, another kind


def test_an_operator_gives_more_days_while_the_clock_runs(desk: Marketplace, clock: time_machine.Traveller) -> None:
    in_transaction(desk, extend)
    found = clock_of(desk, FIX)
    assert due(desk, FIX) == datetime(2026, 4, 16, 22, tzinfo=UTC)
    assert found.policy["extended"] == {"days": 3, "reason": "Holiday"}
    clock.move_to(due(desk, FIX))
    assert refused_states(desk, extend) == ("missed", "running")


def test_the_seller_proposes_another_kind_and_only_its_confirmation_ends_the_fix_clock(desk: Marketplace) -> None:
    in_transaction(desk, set_kind(Kind.INSTALLATION, confirms=False))
    assert (request(desk).kind, request(desk).proposed_kind, clocks(desk)["fix"]) == (
        "anomaly",
        "installation",
        "running",
    )
    in_transaction(desk, set_kind(Kind.INSTALLATION, confirms=True))
    assert (request(desk).kind, request(desk).proposed_kind, clocks(desk)["fix"]) == ("installation", None, "void")


def test_an_anomaly_found_late_gives_the_seller_all_his_days_from_then_on(
    desk: Marketplace, clock: time_machine.Traveller
) -> None:
    in_transaction(desk, set_kind(Kind.QUESTION, confirms=True))
    clock.move_to(datetime(2026, 6, 1, 12, tzinfo=UTC))
    in_transaction(desk, set_kind(Kind.ANOMALY, confirms=True))
    assert (clocks(desk)["fix"], due(desk, FIX)) == ("running", datetime(2026, 7, 13, 22, tzinfo=UTC))


def test_changing_the_kind_to_and_fro_revives_no_missed_clock(desk: Marketplace, clock: time_machine.Traveller) -> None:
    clock.move_to(due(desk, FIX))
    desk.run_all_now()
    for kind in (Kind.QUESTION, Kind.ANOMALY):
        in_transaction(desk, set_kind(kind, confirms=True))
    assert clocks(desk)["fix"] == "missed"
    assert due(desk, ACKNOWLEDGEMENT) < due(desk, FIX)
