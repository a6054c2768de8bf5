"""How is a check told to the customer: what was looked at, what was found, how sure it is, what it means, what to do?

A check is taken as `checks_as_json` gives it and as it is stored with a request: name, result, evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...domain.business_care.entitlement import Code
from ...domain.inspections.evidence import Strength
from ...domain.support.eligibility import CheckResult
from ..i18n.language import LazyText, gettext, lazy, ngettext, wording
from .business_care import WHAT_TO_DO, WHY_NOT

Check = Mapping[str, Any]

NAMES: Mapping[str, LazyText] = {
    "entitlement": lazy("Business Care"),
    "merchant_site": lazy("The shop it was bought for"),
    "reach": lazy("Your shop answers"),
    "platform_version": lazy("Version of PrestaShop"),
    "product_installed": lazy("The product on your shop"),
    "conflicting_development": lazy("Other modules and developments"),
    "sources": lazy("Source files"),
}

MEANINGS: Mapping[str, LazyText] = {
    "entitlement": lazy("Support is part of Business Care. It counts on the day you send your request."),
    "merchant_site": lazy("Support is for the shop that the product was bought for, and its test copies."),
    "reach": lazy("We visit your shop as anybody could, to read what it runs. Nothing is changed."),
    "platform_version": lazy("The product’s page announced on the day you bought it with which versions it works."),
    "product_installed": lazy("Told to the seller for orientation. It is no reason to refuse."),
    "conflicting_development": lazy("Some modules are announced not to work with the product."),
    "sources": lazy("The seller supports the files as he published them."),
}

HOW_SURE: Mapping[Strength, LazyText] = {
    Strength.DECLARED_CHECKED: lazy("Your shop’s companion module says so, signed for this check."),
    Strength.VERIFIED: lazy("Certain: PrestaShop itself said so to the key that you gave."),
    Strength.OBSERVED: lazy("Seen on your shop, as anybody can see it."),
    Strength.MAY_BE_STALE: lazy(
        "Read in a file that is not always brought up to date: it may be older than what runs."
    ),
    Strength.DECLARED: lazy("As you declared it. We could not see it ourselves."),
}

SITE_CHECKS = frozenset({"platform_version", "product_installed", "conflicting_development", "sources"})
"""What only a look at the site can tell: while one is under way, unknown is not yet an answer."""

_USUALLY_UNKNOWN = frozenset({"product_installed", "conflicting_development", "sources"})

MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class CheckTold:
    """One check in words. `state` is `pass`, `fail`, `unknown`, or `running` while it may still be found out."""

    name: str
    label: str
    state: str
    found: str
    how_sure: str | None
    meaning: str
    to_do: str | None

    @property
    def matters(self) -> bool:
        """Whether the seller is asked to judge by it, so that it is worth the customer's while to have it known."""
        return self.name not in _USUALLY_UNKNOWN


def check_told(check: Check, *, running: bool = False) -> CheckTold:
    """A check as the customer reads it. `running`: the site is still being looked at."""
    name = check["name"]
    result = CheckResult(check["result"])
    evidence = check["evidence"]
    waits = running and result is CheckResult.UNKNOWN and name in SITE_CHECKS
    strength = evidence.get("strength")
    return CheckTold(
        name=name,
        label=str(NAMES[name]) if name in NAMES else name,
        state="running" if waits else result.value,
        found=gettext("We are looking.") if waits else _FOUND[name](result, evidence),
        how_sure=None if strength is None else str(HOW_SURE[Strength(strength)]),
        meaning=str(MEANINGS[name]) if name in MEANINGS else "",
        to_do=None if waits or result is CheckResult.PASS else _to_do(name, result, evidence),
    )


def _entitlement(result: CheckResult, evidence: Check) -> str:
    code = Code(evidence["code"])
    last_day = evidence.get("last_day")
    if evidence["active"] and last_day is not None:
        return gettext("Active until %(day)s included.", day=wording().day(_day(last_day)))
    return str(WHY_NOT.get(code, ""))


def _merchant_site(result: CheckResult, evidence: Check) -> str:
    if result is CheckResult.PASS:
        if evidence.get("test_copy"):
            return gettext("It is a test copy of the shop that the product was bought for.")
        return gettext("It is the shop that the product was bought for.")
    if result is CheckResult.FAIL:
        return gettext("It is another shop than the product was bought for. We did not visit it.")
    return str(WHY_NOT.get(Code(evidence["code"]), "")) if "code" in evidence else gettext("Unknown.")


def _platform_version(result: CheckResult, evidence: Check) -> str:
    version = evidence.get("version")
    announced = _range(evidence.get("announced_at_purchase"))
    if version is None:
        return gettext("Your shop did not tell which version it runs.")
    if announced is None:
        return gettext("PrestaShop %(version)s.", version=version)
    said = (
        gettext("PrestaShop %(version)s, among those announced (%(range)s).", version=version, range=announced)
        if result is CheckResult.PASS
        else gettext("PrestaShop %(version)s; announced were %(range)s.", version=version, range=announced)
    )
    if result is CheckResult.FAIL and evidence.get("compatible_today"):
        today = gettext("Today’s page announces it.")
        said = f"{said} {today}"
    return f"{said} {_contradicted(evidence)}".strip()


def _product_installed(result: CheckResult, evidence: Check) -> str:
    if result is CheckResult.UNKNOWN:
        return gettext("We could not see whether %(module)s is installed.", module=evidence["module"])
    if result is CheckResult.FAIL:
        return gettext("%(module)s is not installed.", module=evidence["module"])
    version = evidence.get("version")
    said = (
        gettext("%(module)s is installed, in version %(version)s.", module=evidence["module"], version=version)
        if version
        else gettext("%(module)s is installed.", module=evidence["module"])
    )
    if evidence.get("unfinished_upgrade"):
        unfinished = gettext("Its update was begun and not finished.")
        said = f"{said} {unfinished}"
    return f"{said} {_contradicted(evidence)}".strip()


def _conflicts(result: CheckResult, evidence: Check) -> str:
    modules = evidence.get("modules") or []
    overrides = evidence.get("overrides") or []
    if result is CheckResult.FAIL:
        return gettext(
            "Not announced to work together: %(names)s.", names=_names([_named(one) for one in modules], overrides)
        )
    if result is CheckResult.PASS:
        return gettext("Nothing that is announced not to work with the product.")
    return gettext("We could not see everything that your shop runs.")


def _sources(result: CheckResult, evidence: Check) -> str:
    changed = evidence.get("changed") or []
    if result is CheckResult.FAIL:
        return ngettext(
            "%(count)s file differs from what the seller published: %(names)s.",
            "%(count)s files differ from what the seller published: %(names)s.",
            len(changed),
            names=_names(changed),
        )
    if result is CheckResult.PASS:
        return gettext("The files are those that the seller published.")
    return gettext("We could not read the files, which is usual without a companion module.")


_FOUND: Mapping[str, Callable[[CheckResult, Check], str]] = {
    "entitlement": _entitlement,
    "merchant_site": _merchant_site,
    "platform_version": _platform_version,
    "product_installed": _product_installed,
    "conflicting_development": _conflicts,
    "sources": _sources,
}

_UNKNOWN_TO_DO: Mapping[str, LazyText] = {
    "platform_version": lazy("Give a key that may only read, or say below which version you run."),
}
_FAILED_TO_DO: Mapping[str, LazyText] = {
    "platform_version": lazy(
        "You may send your request: the seller decides, and may help all the same. An update of your shop, or of the "
        "product, may also settle it."
    ),
    "product_installed": lazy("If you ask how to install it, nothing is wrong. Otherwise install it first."),
    "conflicting_development": lazy(
        "If you can, switch these modules off and try again. You may send your request in any case."
    ),
    "sources": lazy(
        "Put the published files back if you can. You may send your request in any case: the seller decides."
    ),
}


def _to_do(name: str, result: CheckResult, evidence: Check) -> str | None:
    if name in ("entitlement", "merchant_site"):
        remedy = evidence.get("remedy") or (
            "change_shop" if name == "merchant_site" and result is CheckResult.FAIL else None
        )
        known = {one.value: said for one, said in WHAT_TO_DO.items()}
        return str(known[remedy]) if remedy in known else None
    found = (_UNKNOWN_TO_DO if result is CheckResult.UNKNOWN else _FAILED_TO_DO).get(name)
    return None if found is None else str(found)


def _contradicted(evidence: Check) -> str:
    others = sorted({str(one["value"]) for one in evidence.get("contradicted_by") or []})
    return gettext("Another sign speaks of %(values)s.", values=", ".join(others)) if others else ""


def _range(announced: Mapping[str, str | None] | None) -> str | None:
    first = (announced or {}).get("from")
    last = (announced or {}).get("to")
    if first and last:
        return gettext("%(first)s to %(last)s", first=first, last=last)
    if first:
        return gettext("%(first)s and later", first=first)
    return gettext("up to %(last)s", last=last) if last else None


def _named(module: Mapping[str, Any]) -> str:
    return f"{module['name']} {module['version']}" if module.get("version") else str(module["name"])


def _names(*lists: Sequence[Any]) -> str:
    """The first few names, and how many there are more."""
    found = [str(name) for names in lists for name in names]
    told = ", ".join(found[:MOST_NAMED])
    more = len(found) - MOST_NAMED
    return (
        told if more <= 0 else ngettext("%(told)s and %(count)s more", "%(told)s and %(count)s more", more, told=told)
    )


def _day(told: Any) -> date:
    return date.fromisoformat(told) if isinstance(told, str) else told
