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


@pytest.mark.parametrize("ground", [Ground.NOT_AN_ADVERTISED_FEATURE, Ground.SITE_WORK_OR_THIRD_PARTY])
def test_no_check_speaks_about_what_only_a_person_can_judge(ground: Ground) -> None:
    passed = [check(name, "pass") for name in ("merchant_site", "platform_version", "sources")]
    assert ground_finding(ground, passed) is GroundFinding.FOR_A_PERSON
