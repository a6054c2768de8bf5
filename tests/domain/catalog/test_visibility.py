"""Visibility of a pack's page: `rules.md` 6."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.catalog.statuses import Status
from marketplace_hooks.domain.catalog.visibility import blocking_members, pack_is_visible

ONLINE, TEMPORARY, PERMANENT = Status

members = st.dictionaries(st.text(min_size=1, max_size=3), st.sampled_from(Status), max_size=6)


def test_a_pack_of_members_online_is_seen() -> None:
    assert pack_is_visible(ONLINE, {"a": ONLINE, "b": ONLINE})


@pytest.mark.parametrize("status", [TEMPORARY, PERMANENT])
def test_one_member_that_is_not_online_hides_the_pack(status: Status) -> None:
    assert not pack_is_visible(ONLINE, {"a": ONLINE, "b": status, "c": ONLINE})


def test_two_members_offline_and_one_back_leave_the_pack_hidden() -> None:
    assert not pack_is_visible(ONLINE, {"a": TEMPORARY, "b": TEMPORARY})
    assert not pack_is_visible(ONLINE, {"a": ONLINE, "b": TEMPORARY})
    assert pack_is_visible(ONLINE, {"a": ONLINE, "b": ONLINE})


@pytest.mark.parametrize("status", [TEMPORARY, PERMANENT])
def test_a_pack_that_is_itself_offline_is_hidden_whatever_is_in_it(status: Status) -> None:
    assert not pack_is_visible(status, {"a": ONLINE, "b": ONLINE})


@pytest.mark.parametrize(("count", "seen"), [(0, False), (1, False), (2, True), (3, True)])
def test_a_pack_with_fewer_than_two_members_is_not_sold(count: int, seen: bool) -> None:
    assert pack_is_visible(ONLINE, {f"p{number}": ONLINE for number in range(count)}) is seen


@given(members)
def test_the_blockers_are_exactly_the_members_not_online(found: dict[str, Status]) -> None:
    blocking = blocking_members(found)
    assert all(found[member] is not ONLINE for member in blocking)
    assert all(found[member] is ONLINE for member in found.keys() - blocking)


@given(members, st.data())
def test_a_member_coming_back_never_hides_a_pack_and_shows_it_only_as_the_last(
    found: dict[str, Status], data: st.DataObject
) -> None:
    offline = sorted(blocking_members(found))
    if not offline:
        return
    back = data.draw(st.sampled_from(offline))
    assert not pack_is_visible(ONLINE, found)
    assert pack_is_visible(ONLINE, {**found, back: ONLINE}) is (len(offline) == 1 and len(found) >= 2)
