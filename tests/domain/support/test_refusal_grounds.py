"""Refusal grounds: what the checks of a request say about each (`rules.md` 19)."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace_hooks.domain.support.refusal_grounds import Ground, GroundFinding, ground_finding


def check(name: str, result: str, ground: Ground | None = None) -> dict[str, Any]:
    return {"name": name, "result": result, "ground": ground, "evidence": {}}


@pytest.mark.parametrize(
    ("name", "ground"),
    [
        ("merchant_site", Ground.OTHER_MERCHANT_SITE),
        ("platform_version", Ground.PLATFORM_VERSION_INCOMPATIBLE),
        ("conflicting_development", Ground.CONFLICTING_DEVELOPMENT),
    ],
)
def test_a_check_supports_its_ground_or_finds_the_opposite_or_does_not_know(name: str, ground: Ground) -> None:
    assert ground_finding(ground, [check(name, "fail", ground)]) is GroundFinding.SUPPORTED
    assert ground_finding(ground, [check(name, "pass")]) is GroundFinding.OPPOSITE
    assert ground_finding(ground, [check(name, "unknown")]) is GroundFinding.UNKNOWN
    assert ground_finding(ground, []) is GroundFinding.UNKNOWN


def test_sources_are_found_unchanged_only_where_the_products_and_the_platforms_are() -> None:
    ground = Ground.SOURCE_MODIFIED
    unchanged = check("sources", "pass")
    assert ground_finding(ground, [unchanged, check("platform_sources", "unknown")]) is GroundFinding.UNKNOWN
    assert ground_finding(ground, [unchanged, check("platform_sources", "pass")]) is GroundFinding.OPPOSITE
    assert ground_finding(ground, [unchanged, check("platform_sources", "fail", ground)]) is GroundFinding.SUPPORTED


def test_the_customers_own_word_is_not_the_opposite_of_what_a_seller_says() -> None:
    ground = Ground.PLATFORM_VERSION_INCOMPATIBLE
    declared = {**check("platform_version", "pass"), "evidence": {"version": "8.1.7", "strength": "declared"}}
    assert ground_finding(ground, [declared]) is GroundFinding.UNKNOWN
    observed = {**declared, "evidence": {"version": "8.1.7", "strength": "observed"}}
    assert ground_finding(ground, [observed]) is GroundFinding.OPPOSITE


@pytest.mark.parametrize("ground", [Ground.NOT_AN_ADVERTISED_FEATURE, Ground.SITE_WORK_OR_THIRD_PARTY])
def test_no_check_speaks_about_what_only_a_person_can_judge(ground: Ground) -> None:
    passed = [check(name, "pass") for name in ("merchant_site", "platform_version", "sources")]
    assert ground_finding(ground, passed) is GroundFinding.FOR_A_PERSON
