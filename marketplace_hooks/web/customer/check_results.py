"""What does the page of a check show: its parts in order, what stood in the way, and the outcome?"""

from __future__ import annotations

from dataclasses import dataclass

from ...domain.business_care.entitlement import Code
from ...domain.inspections.evidence import Finding
from ...domain.inspections.notes import Note
from ...domain.inspections.reachability import OBSTACLES, reach
from ...domain.support.eligibility import Eligibility, EligibilityOutcome
from ...domain.support.refusal_grounds import Ground
from ...services.support.eligibility_checks import EligibilityCheck
from ..i18n.language import gettext, wording
from ..labels.business_care import WHAT_TO_DO, WHY_NOT
from ..labels.customer_checks import MEANINGS, NAMES, CheckTold, check_told
from ..labels.customer_requests import MISSING
from ..labels.inspections import explain
from ..labels.refusal_grounds import GROUND_LABELS

_USUAL = frozenset({Note.NO_MODULE_SEEN, Note.CONFIG_NOT_READABLE, Note.NOT_ASKED, Note.MAY_BE_STALE, *OBSTACLES})
"""What is no news to a customer: it is usual, or told by the check of the shop's answer."""
_NEWS_FROM = ("webservice", "admin_api", "companion")
"""What was asked with what the customer gave: whether that worked is always told."""


@dataclass(frozen=True, kw_only=True)
class GroundTold:
    """One ground that the seller might have: its name, what the contract says, and the evidence."""

    name: str
    contract: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Told:
    """A check as its page shows it. `outcome` None: it still runs. `inspected`: the shop was or is being visited."""

    running: bool
    inspected: bool
    checks: tuple[CheckTold, ...]
    notes: tuple[str, ...]
    outcome: EligibilityOutcome | None
    grounds: tuple[GroundTold, ...]
    missing: tuple[str, ...]
    lacks_version: bool
    why_not: str | None
    remedy: str | None
    done: int


def told_check(seen: EligibilityCheck) -> Told:
    """Everything that a check has to tell at this moment."""
    eligibility = seen.judgement.eligibility
    inspected = seen.running or bool(seen.inspection.findings)
    checks = [check_told(one, running=seen.running) for one in seen.checks]
    if inspected:
        checks.insert(2, _reach(seen))
    else:
        checks = checks[:2]
    entitlement = seen.judgement.entitlement
    return Told(
        running=seen.running,
        inspected=inspected,
        checks=tuple(checks),
        notes=tuple(dict.fromkeys(_notes(seen))),
        outcome=None if seen.running else eligibility.outcome,
        grounds=tuple(told_ground(ground, seen) for ground in eligibility.grounds),
        missing=tuple(str(MISSING[name]) for name in eligibility.missing),
        lacks_version=_lacks_version(eligibility),
        why_not=str(WHY_NOT[entitlement.code]) if entitlement.code in WHY_NOT else None,
        remedy=_remedy(seen),
        done=sum(1 for one in checks if one.state != "running"),
    )


def told_ground(ground: Ground, seen: EligibilityCheck) -> GroundTold:
    """A ground with the findings of the checks that propose it."""
    label = GROUND_LABELS[ground]
    about = [check_told(one) for one in seen.checks if one["ground"] == ground.value]
    return GroundTold(
        name=str(label.name), contract=str(label.for_customer), evidence=tuple(one.found for one in about)
    )


def _reach(seen: EligibilityCheck) -> CheckTold:
    found = reach(seen.inspection.findings)
    state = "pass" if found.answered else "running" if seen.running else "unknown"
    said = {
        "pass": gettext("It answered."),
        "running": gettext("We are looking."),
        "unknown": gettext("Nothing was heard of it."),
    }[state]
    if state == "unknown" and found.obstacle is not None:
        said = explain(wording(), found.obstacle, {})
    to_do = gettext("Try again in a while, or declare below what your shop runs.") if state == "unknown" else None
    return CheckTold(
        name="reach",
        label=str(NAMES["reach"]),
        state=state,
        found=said,
        how_sure=None,
        meaning=str(MEANINGS["reach"]),
        to_do=to_do,
    )


def _notes(seen: EligibilityCheck) -> list[str]:
    """What stood in the way of what the customer gave, or lets a key do too much."""
    version = seen.inspection.site_facts.platform_version
    known = None if version is None else str(version.value)
    found = [one for one in seen.inspection.site_facts.findings if one.note is not None and _is_news(one)]
    return [explain(wording(), one.note, one.facts, version=known) for one in found if one.note is not None]


def _is_news(one: Finding) -> bool:
    if one.note is Note.COMPANION_ABSENT or one.note in _USUAL:
        return False
    return one.probe in _NEWS_FROM or one.note is Note.UNFINISHED_UPGRADE


def _lacks_version(eligibility: Eligibility) -> bool:
    return "platform_version" in eligibility.missing


def _remedy(seen: EligibilityCheck) -> str | None:
    entitlement = seen.judgement.entitlement
    if entitlement.remedy is not None:
        return str(WHAT_TO_DO[entitlement.remedy])
    if entitlement.code is Code.EXPIRED:
        return gettext("The product is withdrawn for good, so it cannot be taken up again.")
    return None
