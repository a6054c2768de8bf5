"""What has a check of a request found, in words: its facts, where each was found, and how sure it is?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...domain.inspections.evidence import Strength
from ..i18n.language import gettext, ngettext, wording
from .support import CHECKS, ENTITLEMENT, PROBES, STRENGTHS

PATHS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class CheckTold:
    """One check as the pages tell it. `facts` are (name, text) pairs; `ground` is the one that a failure proposes."""

    name: str
    label: str
    result: str
    ground: str | None
    facts: tuple[tuple[str, str], ...]


def told_checks(checks: list[dict[str, Any]]) -> list[CheckTold]:
    """The checks of a request as they were kept with it."""
    return [
        CheckTold(
            name=one["name"],
            label=str(CHECKS.get(one["name"], one["name"])),
            result=one["result"],
            ground=one.get("ground"),
            facts=tuple(_facts(one["name"], one.get("evidence") or {})),
        )
        for one in checks
    ]


def _facts(name: str, evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    flash = {
        "entitlement": _entitlement,
        "merchant_site": _site,
        "platform_version": _version,
        "product_installed": _installed,
        "conflicting_development": _conflicts,
        "sources": _sources,
    }.get(name)
    return iter(()) if flash is None else flash(evidence)


def _entitlement(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    code = evidence.get("code")
    if code:
        yield gettext("At submission"), str(ENTITLEMENT.get(code, code))


def _site(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    code = evidence.get("code")
    if code:
        yield gettext("Found"), str(ENTITLEMENT.get(code, code))
    elif evidence.get("test_copy"):
        yield gettext("Found"), gettext("A test copy of the site that the product was bought for.")
    else:
        yield gettext("Found"), gettext("The site that the product was bought for.")


def _version(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    version = evidence.get("version")
    yield gettext("Version found"), gettext("not known") if version is None else str(version)
    yield from _source(evidence)
    for key, label in (
        ("announced_at_purchase", gettext("Announced on the purchase date")),
        ("announced_today", gettext("Announced today")),
    ):
        announced = evidence.get(key)
        if announced is not None:
            yield label, _range(announced)
    if evidence.get("compatible_today") is not None:
        yield gettext("Compatible today"), gettext("yes") if evidence["compatible_today"] else gettext("no")


def _installed(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield gettext("Module"), str(evidence.get("module"))
    if evidence.get("version"):
        yield gettext("Version found"), str(evidence["version"])
    if evidence.get("enabled") is not None:
        yield gettext("Enabled"), gettext("yes") if evidence["enabled"] else gettext("no")
    if evidence.get("unfinished_upgrade"):
        yield gettext("Upgrade"), gettext("Begun and not finished.")
    yield from _source(evidence)


def _conflicts(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for module in evidence.get("modules", ()):
        version = f" {module['version']}" if module.get("version") else ""
        yield gettext("Incompatible module installed"), f"{module['name']}{version}"
        yield from _source(module)
    if evidence.get("overrides"):
        yield gettext("Overrides that touch the product"), _paths(evidence["overrides"])


def _sources(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    changed = evidence.get("changed")
    if changed:
        paths = [one if isinstance(one, str) else str(one.get("path", one)) for one in changed]
        yield gettext("Files that are not those of the release"), _paths(paths)
    elif changed is not None:
        yield gettext("Found"), gettext("The files are those of the release.")


def _paths(paths: list[str]) -> str:
    shown = ", ".join(paths[:PATHS_SHOWN])
    more = len(paths) - PATHS_SHOWN
    return shown if more <= 0 else f"{shown}, {ngettext('and one more', 'and %(count)s more', more)}"


def _range(announced: Mapping[str, str | None]) -> str:
    first = announced.get("from")
    last = announced.get("to")
    if first and last:
        return gettext("%(first)s to %(last)s", first=first, last=last)
    if first:
        return gettext("%(first)s and later", first=first)
    return gettext("up to %(last)s", last=last) if last else gettext("no version named")


def _source(evidence: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    probe = evidence.get("rung")
    strength = evidence.get("strength")
    if probe:
        sure = str(STRENGTHS[Strength(strength)]) if strength in list(Strength) else ""
        where = str(PROBES.get(probe, probe))
        told = gettext("%(where)s (%(sure)s)", where=where, sure=sure) if sure else where
        yield gettext("Found in"), told
    against = evidence.get("contradicted_by") or ()
    if against:
        said = [f"{PROBES.get(one['rung'], one['rung'])}: {one['value']}" for one in against]
        separator = " ; " if wording().language == "fr" else "; "
        yield gettext("Said otherwise by"), separator.join(said)
