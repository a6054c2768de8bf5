"""Status changes: `rules.md` 1 to 4 as claims, and every combination of facts held to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.catalog.statuses import (
    Effect,
    Side,
    Status,
    StatusRequest,
    SubjectState,
    is_superseded,
    judge,
    status_of,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

sides = st.sampled_from(Side)
statuses = st.sampled_from(Status)
holders = st.frozensets(sides)
instants = st.integers(-(10**6), 10**6).map(lambda second: NOW + timedelta(seconds=second))


def current(
    *held_by: Side, withdrawn: bool = False, version: int = 0, changed_here_at: datetime | None = None
) -> SubjectState:
    return SubjectState(withdrawn=withdrawn, held_by=held_by, version=version, changed_here_at=changed_here_at)


def asks(
    side: Side,
    status: Status,
    *,
    version: int | None = None,
    sent_at: datetime | None = None,
    effective_at: datetime | None = None,
) -> StatusRequest:
    return StatusRequest(side=side, status=status, version=version, sent_at=sent_at, effective_at=effective_at)


def after(effect: Effect, held_by: Iterable[Side], withdrawn: bool, side: Side) -> tuple[frozenset[Side], bool]:
    """The holds and the withdrawal once `effect` has been carried out, told in the plainest way."""
    held = set(held_by)
    if effect is Effect.HOLD:
        held.add(side)
    if effect is Effect.LIFT:
        held.discard(side)
    return frozenset(held), withdrawn or effect is Effect.WITHDRAW


# --- the derived status


def test_nothing_held_and_nothing_withdrawn_is_online() -> None:
    assert status_of(withdrawn=False, held_by=[]) is Status.ONLINE


@pytest.mark.parametrize("side", Side)
def test_one_hold_of_any_side_is_offline_for_now(side: Side) -> None:
    assert status_of(withdrawn=False, held_by=[side]) is Status.OFFLINE_TEMPORARY


@given(held_by=holders)
def test_a_withdrawal_outweighs_every_hold(held_by: frozenset[Side]) -> None:
    assert status_of(withdrawn=True, held_by=held_by) is Status.OFFLINE_PERMANENT


# --- moves of one side


@pytest.mark.parametrize(
    ("held_by", "status", "effect"),
    [
        ([], Status.ONLINE, Effect.NO_EFFECT),
        ([], Status.OFFLINE_TEMPORARY, Effect.HOLD),
        ([], Status.OFFLINE_PERMANENT, Effect.WITHDRAW),
        ([Side.SELLER], Status.ONLINE, Effect.LIFT),
        ([Side.SELLER], Status.OFFLINE_TEMPORARY, Effect.NO_EFFECT),
        ([Side.SELLER], Status.OFFLINE_PERMANENT, Effect.WITHDRAW),
        ([Side.MARKETPLACE], Status.ONLINE, Effect.REFUSED_HELD_BY_OTHERS),
        ([Side.MARKETPLACE], Status.OFFLINE_TEMPORARY, Effect.HOLD),
        ([Side.ACCOUNT], Status.ONLINE, Effect.REFUSED_HELD_BY_OTHERS),
        ([Side.SELLER, Side.MARKETPLACE], Status.ONLINE, Effect.LIFT),
        ([Side.SELLER, Side.ACCOUNT], Status.OFFLINE_TEMPORARY, Effect.NO_EFFECT),
    ],
)
def test_what_a_seller_may_do_depends_on_his_own_hold(held_by: list[Side], status: Status, effect: Effect) -> None:
    assert judge(current(*held_by), asks(Side.SELLER, status), NOW) is effect


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("status", [Status.ONLINE, Status.OFFLINE_TEMPORARY])
def test_what_was_withdrawn_comes_back_for_nobody_who_only_asks(side: Side, status: Status) -> None:
    assert judge(current(side, withdrawn=True), asks(side, status), NOW) is Effect.REFUSED_WITHDRAWN


@pytest.mark.parametrize("side", Side)
def test_withdrawing_what_is_withdrawn_changes_nothing(side: Side) -> None:
    assert judge(current(withdrawn=True), asks(side, Status.OFFLINE_PERMANENT), NOW) is Effect.NO_EFFECT


def test_nothing_can_be_scheduled_for_what_is_withdrawn() -> None:
    later = asks(Side.SELLER, Status.ONLINE, effective_at=NOW + timedelta(days=1))
    assert judge(current(withdrawn=True), later, NOW) is Effect.REFUSED_WITHDRAWN


@given(held_by=holders, withdrawn=st.booleans(), side=sides, status=statuses)
def test_no_side_ever_touches_the_hold_of_another(
    held_by: frozenset[Side], withdrawn: bool, side: Side, status: Status
) -> None:
    effect = judge(current(*held_by, withdrawn=withdrawn), asks(side, status), NOW)
    held_after, _ = after(effect, held_by, withdrawn, side)
    assert held_after - {side} == held_by - {side}


@given(held_by=holders, withdrawn=st.booleans(), side=sides, status=statuses)
def test_asking_twice_is_asking_once(held_by: frozenset[Side], withdrawn: bool, side: Side, status: Status) -> None:
    first = judge(current(*held_by, withdrawn=withdrawn), asks(side, status), NOW)
    held_after, withdrawn_after = after(first, held_by, withdrawn, side)
    second = judge(current(*held_after, withdrawn=withdrawn_after), asks(side, status), NOW)
    assert after(second, held_after, withdrawn_after, side) == (held_after, withdrawn_after)


@given(held_by=holders, side=sides, status=statuses)
def test_what_takes_effect_leaves_the_side_where_it_asked_to_be(
    held_by: frozenset[Side], side: Side, status: Status
) -> None:
    effect = judge(current(*held_by), asks(side, status), NOW)
    held_after, withdrawn_after = after(effect, held_by, False, side)
    assert (side in held_after) == (status is Status.OFFLINE_TEMPORARY or (side in held_by and withdrawn_after))
    assert withdrawn_after == (status is Status.OFFLINE_PERMANENT)


# --- when


@pytest.mark.parametrize(
    ("effective_at", "effect"),
    [
        (None, Effect.HOLD),
        (NOW - timedelta(days=400), Effect.HOLD),
        (NOW - MICROSECOND, Effect.HOLD),
        (NOW, Effect.HOLD),
        (NOW + MICROSECOND, Effect.SCHEDULE),
        (NOW + timedelta(days=400), Effect.SCHEDULE),
    ],
)
def test_only_an_instant_still_to_come_is_scheduled(effective_at: datetime | None, effect: Effect) -> None:
    asked = asks(Side.SELLER, Status.OFFLINE_TEMPORARY, effective_at=effective_at)
    assert judge(current(), asked, NOW) is effect


@pytest.mark.parametrize("status", Status)
@given(held_by=holders)
def test_a_later_change_is_scheduled_whoever_holds_now(status: Status, held_by: frozenset[Side]) -> None:
    asked = asks(Side.SELLER, status, effective_at=NOW + timedelta(hours=1))
    assert judge(current(*held_by), asked, NOW) is Effect.SCHEDULE


@pytest.mark.parametrize(
    ("status", "effective_at", "effect"),
    [
        (Status.OFFLINE_TEMPORARY, NOW + timedelta(hours=1), Effect.NO_EFFECT),
        (Status.OFFLINE_PERMANENT, NOW + timedelta(hours=1), Effect.SCHEDULE),
        (Status.OFFLINE_TEMPORARY, NOW + timedelta(hours=1) + MICROSECOND, Effect.SCHEDULE),
        (Status.OFFLINE_TEMPORARY, None, Effect.HOLD),
    ],
)
def test_scheduling_what_is_scheduled_already_changes_nothing(
    status: Status, effective_at: datetime | None, effect: Effect
) -> None:
    slot = (Status.OFFLINE_TEMPORARY, NOW + timedelta(hours=1))
    facts = SubjectState(withdrawn=False, held_by=[], scheduled=slot)
    assert judge(facts, asks(Side.SELLER, status, effective_at=effective_at), NOW) is effect


# --- which of two events counts


@pytest.mark.parametrize(("version", "late"), [(6, True), (7, True), (8, False)])
def test_a_version_counts_once_and_only_when_it_is_the_newest(version: int, late: bool) -> None:
    assert is_superseded(current(version=7), version=version, sent_at=NOW) is late


@pytest.mark.parametrize(("sent_at", "late"), [(NOW - MICROSECOND, True), (NOW, False), (NOW + MICROSECOND, False)])
def test_an_event_older_than_a_change_made_here_is_late_whatever_its_version(sent_at: datetime, late: bool) -> None:
    assert is_superseded(current(version=1, changed_here_at=NOW), version=99, sent_at=sent_at) is late


@given(version=st.integers(0, 2**53), changed_here_at=st.none() | instants)
def test_what_is_asked_here_is_never_late(version: int, changed_here_at: datetime | None) -> None:
    facts = current(version=version, changed_here_at=changed_here_at)
    assert not is_superseded(facts, version=None, sent_at=None)


@given(held_by=holders, withdrawn=st.booleans(), side=sides, status=statuses, version=st.integers(1, 9))
def test_a_late_event_does_nothing_not_even_refuse(
    held_by: frozenset[Side], withdrawn: bool, side: Side, status: Status, version: int
) -> None:
    asked = asks(side, status, version=version, sent_at=NOW, effective_at=NOW + timedelta(days=1))
    assert judge(current(*held_by, withdrawn=withdrawn, version=9), asked, NOW) is Effect.SUPERSEDED
