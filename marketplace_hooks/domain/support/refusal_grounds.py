"""Refusal grounds: the reasons for which the contract lets a seller refuse a support request, and no other.

The rules that hold for each of them (`rules.md` 19, 20). How to add one: `docs/add-a-ground.md`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from ..inspections.evidence import Strength
from .state_machine import Kind


class Ground(enum.StrEnum):
    """The six grounds on which a seller may refuse."""

    NOT_AN_ADVERTISED_FEATURE = "not_an_advertised_feature"
    OTHER_MERCHANT_SITE = "other_merchant_site"
    SITE_WORK_OR_THIRD_PARTY = "site_work_or_third_party"
    PLATFORM_VERSION_INCOMPATIBLE = "platform_version_incompatible"
    CONFLICTING_DEVELOPMENT = "conflicting_development"
    SOURCE_MODIFIED = "source_modified"


EXCLUDED_KINDS: Mapping[Ground, frozenset[Kind]] = {
    Ground.SITE_WORK_OR_THIRD_PARTY: frozenset({Kind.INSTALLATION, Kind.CONFIGURATION}),
}
"""Kinds of request that a ground never applies to: installing and configuring the product is part of Business Care."""


CHECKS_OF: Mapping[Ground, tuple[str, ...]] = {
    Ground.OTHER_MERCHANT_SITE: ("merchant_site",),
    Ground.PLATFORM_VERSION_INCOMPATIBLE: ("platform_version",),
    Ground.CONFLICTING_DEVELOPMENT: ("conflicting_development",),
    Ground.SOURCE_MODIFIED: ("sources", "platform_sources"),
}
"""The checks that find evidence for a ground, or the opposite of it. Of any other ground a person judges alone."""


class GroundFinding(enum.StrEnum):
    """What the checks of a request say about one ground (`rules.md` 19)."""

    SUPPORTED = "supported"
    OPPOSITE = "opposite"
    UNKNOWN = "unknown"
    FOR_A_PERSON = "for_a_person"


def ground_finding(ground: Ground, checks: Sequence[Mapping[str, Any]]) -> GroundFinding:
    """What the checks stored with a request say about a ground.

    The opposite where all of its checks passed, by what was seen of the site: the customer's own word is none.
    """
    if any(one.get("ground") == ground for one in checks):
        return GroundFinding.SUPPORTED
    names = CHECKS_OF.get(ground)
    if names is None:
        return GroundFinding.FOR_A_PERSON
    passed = {one["name"] for one in checks if one["result"] == "pass" and not _is_declared(one)}
    return GroundFinding.OPPOSITE if passed.issuperset(names) else GroundFinding.UNKNOWN


def _is_declared(check: Mapping[str, Any]) -> bool:
    return (check.get("evidence") or {}).get("strength") == Strength.DECLARED


def is_excluded(ground: Ground, kind: Kind) -> bool:
    """Whether a request of this kind can never be refused on this ground."""
    return kind in EXCLUDED_KINDS.get(ground, frozenset())
