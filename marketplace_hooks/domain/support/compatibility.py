"""Compatibility policy: whose day the announced versions are of that decide, and how their bounds are read."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from ..versions import Rule, compatible


class CompatibilityDate(enum.StrEnum):
    """Whose day the announced versions are of that decide: the purchase's or the request's (`rules.md`, policies)."""

    PURCHASE = "purchase"
    REQUEST = "request"


@dataclass(frozen=True, kw_only=True)
class CompatibilityPolicy:
    """What the marketplace has decided. `version_rule` is how the bounds of a listing are read."""

    judged_at: CompatibilityDate = CompatibilityDate.PURCHASE
    version_rule: Rule = Rule.LISTING


AS_AGREED = CompatibilityPolicy()
"""The policy where the marketplace has set none."""


@dataclass(frozen=True, kw_only=True)
class AnnouncedRange:
    """The compatible range that a listing announced; both bounds inclusive, None: no bound."""

    compatible_from: str | None
    compatible_to: str | None

    def covers(self, version: str, policy: CompatibilityPolicy) -> bool:
        """Whether the version is in the range."""
        return compatible(version, self.compatible_from, self.compatible_to, policy.version_rule)

    def as_json(self) -> dict[str, str | None]:
        """The range as it stands in the evidence of a check."""
        return {"from": self.compatible_from, "to": self.compatible_to}
