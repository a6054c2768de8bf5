"""Texts and searches are divided into the same words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.search.words import (
    LONGEST_WORD,
    MOST_SEARCHED,
    MOST_WORDS,
    indexed_words,
    searched_words,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L’étiquette « simple », (webp).", ["l", "etiquette", "simple", "webp"]),
        ("wool_shop", ["wool_shop", "wool", "shop"]),
        ("100% wool", ["100%", "100", "wool"]),
        ("C++ & =", ["c++", "c", "&"]),
    ],
)
def test_a_text_has_its_words_whole_and_in_pieces(text: str, words: list[str]) -> None:
    assert indexed_words([text]) == words


@given(st.text(max_size=80))
def test_every_word_of_a_text_is_searched_for_as_it_is_indexed(text: str) -> None:
    words = searched_words(text)
    assert set(words) <= set(indexed_words([text]))
    assert not any(set(word) & set("\"'` \x00\n") for word in words)


def test_words_are_bounded() -> None:
    assert len(searched_words(" ".join(f"w{number}" for number in range(99)))) == MOST_SEARCHED
    assert max(map(len, searched_words("x" * 150))) == LONGEST_WORD
    assert len(indexed_words(f"w{number}" for number in range(2 * MOST_WORDS))) == MOST_WORDS


def test_no_word_of_a_text_is_taken_for_a_property() -> None:
    assert [word for word in indexed_words(["=is:product =kind:theme =="]) if word.startswith("=")] == []
