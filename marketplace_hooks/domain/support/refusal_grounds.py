"""Refusal grounds: the reasons for which the contract lets a seller refuse a support request, and no other.

The rules that hold for each of them (`domain.md` 19, 20). How to add one: `docs/add-a-ground.md`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from .state_machine import Kind


class Ground(enum.StrEnum):
    """The six grounds on which a seller may refuse."""

    NOT_AN_ADVERTISED_FEATURE = "not_an_advertised_feature"
    OTHER_MERCHANT_SITE = "other_merchant_site"
    SITE_WORK_OR_THIRD_PARTY = "site_work_or_third_party"
    PLATFORM_VERSION_INCOMPATIBLE = "platform_version_incompatible"
    CONFLICTING_DEVELOPMENT = "conflicting_development"
    SOURCE_MODIFIED = "source_modified"


JUDGED_BY_A_PERSON = frozenset(
    {
        Ground.NOT_AN_ADVERTISED_FEATURE,
        Ground.SITE_WORK_OR_THIRD_PARTY,
    }
)
"""No check can find evidence for these: the seller says what shows it."""

EXCLUDED_KINDS: Mapping[Ground, frozenset[Kind]] = {
    Ground.SITE_WORK_OR_THIRD_PARTY: frozenset({Kind.INSTALLATION, Kind.CONFIGURATION}),
}
"""Kinds of request that a ground never applies to: installing and configuring the product is part of Business Care."""


def is_excluded(ground: Ground, kind: Kind) -> bool:
    """Whether a request of this kind can never be refused on this ground."""
    return kind in EXCLUDED_KINDS.get(ground, frozenset())
