"""Check result: what the page of an eligibility check shows, its checks in order, the obstacles and the outcome."""

from __future__ import annotations

from dataclasses import dataclass

from ...domain.business_care.entitlement import Code
from ...domain.inspections.evidence import Finding
from ...domain.inspections.notes import Note
from ...domain.inspections.reachability import OBSTACLES, reach
from ...domain.support.eligibility import Eligibility, EligibilityOutcome
from ...domain.support.refusal_grounds import Ground
from ...models.access import Role
from ...services.support.eligibility_checks import EligibilityCheck
from ..i18n.language import gettext, wording
from ..labels.business_care import REMEDIES, why_not_entitled
from ..labels.check_summaries import CheckSummary, check_summary
from ..labels.checks import CHECK_PURPOSES, CHECKS
from ..labels.inspections import explain
from ..labels.refusal_grounds import GROUND_LABELS
from ..labels.support import MISSING

_USUAL = frozenset({Note.NO_MODULE_SEEN, Note.CONFIG_NOT_READABLE, Note.NOT_ASKED, Note.MAY_BE_STALE, *OBSTACLES})
"""Notes that are not worth showing: they are usual, or the check `reach` shows them."""
_KEY_PROBES = ("webservice", "admin_api", "companion")
"""The probes that use a key of the customer's: whether it worked is always shown."""


@dataclass(frozen=True, kw_only=True)
class ProposedGround:
    """One ground that the seller might have: its name, what the contract says, and the evidence."""

    name: str
    contract: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CheckResultView:
    """A check as its page shows it. `outcome` None: it still runs. `inspected`: the shop was or is being inspected."""

    running: bool
    inspected: bool
    checks: tuple[CheckSummary, ...]
    notes: tuple[str, ...]
    outcome: EligibilityOutcome | None
    grounds: tuple[ProposedGround, ...]
    missing: tuple[str, ...]
    lacks_version: bool
    why_not: str | None
    remedy: str | None
    done: int


def check_result(seen: EligibilityCheck) -> CheckResultView:
    """The check as it stands at this moment."""
    eligibility = seen.judgement.eligibility
    inspected = seen.running or bool(seen.inspection.findings)
    checks = [check_summary(one, running=seen.running) for one in seen.checks]
    if inspected:
        checks.insert(2, _reach(seen))
    else:
        checks = checks[:2]
    entitlement = seen.judgement.entitlement
    return CheckResultView(
        running=seen.running,
        inspected=inspected,
        checks=tuple(checks),
        notes=tuple(dict.fromkeys(_notes(seen))),
        outcome=None if seen.running else eligibility.outcome,
        grounds=tuple(proposed_ground(ground, seen) for ground in eligibility.grounds),
        missing=tuple(MISSING[name].for_role(Role.CUSTOMER) for name in eligibility.missing),
        lacks_version=_lacks_version(eligibility),
        why_not=why_not_entitled(entitlement.code) or None,
        remedy=_remedy(seen),
        done=sum(1 for one in checks if one.state != "running"),
    )


def proposed_ground(ground: Ground, seen: EligibilityCheck) -> ProposedGround:
    """A ground with the findings of the checks that propose it."""
    label = GROUND_LABELS[ground]
    about = [check_summary(one) for one in seen.checks if one["ground"] == ground.value]
    return ProposedGround(
        name=str(label.name), contract=str(label.for_customer), evidence=tuple(one.found for one in about)
    )


def _reach(seen: EligibilityCheck) -> CheckSummary:
    found = reach(seen.inspection.findings)
    state = "pass" if found.answered else "running" if seen.running else "unknown"
    text = {
        "pass": gettext("It answered."),
        "running": gettext("We are looking."),
        "unknown": gettext("Nothing was heard of it."),
    }[state]
    if state == "unknown" and found.obstacle is not None:
        text = explain(wording(), found.obstacle, {})
    to_do = gettext("Try again in a while, or declare below what your shop runs.") if state == "unknown" else None
    return CheckSummary(
        name="reach",
        label=str(CHECKS["reach"]),
        state=state,
        found=text,
        how_sure=None,
        meaning=str(CHECK_PURPOSES["reach"]),
        to_do=to_do,
    )


def _notes(seen: EligibilityCheck) -> list[str]:
    """Why a key of the customer's did not work, or may do too much."""
    version = seen.inspection.site_facts.platform_version
    known = None if version is None else str(version.value)
    found = [one for one in seen.inspection.site_facts.findings if one.note is not None and _is_noteworthy(one)]
    return [explain(wording(), one.note, one.facts, version=known) for one in found if one.note is not None]


def _is_noteworthy(one: Finding) -> bool:
    if one.note is Note.COMPANION_ABSENT or one.note in _USUAL:
        return False
    return one.probe in _KEY_PROBES or one.note is Note.UNFINISHED_UPGRADE


def _lacks_version(eligibility: Eligibility) -> bool:
    return "platform_version" in eligibility.missing


def _remedy(seen: EligibilityCheck) -> str | None:
    entitlement = seen.judgement.entitlement
    if entitlement.remedy is not None:
        return REMEDIES[entitlement.remedy].for_role(Role.CUSTOMER)
    if entitlement.code is Code.EXPIRED:
        return gettext("The product is withdrawn for good, so it cannot be taken up again.")
    return None
