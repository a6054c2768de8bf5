"""A request moves as the tables say and no other way; an impossible move names both states."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.support.state_machine import (
    MOVES,
    OPEN,
    REFUND_MOVES,
    Handling,
    Impossible,
    Move,
    RefundState,
    after,
)

POSSIBLE = {
    "submitted": {
        "accept": "accepted",
        "ask_information": "needs_information",
        "find_not_entitled": "not_entitled",
    },
    "needs_information": {"accept": "accepted", "send_as_is": "accepted", "abandon": "abandoned"},
    "accepted": {"acknowledge": "acknowledged", "refuse": "refused", "resolve": "resolved"},
    "acknowledged": {"refuse": "refused", "resolve": "resolved"},
    "refused": {"contest": "contested", "close": "closed"},
    "contested": {"overturn": "accepted", "uphold": "closed"},
    "resolved": {"reopen": "acknowledged", "close": "closed"},
}
"""By hand from `deadlines.md`; every open request may also be withdrawn."""

PAIRS = [(state, move) for state in Handling for move in Move]


@pytest.mark.parametrize(("state", "move"), PAIRS, ids=lambda word: word.value)
def test_the_whole_table_is_that_of_the_contract(state: Handling, move: Move) -> None:
    expected = POSSIBLE.get(state.value, {}).get(move.value)
    if move is Move.WITHDRAW and state.value in POSSIBLE:
        expected = "withdrawn_by_customer"
    found = after(state, move)
    if expected is not None:
        assert found == expected
    else:
        assert isinstance(found, Impossible)
        assert found.state is state
        assert (found.asked in {to for (_, known), to in MOVES.items() if known is move}) is True


def test_what_has_ended_is_left_by_no_move() -> None:
    assert {state for state, _ in MOVES} == OPEN == {Handling(state) for state in POSSIBLE}


@given(st.lists(st.sampled_from(Move), max_size=30))
def test_no_walk_leaves_an_end_or_returns_to_the_submission(moves: list[Move]) -> None:
    state = Handling.SUBMITTED
    for move in moves:
        found = after(state, move)
        if isinstance(found, Handling):
            assert state in OPEN
            assert found is not Handling.SUBMITTED
            state = found


def test_a_refund_moves_as_the_contract_says_and_is_asked_for_once() -> None:
    moves = {(state.value, to.value) for state, reached in REFUND_MOVES.items() for to in reached}
    assert moves == {
        ("none", "due"),
        ("due", "requested"),
        ("due", "deferred"),
        ("due", "manual"),
        ("due", "refunded"),
        ("due", "lapsed"),
        ("requested", "refunded"),
        ("requested", "manual"),
        ("requested", "deferred"),
        ("deferred", "due"),
        ("deferred", "lapsed"),
        ("deferred", "refunded"),
        ("lapsed", "deferred"),
        ("lapsed", "due"),
        ("waived", "due"),
        ("manual", "refunded"),
    }
    assert set(REFUND_MOVES) == set(RefundState)
