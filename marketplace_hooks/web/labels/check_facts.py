"""Check facts: what each check of a request found, where and how sure, as its seller and the marketplace read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...domain.inspections.evidence import Strength
from ..i18n.language import gettext, ngettext, wording
from .business_care import entitlement_label
from .catalog import version_range
from .checks import CHECKS, PROBES, STRENGTHS

Facts = Iterator[tuple[str, str]]
PATHS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class CheckFacts:
    """One check on a page. `facts` are (name, text) pairs; `ground` is the one that a failure proposes."""

    name: str
    label: str
    result: str
    ground: str | None
    facts: tuple[tuple[str, str], ...]


def check_facts(checks: Sequence[Mapping[str, Any]]) -> list[CheckFacts]:
    """The checks that are stored with a request."""
    return [
        CheckFacts(
            name=one["name"],
            label=str(CHECKS.get(one["name"], one["name"])),
            result=one["result"],
            ground=one.get("ground"),
            facts=tuple(_facts(one["name"], one.get("evidence") or {})),
        )
        for one in checks
    ]


def _facts(name: str, evidence: Mapping[str, Any]) -> Facts:
    read = _READERS.get(name)
    return iter(()) if read is None else read(evidence)


def _entitlement(evidence: Mapping[str, Any]) -> Facts:
    code = evidence.get("code")
    if code:
        yield gettext("At submission"), entitlement_label(code)


def _site(evidence: Mapping[str, Any]) -> Facts:
    code = evidence.get("code")
    if code:
        yield gettext("Finding"), entitlement_label(code)
    elif "reported_shop" in evidence:
        found = gettext(
            "The report comes from the companion module of another shop in the same installation: shop %(reported)s "
            "instead of shop %(asked)s.",
            reported=evidence["reported_shop"],
            asked=evidence["asked_shop"],
        )
        yield gettext("Finding"), found
        yield from _source(evidence)
    elif "asked_shop" in evidence:
        yield gettext("Finding"), gettext("Another shop in the same installation, according to the shop.")
        yield from _source(evidence)
    elif evidence.get("test_copy"):
        yield gettext("Finding"), gettext("A test copy of the site the product was bought for.")
    else:
        yield gettext("Finding"), gettext("The site the product was bought for.")


def _version(evidence: Mapping[str, Any]) -> Facts:
    version = evidence.get("version")
    yield gettext("Version found"), gettext("unknown") if version is None else str(version)
    fork = evidence.get("fork")
    if fork:
        own = fork.get("version")
        yield gettext("Platform found"), f"{fork['platform']} {own}" if own else str(fork["platform"])
        if fork.get("made_from"):
            yield gettext("Based on PrestaShop"), str(fork["made_from"])
    yield from _source(evidence)
    for key, label in (
        ("announced_at_purchase", gettext("Advertised on the purchase date")),
        ("announced_today", gettext("Advertised today")),
    ):
        announced = evidence.get(key)
        if announced is not None:
            yield label, version_range(announced) or gettext("no version given")
    for key, label in (
        ("compatible_at_purchase", gettext("Compatible on the purchase date")),
        ("compatible_today", gettext("Compatible today")),
    ):
        if evidence.get(key) is not None:
            yield label, gettext("yes") if evidence[key] else gettext("no")


def _installed(evidence: Mapping[str, Any]) -> Facts:
    yield gettext("Module"), str(evidence.get("module"))
    if evidence.get("version"):
        yield gettext("Version found"), str(evidence["version"])
    if evidence.get("enabled") is not None:
        yield gettext("Enabled"), gettext("yes") if evidence["enabled"] else gettext("no")
    if evidence.get("unfinished_upgrade"):
        yield gettext("Upgrade"), gettext("Started but not finished.")
    if evidence.get("seen_in_code"):
        yield gettext("Seen"), gettext("in the home page’s code, which does not prove it is installed")
    yield from _source(evidence)


def _conflicts(evidence: Mapping[str, Any]) -> Facts:
    for module in evidence.get("modules", ()):
        version = f" {module['version']}" if module.get("version") else ""
        yield gettext("Incompatible module installed"), f"{module['name']}{version}"
        yield from _source(module)
    seen = evidence.get("modules_seen_in_code") or []
    if seen:
        yield (
            gettext("Incompatible module named in the home page’s code, which is not a reason to refuse"),
            _paths(seen),
        )
    declared = evidence.get("declared_overrides") or []
    unmarked = evidence.get("unmarked_overrides") or []
    if declared:
        yield gettext("Overrides listed as conflicting on the product page"), _paths(declared)
    if unmarked:
        yield gettext("Overrides of the product’s own classes, not added by any module"), _paths(unmarked)
    others = [path for path in evidence.get("overrides") or [] if path not in {*declared, *unmarked}]
    if others:
        yield gettext("Overrides that affect the product"), _paths(others)
    yield from _source(evidence)


def _sources(evidence: Mapping[str, Any]) -> Facts:
    version = evidence.get("version")
    if version:
        yield gettext("Version found"), str(version)
    changed = evidence.get("changed")
    if changed:
        paths = [one if isinstance(one, str) else str(one.get("path", one)) for one in changed]
        yield gettext("Product files that differ from the published version"), _paths(paths, _modified(evidence))
    elif changed is not None:
        yield gettext("Finding"), gettext("The product’s files match the published version.")
    elif version and evidence.get("files_reported", True):
        yield (
            gettext("Finding"),
            gettext("The files were reported, but we have no reference files for this version."),
        )
    yield from _remarks(evidence)
    yield from _source(evidence)


def _platform_sources(evidence: Mapping[str, Any]) -> Facts:
    changed = evidence.get("changed")
    if changed:
        yield (
            gettext("PrestaShop files reported as changed by the site’s own check"),
            _paths(changed, _modified(evidence)),
        )
    elif changed is not None:
        yield gettext("Finding"), gettext("The site’s own check reports no changed PrestaShop file.")
    yield from _remarks(evidence)
    yield from _source(evidence)


def _modified(evidence: Mapping[str, Any]) -> int | None:
    """How many files speak for a modified source, of which the evidence names the first."""
    counts = evidence.get("counts") or {}
    found = [counts[name] for name in ("modified", "extra_executable") if name in counts]
    return sum(found) if found else None


def _remarks(evidence: Mapping[str, Any]) -> Facts:
    remarks = evidence.get("remarks")
    if remarks:
        yield gettext("Missing or different in other ways, which is not a reason to refuse"), _paths(remarks)


def _paths(paths: list[str], total: int | None = None) -> str:
    """The first paths, and how many there are more; `total` where the list itself was cut."""
    shown = ", ".join(paths[:PATHS_SHOWN])
    more = max(len(paths), total or 0) - PATHS_SHOWN
    return shown if more <= 0 else f"{shown}, {ngettext('and one more', 'and %(count)s more', more)}"


def _source(evidence: Mapping[str, Any]) -> Facts:
    probe = evidence.get("rung")
    strength = evidence.get("strength")
    if probe:
        sure = str(STRENGTHS[Strength(strength)]) if strength in list(Strength) else ""
        where = str(PROBES.get(probe, probe))
        yield gettext("Found in"), gettext("%(where)s (%(sure)s)", where=where, sure=sure) if sure else where
    against = evidence.get("contradicted_by") or ()
    if against:
        others = [f"{PROBES.get(one['rung'], one['rung'])}: {one['value']}" for one in against]
        separator = " ; " if wording().language == "fr" else "; "
        yield gettext("Contradicted by"), separator.join(others)


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Facts]] = {
    "entitlement": _entitlement,
    "merchant_site": _site,
    "platform_version": _version,
    "product_installed": _installed,
    "conflicting_development": _conflicts,
    "sources": _sources,
    "platform_sources": _platform_sources,
}
