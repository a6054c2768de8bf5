"""Texts are found as people type them, whatever their case, accents and ligatures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.database.text_search import folded, words_of


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("Étiquettes", "etiquettes"),
        ("Straße", "STRASSE"),
        ("ﬁches", "fiches"),
        ("Αθήνα", "αθηνα"),
        ("a\u00a0 b", "A B"),
    ],
)
def test_case_accents_and_ligatures_do_not_matter(text: str, typed: str) -> None:
    assert folded(text) == folded(typed)


@given(texts=st.lists(st.text(max_size=20), max_size=5), word=st.text(max_size=20))
def test_what_is_in_a_text_is_found_and_nothing_spans_two_texts(texts: list[str], word: str) -> None:
    searched = words_of(texts)
    assert all(folded(text) in searched for text in texts)
    if folded(word) and folded(word) in searched:
        assert any(folded(word) in folded(text) for text in texts)


@given(text=st.text(max_size=50))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
