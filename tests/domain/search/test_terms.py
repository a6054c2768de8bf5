"""Terms of prices keep out what is not meant, and nothing that is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.search.terms import line_terms, price_terms
from marketplace_hooks.domain.search.version_spans import HIGHEST_VERSION, VersionSpan

prices = st.integers(0, 2_000_000_000)


@given(price=prices, lowest=prices, highest=st.none() | prices)
def test_a_price_has_a_term_of_every_range_that_it_is_in(price: int, lowest: int, highest: int | None) -> None:
    terms = price_terms(lowest, highest)
    [own] = price_terms(price, price)
    if lowest <= price and (highest is None or price <= highest):
        assert not terms or own in terms


@given(first=st.integers(0, HIGHEST_VERSION), others=st.lists(st.integers(0, HIGHEST_VERSION), min_size=3, max_size=3))
def test_two_spans_that_touch_share_a_line_and_every_span_has_one(first: int, others: list[int]) -> None:
    one, other = (VersionSpan(*sorted(pair)) for pair in ((first, others[0]), others[1:]))
    assert line_terms(one)
    if one.touches(other):
        assert {*line_terms(one)} & {*line_terms(other)}


def test_a_range_that_holds_hardly_anything_has_terms() -> None:
    assert len(price_terms(999_999_999, None)) < 5
    assert len(price_terms(10_000, 5_000)) == 1
    assert price_terms(0, None) == []
