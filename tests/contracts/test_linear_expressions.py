"""Every regular expression of the package reads hostile text in a time that grows as the text does.

The texts are made of each expression's own parts: what it repeats, again and again, with an end that does not fit. An
expression of tomorrow is found, and tried, by itself.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from ..support.hostile_texts import GROWTH, assert_linear, hostile_texts
from ..support.source_patterns import UsedPattern, used_patterns

SHORT = 2_000


def read_all(used: UsedPattern, text: Any) -> None:
    method = getattr(used.pattern, used.method)
    if used.method == "sub":
        method(type(text)(), text)
    elif used.method == "finditer":
        for _ in method(text):
            pass
    else:
        method(text)


def assert_linear_expression(used: UsedPattern) -> None:
    is_binary = isinstance(used.pattern.pattern, bytes)
    texts = hostile_texts(used.pattern, SHORT), hostile_texts(used.pattern, SHORT * GROWTH)
    for short, long in zip(*texts, strict=True):
        pair = [text.encode("latin-1") for text in (short, long)] if is_binary else [short, long]
        assert_linear(lambda text: read_all(used, text), *pair)


@pytest.mark.parametrize("used", used_patterns(), ids=lambda used: f"{used.place} {used.method}")
def test_an_expression_reads_hostile_text_in_linear_time(used: UsedPattern) -> None:
    assert_linear_expression(used)


@pytest.mark.parametrize("quadratic", [rb'"(?:[^"\\]|\\.)*"', r"(\.x)+$", " +(?=;)"])
def test_an_expression_that_reads_again_what_did_not_fit_is_found(quadratic: Any) -> None:
    with pytest.raises(AssertionError):
        assert_linear_expression(UsedPattern(place="", pattern=re.compile(quadratic, re.DOTALL), method="sub"))
