"""Versions next to the known ones, which a shop newer than the list may run."""

from __future__ import annotations

import pytest

from marketplace_hooks.domain.inspections.neighbouring_versions import neighbouring_versions
from marketplace_hooks.domain.merchant_sites import solve_cookie
from marketplace_hooks.remote.known_versions import shipped_versions

KNOWN = ("1.6.1.24", "1.7.8.11", "8.2.7", "9.1.4", "9.2.0-rc.1")


@pytest.mark.parametrize(
    "version",
    ["1.6.1.25", "1.7.8.14", "8.2.8", "8.2.17", "8.3.0", "9.1.5", "9.3.0-beta.1", "9.5.10", "10.0.0"],
)
def test_what_may_have_come_since_is_next_to_what_is_known(version: str) -> None:
    assert version in neighbouring_versions(KNOWN)


@pytest.mark.parametrize("version", [*KNOWN, "1.7.8.15", "8.2.18", "9.6.0", "11.0.0", "7.0.0"])
def test_what_is_known_or_far_away_is_not(version: str) -> None:
    assert version not in neighbouring_versions(KNOWN)


def test_no_known_version_has_no_neighbours() -> None:
    assert neighbouring_versions(()) == ()


def test_they_are_few_enough_to_be_tried_against_every_cookie() -> None:
    neighbours = neighbouring_versions(shipped_versions())
    assert len(neighbours) < 700
    assert solve_cookie("PrestaShop-" + "0" * 32, "shop.example", neighbours) is None
