"""Small typing mistakes are counted as people make them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.search.spelling import mistakes_between, one_mistake_away

short_words = st.text("abc1", max_size=6)


@pytest.mark.parametrize("typed", ["etiqettes", "etiqeuttes", "etiquettess", "etiquebtes"])
def test_a_letter_left_out_swapped_added_or_changed_is_one_mistake(typed: str) -> None:
    assert mistakes_between(typed, "etiquettes", most=2) == 1
    assert "etiquettes" in one_mistake_away(typed)


@given(one=short_words, other=short_words)
def test_the_words_one_mistake_away_are_those_that_are_counted_so(one: str, other: str) -> None:
    assert (other in one_mistake_away(one)) == (mistakes_between(one, other, most=2) == 1)
    assert mistakes_between(one, other, most=2) == mistakes_between(other, one, most=2)
