"""Check summaries: what a check of a request found, how sure it is, what it means and what to do, to the customer.

A check is read as it is judged and as it is stored with a request: its name, its result and its evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...domain.business_care.entitlement import Code, Remedy
from ...domain.inspections.evidence import Strength
from ...domain.support.compatibility import CompatibilityDate
from ...domain.support.eligibility import SITE_CHECKS, CheckResult
from ...models.access import Role
from ..i18n.language import LazyText, gettext, lazy, ngettext, wording
from .business_care import REMEDIES, why_not_entitled
from .catalog import version_range
from .checks import CHECK_PURPOSES, CHECKS, STRENGTHS

Check = Mapping[str, Any]

_USUALLY_UNKNOWN = frozenset({"product_installed", "conflicting_development", "sources", "platform_sources"})

MOST_NAMED = 5
SHOP_CODES = (Code.SHOP_NOT_BOUND, Code.SHOP_SCOPE_REQUIRED, Code.SHOP_URL_INVALID)
"""Why the shop itself could not be told; other codes are why nothing was looked at."""


@dataclass(frozen=True, kw_only=True)
class CheckSummary:
    """One check on a page. `state` is `pass`, `fail`, `unknown`, or `running` while it may still be found out."""

    name: str
    label: str
    state: str
    found: str
    how_sure: str | None
    meaning: str
    to_do: str | None

    @property
    def matters(self) -> bool:
        """Whether the outcome depends on it, so that the customer gains by having it known."""
        return self.name not in _USUALLY_UNKNOWN


def check_summary(check: Check, *, running: bool = False) -> CheckSummary:
    """A check as the customer reads it. `running`: the site is still being inspected."""
    name = check["name"]
    result = CheckResult(check["result"])
    evidence = check["evidence"]
    waits = running and result is CheckResult.UNKNOWN and name in SITE_CHECKS
    return CheckSummary(
        name=name,
        label=CHECKS[name].for_role(Role.CUSTOMER) if name in CHECKS else name,
        state="running" if waits else result.value,
        found=gettext("Checking…") if waits else _FOUND[name](result, evidence),
        how_sure=_how_sure(evidence),
        meaning=_meaning(name, evidence),
        to_do=None if waits or result is CheckResult.PASS else _to_do(name, result, evidence),
    )


def _how_sure(evidence: Check) -> str | None:
    if evidence.get("seen_in_code"):
        return gettext("Seen in your home page’s code, which loads one of its files.")
    strength = evidence.get("strength")
    return None if strength is None else STRENGTHS[Strength(strength)].for_role(Role.CUSTOMER)


def _meaning(name: str, evidence: Check) -> str:
    if name == "conflicting_development" and evidence.get("announced") == 0:
        return gettext("The product page lists no known incompatibility.")
    return str(CHECK_PURPOSES.get(name, ""))


def _entitlement(result: CheckResult, evidence: Check) -> str:
    code = Code(evidence["code"])
    last_day = evidence.get("last_day")
    if evidence["active"] and last_day is not None:
        return gettext("Active through %(day)s.", day=wording().day(_day(last_day)))
    return why_not_entitled(code)


def _merchant_site(result: CheckResult, evidence: Check) -> str:
    if result is CheckResult.PASS:
        if evidence.get("test_copy"):
            return gettext("It is a test copy of the shop the product was bought for.")
        return gettext("It is the shop the product was bought for.")
    if result is CheckResult.FAIL and "reported_shop" in evidence:
        return gettext("The report comes from the companion module of another shop in the same installation.")
    if result is CheckResult.FAIL and "asked_shop" in evidence:
        return gettext("According to your shop, this is a different shop in the same installation.")
    if result is CheckResult.FAIL:
        return gettext("This is not the shop the product was bought for. We did not visit it.")
    code = evidence.get("code")
    if code is None:
        return gettext("Unknown.")
    return why_not_entitled(Code(code)) if code in SHOP_CODES else gettext("Not checked: Business Care is not active.")


def _platform_version(result: CheckResult, evidence: Check) -> str:
    version = evidence.get("version")
    is_of_request = evidence.get("judged_at") == CompatibilityDate.REQUEST
    announced = version_range(evidence.get("announced_today" if is_of_request else "announced_at_purchase"))
    fork = evidence.get("fork")
    if version is None and fork is not None:
        return gettext(
            "Your shop runs %(platform)s, a variant of PrestaShop, not PrestaShop itself.",
            platform=fork["platform"],
        )
    if version is None:
        return gettext("Your shop did not report its version.")
    if announced is None:
        return gettext("PrestaShop %(version)s.", version=version)
    text = (
        gettext("PrestaShop %(version)s, one of the advertised versions (%(range)s).", version=version, range=announced)
        if result is CheckResult.PASS
        else gettext(
            "PrestaShop %(version)s; the advertised versions were %(range)s.", version=version, range=announced
        )
    )
    if result is CheckResult.FAIL and evidence.get("compatible_today"):
        today = gettext("The product page advertises it today.")
        text = f"{text} {today}"
    return f"{text} {_contradicted(evidence)}".strip()


def _product_installed(result: CheckResult, evidence: Check) -> str:
    version = evidence.get("version")
    if result is CheckResult.UNKNOWN and version:
        return gettext(
            "The files of %(module)s, version %(version)s, are on your shop. We could not see whether it is installed.",
            module=evidence["module"],
            version=version,
        )
    if result is CheckResult.UNKNOWN:
        return gettext("We could not see whether %(module)s is installed.", module=evidence["module"])
    if result is CheckResult.FAIL:
        return gettext("%(module)s is not installed.", module=evidence["module"])
    text = (
        gettext("%(module)s is installed, version %(version)s.", module=evidence["module"], version=version)
        if version
        else gettext("%(module)s is installed.", module=evidence["module"])
    )
    if evidence.get("unfinished_upgrade"):
        unfinished = gettext("An update was started but not finished.")
        text = f"{text} {unfinished}"
    return f"{text} {_contradicted(evidence)}".strip()


def _conflicts(result: CheckResult, evidence: Check) -> str:
    if result is CheckResult.FAIL:
        return " ".join(_conflicts_found(evidence))
    if result is CheckResult.PASS:
        return gettext("Nothing listed as incompatible with the product.")
    seen = evidence.get("modules_seen_in_code") or []
    if seen:
        return gettext(
            "Your home page’s code mentions something listed as incompatible with the product: %(names)s. We could "
            "not see whether it is installed.",
            names=_names(seen),
        )
    return gettext("We could not see everything your shop uses.")


def _conflicts_found(evidence: Check) -> list[str]:
    modules = [_named(one) for one in evidence.get("modules") or []]
    unmarked = evidence.get("unmarked_overrides") or []
    declared = evidence.get("declared_overrides") or ([] if unmarked else evidence.get("overrides") or [])
    found = []
    if modules or declared:
        found.append(gettext("Listed as incompatible with the product: %(names)s.", names=_names(modules, declared)))
    if unmarked:
        found.append(
            gettext("Overrides of the product’s code, not added by any module: %(names)s.", names=_names(unmarked))
        )
    return found


def _sources(result: CheckResult, evidence: Check) -> str:
    changed = evidence.get("changed") or []
    if result is CheckResult.FAIL:
        return ngettext(
            "%(count)s product file differs from what the seller published: %(names)s.",
            "%(count)s product files differ from what the seller published: %(names)s.",
            _count(evidence, changed),
            names=_names(changed),
        )
    if result is CheckResult.PASS:
        return gettext("The product’s files are the ones the seller published.")
    if evidence.get("version") and evidence.get("files_reported", True):
        return gettext(
            "The files of version %(version)s were reported, but we have nothing to compare them with.",
            version=evidence["version"],
        )
    if evidence.get("companion"):
        return gettext("Your companion module reported no product file that we could compare.")
    return gettext("We could not read the files, which is normal without the companion module.")


def _count(evidence: Check, changed: Sequence[str]) -> int:
    """How many files speak for a modified source: the evidence names the first of them only."""
    counts = evidence.get("counts") or {}
    return sum(counts.get(name, 0) for name in ("modified", "extra_executable")) or len(changed)


def _platform_sources(result: CheckResult, evidence: Check) -> str:
    changed = evidence.get("changed") or []
    if result is CheckResult.FAIL:
        return ngettext(
            "According to your shop’s own check, %(count)s PrestaShop file was changed: %(names)s.",
            "According to your shop’s own check, %(count)s PrestaShop files were changed: %(names)s.",
            _count(evidence, changed),
            names=_names(changed),
        )
    if result is CheckResult.PASS:
        return gettext("According to your shop’s own check, the PrestaShop files are unchanged.")
    if evidence.get("companion"):
        return gettext("Your companion module could not compare PrestaShop’s files with those of its release.")
    return gettext("We could not read the files, which is normal without the companion module.")


_FOUND: Mapping[str, Callable[[CheckResult, Check], str]] = {
    "entitlement": _entitlement,
    "merchant_site": _merchant_site,
    "platform_version": _platform_version,
    "product_installed": _product_installed,
    "conflicting_development": _conflicts,
    "sources": _sources,
    "platform_sources": _platform_sources,
}

_UNKNOWN_TO_DO: Mapping[str, LazyText] = {
    "platform_version": lazy("Add a read-only API key, or enter your version below."),
}
_FAILED_TO_DO: Mapping[str, LazyText] = {
    "platform_version": lazy(
        "You can send your request: the seller decides and may still help. Updating your shop or the "
        "product may also solve the problem."
    ),
    "product_installed": lazy("If your question is about installing it, this is normal. Otherwise, install it first."),
    "conflicting_development": lazy("If you can, disable them and try again. You can send your request in any case."),
    "sources": lazy(
        "Restore the published files if you can. You can send your request in any case: the seller decides."
    ),
    "platform_sources": lazy(
        "Restore PrestaShop’s original files if you can. You can send your request in any case: the seller decides."
    ),
}


def _to_do(name: str, result: CheckResult, evidence: Check) -> str | None:
    if name in ("entitlement", "merchant_site"):
        is_other_shop = name == "merchant_site" and result is CheckResult.FAIL
        remedy = evidence.get("remedy") or (Remedy.CHANGE_SHOP if is_other_shop else None)
        return REMEDIES[Remedy(remedy)].for_role(Role.CUSTOMER) if remedy in list(Remedy) else None
    found = (_UNKNOWN_TO_DO if result is CheckResult.UNKNOWN else _FAILED_TO_DO).get(name)
    return None if found is None else str(found)


def _contradicted(evidence: Check) -> str:
    others = sorted({str(one["value"]) for one in evidence.get("contradicted_by") or []})
    return gettext("Another source says %(values)s.", values=", ".join(others)) if others else ""


def _named(module: Mapping[str, Any]) -> str:
    return f"{module['name']} {module['version']}" if module.get("version") else str(module["name"])


def _names(*lists: Sequence[Any]) -> str:
    """The first few names, and how many there are more."""
    found = [str(name) for names in lists for name in names]
    shown = ", ".join(found[:MOST_NAMED])
    more = len(found) - MOST_NAMED
    return (
        shown if more <= 0 else ngettext("%(told)s and %(count)s more", "%(told)s and %(count)s more", more, told=shown)
    )


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
