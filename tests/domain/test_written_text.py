"""Texts that say something, and evidence that shows something (`rules.md` 19)."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace_hooks.domain.written_text import says_something, shows_something


@pytest.mark.parametrize("text", ["no", "7", "Déjà vu", "не анонсировано", "対象外", "«x»", "\u200bvu\u200b"])
def test_a_letter_or_a_digit_of_any_script_says_something(text: str) -> None:
    assert says_something(text)


BLANK_CHARACTERS = ["\u00a0", "\u2003", "\u200b", "\u200e", "\u2060", "\ufeff", "\u00ad", "\u2800", "\u3000", "\u3164"]


@pytest.mark.parametrize("text", ["", " ", "\n\t ", *BLANK_CHARACTERS, "\u115f\u1160\uffa0", "\u034f", "…", "- . !"])
def test_blank_and_invisible_characters_and_punctuation_say_nothing(text: str) -> None:
    assert not says_something(text)
    assert not shows_something({"note": text})


@pytest.mark.parametrize(
    "evidence",
    [{}, {"": None}, {"note": None}, {"files": []}, {"files": ["", " "]}, {"a": {"b": [{"c": "\u200b"}]}}, {"x": True}],
)
def test_evidence_without_content_shows_nothing_however_it_is_wrapped(evidence: Any) -> None:
    assert not shows_something(evidence)


@pytest.mark.parametrize(
    "evidence", [{"note": "vu"}, {"files": ["a.php"]}, {"a": {"b": [{"c": "line 3"}]}}, {"changed": 3}]
)
def test_evidence_with_a_text_or_a_number_shows_something(evidence: Any) -> None:
    assert shows_something(evidence)
