"""Blank text: what shows a reader nothing, however many characters it has."""

from __future__ import annotations

import pytest

from marketplace_hooks.domain.visible_text import is_blank


@pytest.mark.parametrize("text", ["", " ", "\t\n", "\u00a0\u2003", "\u200b\u200d\ufeff", "\u2800", "\u3164", "\u0301"])
def test_what_nobody_can_see_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", " . ", "é", "e\u0301", "\u200fשלום", "商品"])
def test_whatever_shows_something_is_not_blank(text: str) -> None:
    assert not is_blank(text)
