"""A span says of a version what the listing's own rule says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.search.terms import line_terms
from marketplace_hooks.domain.search.version_spans import announced_span, searched_span
from marketplace_hooks.domain.versions import compatible

numbers = st.sampled_from([0, 1, 4, 6, 7, 8, 9, 10, 99])
whole = st.lists(numbers, min_size=4, max_size=4).map(lambda parts: ".".join(map(str, parts)))
bounds = st.none() | st.lists(numbers, min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(version=whole, minimum=bounds, maximum=bounds)
def test_a_version_is_in_the_span_of_a_listing_that_is_compatible_with_it(
    version: str, minimum: str | None, maximum: str | None
) -> None:
    searched = searched_span(version)
    announced = announced_span(minimum, maximum)
    assert searched is not None
    assert searched.touches(announced) == compatible(version, minimum, maximum)
    if searched.touches(announced) and searched.first >= announced_span("1.4", None).first:
        assert set(line_terms(searched)) <= set(line_terms(announced))


@pytest.mark.parametrize("text", ["", "x", "8.", "1.2.3.4.5", "1234", "٨", "8;9", "9" * 50])
def test_what_is_no_version_has_no_span(text: str) -> None:
    assert searched_span(text) is None


@pytest.mark.parametrize(("searched", "found"), [("1.7", True), ("8", True), ("8.3", False), ("1.6", False)])
def test_a_line_is_found_where_some_of_its_versions_are_announced(searched: str, found: bool) -> None:
    span = searched_span(searched)
    assert span is not None
    assert span.touches(announced_span("1.7.6.0", "8.2.99")) is found
