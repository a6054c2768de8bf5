"""Eligibility: whether a support request is accepted, and which grounds to refuse the seller might have.

Each check is one decorated function over frozen facts; all run, all are shown (`rules.md` 16-22). A check that could
not find out is `unknown`, and unknown never refuses anybody.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..business_care.entitlement import Code, Entitlement, EntitlementOutcome
from ..inspections.conflicts import ConflictVerdict, IncompatibleModule, Override, module_conflicts, override_conflicts
from ..inspections.evidence import SiteFacts, Strength
from ..inspections.file_integrity import Comparison, judge_core_files
from ..inspections.multistore import OtherShop
from .check_sources import found_in, is_hint, source_of
from .compatibility import AS_AGREED, AnnouncedRange, CompatibilityDate, CompatibilityPolicy
from .refusal_grounds import Ground

MOST_PATHS = 50
"""Paths shown of each kind; the counts are whole."""


class CheckResult(enum.StrEnum):
    """What a check found."""

    PASS = "pass"  # noqa: S105 - a result, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


class EligibilityOutcome(enum.StrEnum):
    """What becomes of a request at submission (`rules.md` 20)."""

    ACCEPTED = "accepted"
    REFUSABLE = "refusable"
    NEEDS_INFORMATION = "needs_information"
    NOT_ENTITLED = "not_entitled"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """The facts about one request when it is submitted.

    `at_purchase` is what the listing announced on the purchase date, `today` what it announces now: the policy says
    which decides, and the other stands beside it. `comparison` is the manifest's, None when no files were reported, or
    none of the installed version are known.
    """

    entitlement: Entitlement
    module: str
    site_facts: SiteFacts
    at_purchase: AnnouncedRange | None
    today: AnnouncedRange | None = None
    policy: CompatibilityPolicy = AS_AGREED
    incompatible_modules: Sequence[IncompatibleModule] = ()
    conflicting_overrides: Sequence[str] = ()
    installed_version: str | None = None
    comparison: Comparison | None = None
    other_shop: OtherShop | None = None


@dataclass(frozen=True, kw_only=True)
class Check:
    """What one check found: `evidence` are facts that a person can follow; `ground` is what a failure proposes."""

    name: str
    result: CheckResult
    evidence: Mapping[str, Any] = field(default_factory=dict)
    ground: Ground | None = None


@dataclass(frozen=True, kw_only=True)
class Eligibility:
    """Every check, the outcome, the grounds proposed to the seller, and what is missing (`needs_information`)."""

    outcome: EligibilityOutcome
    checks: tuple[Check, ...]
    grounds: tuple[Ground, ...]
    missing: tuple[str, ...]


SITE_CHECKS = frozenset(
    {"platform_version", "product_installed", "conflicting_development", "sources", "platform_sources"}
)
"""What only an inspection of the site finds out; the other checks are judged by our own rows, once."""

CHECKS: dict[str, Callable[[Submission], Check]] = {}


def check(name: str) -> Callable[[Callable[[Submission], Check]], Callable[[Submission], Check]]:
    """Register a check. Checks are shown in the order of their registration."""

    def register(function: Callable[[Submission], Check]) -> Callable[[Submission], Check]:
        CHECKS[name] = function
        return function

    return register


def judge(submission: Submission) -> Eligibility:
    """Run every check, and conclude (`rules.md` 20)."""
    checks = tuple(function(submission) for function in CHECKS.values())
    grounds = tuple(dict.fromkeys(one.ground for one in checks if one.ground is not None))
    missing = _missing(submission)
    return Eligibility(outcome=_outcome(submission, grounds, missing), checks=checks, grounds=grounds, missing=missing)


def _outcome(submission: Submission, grounds: Sequence[Ground], missing: Sequence[str]) -> EligibilityOutcome:
    if submission.entitlement.outcome is EntitlementOutcome.NOT_ENTITLED:
        return EligibilityOutcome.NOT_ENTITLED
    if submission.entitlement.outcome is EntitlementOutcome.NEEDS_INFORMATION:
        return EligibilityOutcome.NEEDS_INFORMATION
    if grounds:
        return EligibilityOutcome.REFUSABLE
    return EligibilityOutcome.NEEDS_INFORMATION if missing else EligibilityOutcome.ACCEPTED


def _missing(submission: Submission) -> tuple[str, ...]:
    """What the customer could still say: about the purchase, or what the site did not show."""
    needs = {
        Code.SHOP_NOT_BOUND: "shop_binding",
        Code.SHOP_SCOPE_REQUIRED: "shop_url",
        Code.SHOP_URL_INVALID: "shop_url",
        Code.PAYMENT_PENDING: "payment",
    }.get(submission.entitlement.code)
    missing = [needs] if needs else []
    other_site = submission.entitlement.code is Code.SHOP_SCOPE_MISMATCH
    if submission.site_facts.platform_version is None and not other_site:
        missing.append("platform_version")
    return tuple(missing)


@check("entitlement")
def business_care_is_active(submission: Submission) -> Check:
    """Business Care was active when the request came in."""
    entitlement = submission.entitlement
    results = {
        EntitlementOutcome.NOT_ENTITLED: CheckResult.FAIL,
        EntitlementOutcome.NEEDS_INFORMATION: CheckResult.UNKNOWN,
    }
    evidence = {"code": entitlement.code, "active": entitlement.active, "last_day": entitlement.last_day}
    return Check(
        name="entitlement",
        result=results.get(entitlement.outcome, CheckResult.PASS),
        evidence={**evidence, "remedy": entitlement.remedy},
    )


@check("merchant_site")
def request_is_about_the_bound_site(submission: Submission) -> Check:
    """The request is about the site that the product was bought for, or a test copy of it."""
    code = submission.entitlement.code
    if code is Code.SHOP_SCOPE_MISMATCH:
        ground = Ground.OTHER_MERCHANT_SITE
        return Check(name="merchant_site", result=CheckResult.FAIL, evidence={"code": code}, ground=ground)
    if not submission.entitlement.valid:
        return Check(name="merchant_site", result=CheckResult.UNKNOWN, evidence={"code": code})
    if submission.other_shop is not None:
        found = {**submission.other_shop.numbers, **found_in(submission.other_shop.source)}
        return Check(name="merchant_site", result=CheckResult.FAIL, evidence=found, ground=Ground.OTHER_MERCHANT_SITE)
    return Check(name="merchant_site", result=CheckResult.PASS, evidence={"test_copy": code is Code.VALID_STAGING_SHOP})


@check("platform_version")
def platform_version_was_announced(submission: Submission) -> Check:
    """The site's platform version is among those that the listing announced on the day that decides."""
    version = submission.site_facts.platform_version
    is_of_request = submission.policy.judged_at is CompatibilityDate.REQUEST
    announced = submission.today if is_of_request else submission.at_purchase
    other = submission.at_purchase if is_of_request else submission.today
    evidence = {"version": None if version is None else version.value, **source_of(version), **_ranges(submission)}
    if is_of_request:
        evidence["judged_at"] = submission.policy.judged_at
    fork = submission.site_facts.fork
    if version is None and fork is not None:
        evidence |= {**found_in(fork), "fork": dict(fork.facts)}
    if version is None or announced is None:
        return Check(name="platform_version", result=CheckResult.UNKNOWN, evidence=evidence)
    if other is not None:
        name = "compatible_at_purchase" if is_of_request else "compatible_today"
        evidence[name] = other.covers(str(version.value), submission.policy)
    if announced.covers(str(version.value), submission.policy):
        return Check(name="platform_version", result=CheckResult.PASS, evidence=evidence)
    ground = Ground.PLATFORM_VERSION_INCOMPATIBLE
    return Check(name="platform_version", result=CheckResult.FAIL, evidence=evidence, ground=ground)


@check("product_installed")
def product_is_installed(submission: Submission) -> Check:
    """The product is on the site; shown for orientation, and no ground to refuse."""
    state = submission.site_facts.module(submission.module)
    results = {True: CheckResult.PASS, False: CheckResult.FAIL, None: CheckResult.UNKNOWN}
    fact = state.facts.get("installed") or state.facts.get("version")
    evidence = {
        "module": submission.module,
        "version": state.version,
        "enabled": state.enabled,
        "unfinished_upgrade": state.has_unfinished_upgrade,
        **source_of(fact),
    }
    if is_hint(fact):
        evidence["seen_in_code"] = True
    return Check(name="product_installed", result=results[state.installed], evidence=evidence)


@check("conflicting_development")
def nothing_declared_incompatible_is_installed(submission: Submission) -> Check:
    """No module declared incompatible is installed and enabled, and no override stands in the product's way."""
    conflicts = module_conflicts(submission.incompatible_modules, submission.site_facts)
    in_conflict = [one for one in conflicts if one.verdict is ConflictVerdict.CONFLICT]
    reported = submission.site_facts.overrides
    overrides = [Override.read(one) for one in reported.value] if reported is not None else []
    platform = submission.site_facts.platform_version
    touching = override_conflicts(
        overrides,
        module=submission.module,
        declared=submission.conflicting_overrides,
        platform_version=None if platform is None else str(platform.value),
    )
    seen = [one for one in conflicts if one.verdict is ConflictVerdict.UNKNOWN and is_hint(one.source)]
    evidence: dict[str, Any] = {
        "announced": len(submission.incompatible_modules) + len(submission.conflicting_overrides),
        "modules_seen_in_code": [one.module.name for one in seen],
        "modules": [{"name": one.module.name, "version": one.version, **source_of(one.source)} for one in in_conflict],
        "overrides": [one.override.path for one in touching][:MOST_PATHS],
        "declared_overrides": [one.override.path for one in touching if one.is_declared][:MOST_PATHS],
        "unmarked_overrides": [one.override.path for one in touching if one.is_unmarked][:MOST_PATHS],
        **(found_in(reported) if touching and reported is not None else {}),
    }
    if in_conflict or any(one.is_evidence for one in touching):
        ground = Ground.CONFLICTING_DEVELOPMENT
        return Check(name="conflicting_development", result=CheckResult.FAIL, evidence=evidence, ground=ground)
    is_unknown = reported is None or any(one.verdict is ConflictVerdict.UNKNOWN for one in conflicts)
    result = CheckResult.UNKNOWN if is_unknown else CheckResult.PASS
    return Check(name="conflicting_development", result=result, evidence=evidence)


@check("sources")
def sources_are_unchanged(submission: Submission) -> Check:
    """The product's files are those of the release that is installed."""
    comparison = submission.comparison
    reported = submission.site_facts.files(submission.module)
    evidence: dict[str, Any] = {"version": submission.installed_version}
    if comparison is None:
        # Why: no companion reported; it reported, and no file of the product; or there is nothing to compare with.
        known = {"companion": _has_companion(submission), "files_reported": reported is not None}
        return Check(name="sources", result=CheckResult.UNKNOWN, evidence={**evidence, **known})
    evidence |= {
        "changed": list(comparison.evidence[:MOST_PATHS]),
        "remarks": list(comparison.remarks[:MOST_PATHS]),
        "counts": {change.value: count for change, count in comparison.counts.items()},
        **(found_in(reported) if reported is not None else {}),
    }
    if not comparison.evidence:
        return Check(name="sources", result=CheckResult.PASS, evidence=evidence)
    return Check(name="sources", result=CheckResult.FAIL, evidence=evidence, ground=Ground.SOURCE_MODIFIED)


@check("platform_sources")
def platform_sources_are_unchanged(submission: Submission) -> Check:
    """The files of PrestaShop are those of its release, as the site's own check says."""
    reported = submission.site_facts.files("platform")
    if reported is None:
        known = {"companion": _has_companion(submission)}
        return Check(name="platform_sources", result=CheckResult.UNKNOWN, evidence=known)
    core = judge_core_files(reported.value.get("changed", ()), reported.value.get("missing", ()))
    evidence = {
        "changed": list(core.changed[:MOST_PATHS]),
        "remarks": list(core.remarks[:MOST_PATHS]),
        "counts": {"modified": len(core.changed), "remarks": len(core.remarks)},
        **found_in(reported),
    }
    if not core.changed:
        return Check(name="platform_sources", result=CheckResult.PASS, evidence=evidence)
    return Check(name="platform_sources", result=CheckResult.FAIL, evidence=evidence, ground=Ground.SOURCE_MODIFIED)


def _has_companion(submission: Submission) -> bool:
    """Whether the shop's companion module has reported, be it without what was asked for."""
    return any(one.strength is Strength.DECLARED_CHECKED and one.is_known for one in submission.site_facts.findings)


def _ranges(submission: Submission) -> dict[str, Any]:
    announced = {"announced_at_purchase": submission.at_purchase, "announced_today": submission.today}
    return {name: None if one is None else one.as_json() for name, one in announced.items()}
