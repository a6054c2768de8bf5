"""Versions are ordered as PHP orders them, and ranges are read as people read them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace_hooks.domain.versions import Rule, padded_bounds
from marketplace_hooks.rules import compare, compatible
from tests.support.cases import cases

RELEASES = [release["version"] for release in cases("prestashop_releases", "releases")]
releases = st.sampled_from(RELEASES)
bounds = st.sampled_from(
    sorted({bound for row in cases("compliancy") for bound in row[1:3] if bound and bound[0].isdigit()})
)
odd_text = st.text(st.sampled_from("0123456789.-_+# abcdevprlxRCé²\0"), max_size=20)


@pytest.mark.parametrize(("a", "b", "expected"), cases("version_compare_tricky"))
def test_php_order_of_a_tricky_pair(a: str, b: str, expected: int) -> None:
    assert compare(a, b) == expected


def test_the_order_is_php_s_on_every_recorded_pair() -> None:
    wrong = [(a, b, expected) for a, b, expected in cases("version_compare") if compare(a, b) != expected]
    assert wrong == []


@given(odd_text | st.text())
def test_swapping_two_versions_reverses_their_order(a: str) -> None:
    # Against a version without a trailing separator, that is: PHP 8.2 is not symmetrical on two of those.
    for b in ("8.1.7", "1.7.8.11", "9.0.0-rc.1", "8.1.7-p1", "x"):
        assert compare(a, b) == -compare(b, a)


@given(releases)
def test_a_release_is_as_new_as_itself(release: str) -> None:
    assert compare(release, release) == 0


def test_releases_in_their_published_order_grow() -> None:
    assert all(compare(older, newer) == -1 for older, newer in itertools.pairwise(RELEASES))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("9" * 5000, "1", 1),
        ("9" * 5000, "9" * 5001, 0),  # both are held at the largest C long
        ("0" * 5000 + "1", "1", 0),
        ("8.1.7\0.9", "8.1.7", 0),
        ("1.", "1.", -1),  # so does PHP 8.2
        ("é", "1", -1),
        ("\udcff", "", 1),
        ("#" + ".#" * 3000, "#", 0),
    ],
)
def test_strings_that_no_release_bears_are_compared_too(a: str, b: str, expected: int) -> None:
    assert compare(a, b) == expected


def test_module_bounds_are_padded_and_judged_as_php_does() -> None:
    wrong = []
    for version, minimum, maximum, rule, lowest, highest, expected in cases("compliancy"):
        running = maximum in (None, "_PS_VERSION_")
        padded = padded_bounds(minimum or "1.4.0.0", version if running else maximum, rule)
        if compatible(version, minimum, maximum, rule) != expected or padded != (lowest, highest):
            wrong.append((version, minimum, maximum, rule))
    assert wrong == []


@pytest.mark.parametrize(
    ("version", "minimum", "maximum", "covered"),
    [
        ("8.1.7", None, "8.1", True),
        ("8.2.0", None, "8.1", False),
        ("1.7.8.11", "1.7", "1.7", True),
        ("1.6.1.24", "1.7", "1.7", False),
        ("8.0.0", "1.7", "1.7", False),
        ("8.2.7", "8", "8", True),
        ("9.0.0", "8", "8", False),
        ("8.1.7", "8.1.7", "8.1.7", True),
        ("8.1.6", "8.1.7", None, False),
        ("8.1.8", None, "8.1.7", False),
        ("9.1.4", "8.0.0", "8.99.99", False),
        ("8.2.7", "8.0.0", "8.99.99", True),
        ("8.2.7", "8.0.0", None, True),
        ("8.2.7", "8.0.0", "_PS_VERSION_", True),
        ("1.4.0.0", None, None, True),
        ("1.3.7.0", None, None, False),
        ("8.1", "8.1.0", "8.1.7", True),
        ("9.0.2-2.1", "9.0.0", "9.0.2", True),
        ("8.1.7", "v8.1", " 8.x ", True),
        ("9.0.0", "8.*", "8.*", False),
        ("8.1.7", "any", "latest", True),
        ("8.1.0-beta.1", "8.1", "8.1", True),
        ("8.1.0-beta.1", "8.1.0", "8.1.0", False),
    ],
)
def test_an_announced_range_covers_what_a_person_reads_in_it(
    version: str, minimum: str | None, maximum: str | None, covered: bool
) -> None:
    assert compatible(version, minimum, maximum) is covered
    assert compatible(version, minimum, maximum, rule="listing") is covered


@pytest.mark.parametrize("rule", [Rule.NONE, Rule.LEGACY, Rule.SINCE8])
@given(version=releases, minimum=bounds, maximum=bounds)
def test_a_person_never_reads_less_into_a_range_than_the_bare_bounds_say(
    rule: Rule, version: str, minimum: str, maximum: str
) -> None:
    if compatible(version, minimum, maximum, Rule.NONE):
        assert compatible(version, minimum, maximum)
    if compatible(version, minimum, minimum + ".999.999", rule):
        assert compatible(version, minimum, None)


def test_read_as_a_listing_the_bounds_of_real_modules_cover_all_that_prestashop_itself_accepts() -> None:
    narrower = [
        (module["technical_name"], module["min"], module["max"], version)
        for module in cases("module_compliancy", "modules")
        for version in RELEASES
        if compatible(
            version,
            module["min"],
            module["max"],
            Rule.NONE if module["set_after_parent_constructor"] else Rule.LEGACY,
        )
        and not compatible(version, module["min"], module["max"])
    ]
    assert narrower == []


def test_the_bound_that_php_misreads_depends_on_where_the_module_sets_it() -> None:
    assert not compatible("1.7.8.11", "1.6", "1.7", "none")
    assert compatible("1.7.8.11", "1.6", "1.7", "legacy")
    assert compatible("1.7.8.11", "1.6", "1.7", "since8")
    assert not compatible("8.1.7", "8", "8", "since8")
    assert not compatible("8.1.7", "1.7", "8.1", "since8")
    assert compatible("8.1.7", "1.7", "8.1", "legacy")


def test_an_unknown_rule_is_a_programming_mistake() -> None:
    with pytest.raises(ValueError, match="since9"):
        compatible("8.1.7", None, None, rule="since9")
