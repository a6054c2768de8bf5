"""Check result: what the page of an eligibility check shows, its checks in order, the obstacles and the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...domain.business_care.entitlement import Code
from ...domain.inspections.notes import Note
from ...domain.inspections.reachability import reach
from ...domain.support.eligibility import Eligibility, EligibilityOutcome
from ...domain.support.refusal_grounds import Ground
from ...models.access import Role
from ...services.support.eligibility_checks import EligibilityCheck
from ..i18n.language import LazyText, gettext, lazy, wording
from ..labels.business_care import REMEDIES, why_not_entitled
from ..labels.check_summaries import CheckSummary, check_summary
from ..labels.checks import CHECK_PURPOSES, CHECKS
from ..labels.inspections import explain
from ..labels.refusal_grounds import GROUND_LABELS
from ..labels.support import MISSING

_KEYS: Mapping[str, LazyText] = {
    "webservice": lazy("Webservice key"),
    "admin_api": lazy("Admin API client"),
    "companion": lazy("Companion module"),
}
"""What a customer may give, by the probe that uses it: what became of it is always shown."""
_REASONS: Mapping[str, tuple[str, frozenset[Note]]] = {
    "platform_version": ("cookie", frozenset({Note.COOKIE_NOT_FOUND, Note.COOKIE_NOT_SOLVED, Note.COOKIE_RENAMED})),
    "product_installed": ("config_xml", frozenset({Note.CONFIG_FORBIDDEN, Note.UNREADABLE})),
}
"""Check → the public probe and its notes that say why it stayed unknown, where the customer gains by knowing it."""


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
    checks = [_with_reason(check_summary(one, running=seen.running), seen) for one in seen.checks]
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


def _with_reason(summary: CheckSummary, seen: EligibilityCheck) -> CheckSummary:
    """The check with the reasons for which it stayed unknown."""
    if summary.state != "unknown" or summary.name not in _REASONS:
        return summary
    probe, notes = _REASONS[summary.name]
    noted = [one for one in seen.inspection.site_facts.findings if one.probe == probe and one.note in notes]
    reasons = [explain(wording(), one.note, one.facts) for one in noted if one.note is not None]
    return replace(summary, found=" ".join([summary.found, *dict.fromkeys(reasons)]))


def _reach(seen: EligibilityCheck) -> CheckSummary:
    found = reach(seen.inspection.findings)
    state = "pass" if found.answered else "running" if seen.running else "unknown"
    text = {
        "pass": gettext("It responded."),
        "running": gettext("Checking…"),
        "unknown": gettext("No answer."),
    }[state]
    if state == "unknown" and found.obstacle is not None:
        text = explain(wording(), found.obstacle, {})
    to_do = gettext("Try again later, or enter your shop’s details below.") if state == "unknown" else None
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
    """What became of each key of the customer's: that it worked, or why not, or that it may do too much."""
    version = seen.inspection.site_facts.platform_version
    known = None if version is None else str(version.value)
    findings = seen.inspection.site_facts.findings
    lines = []
    for probe, name in _KEYS.items():
        own = [one for one in findings if one.probe == probe]
        noted = [one for one in own if one.note is not None and one.note is not Note.UNFINISHED_UPGRADE]
        texts = [explain(wording(), one.note, one.facts, version=known) for one in noted if one.note is not None]
        if own and all(one.is_known for one in own):
            texts.insert(0, gettext("It works."))
        lines += [gettext("%(key)s: %(what)s", key=str(name), what=text) for text in texts]
    if any(one.note is Note.UNFINISHED_UPGRADE for one in findings):
        lines.append(explain(wording(), Note.UNFINISHED_UPGRADE, {}))
    return lines


def _lacks_version(eligibility: Eligibility) -> bool:
    return "platform_version" in eligibility.missing


def _remedy(seen: EligibilityCheck) -> str | None:
    entitlement = seen.judgement.entitlement
    if entitlement.remedy is not None:
        return REMEDIES[entitlement.remedy].for_role(Role.CUSTOMER)
    if entitlement.code is Code.EXPIRED:
        return gettext("The product is permanently disabled, so Business Care cannot be reactivated.")
    return None
