"""Evidence: what is known of a merchant site, from which probe, how surely, and what contradicts it.

Every probe (`inspection.md`) gives findings. The best-ranked probe wins, a contradiction between probes is
itself shown, and what stayed unknown is on record: unknown never refuses anybody.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..versions import compare, compatible
from .notes import Note

LONGEST_STORED_VERSION = 8
"""`ps_module.version` is a VARCHAR(8): PrestaShop cuts what it says is installed (`prestashop.md` 2)."""


class Strength(enum.StrEnum):
    """How sure a finding is, the surest first, as `inspection.md` orders its probes."""

    DECLARED_CHECKED = "declared_checked"
    VERIFIED = "verified"
    OBSERVED = "observed"
    MAY_BE_STALE = "may_be_stale"
    DECLARED = "declared"


class FindingKind(enum.StrEnum):
    """What a finding is about, and the form of its value.

    `platform_version`: a text. `shop_identity`: `{"matches", "shop_id"}`. `module` (its subject is the technical name):
    any of `on_disk`, `installed`, `enabled` (true or false), `version` (of its files), `installed_version`.
    `module_list`: `{"complete": true}`, what is not in it is not installed. `files` (subject: a module, or `platform`):
    what stands on the disk. `overrides`: a list. `credential`: what a credential could do beyond what was asked for.
    """

    PLATFORM_VERSION = "platform_version"
    SHOP_IDENTITY = "shop_identity"
    MODULE = "module"
    MODULE_LIST = "module_list"
    FILES = "files"
    OVERRIDES = "overrides"
    CREDENTIAL = "credential"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that one probe found, or could not find: then `value` is None and `note` says why.

    `rank` is the probe's, 1 the best. `request` is what was asked for, without any credential.
    `facts` fill the sentence of the note.
    """

    what: FindingKind
    probe: str
    rank: int
    strength: Strength
    observed_at: datetime
    subject: str = ""
    value: Any = None
    request: str | None = None
    note: Note | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether it says something about the site, not only that nothing could be said."""
        return self.value is not None

    @property
    def parts(self) -> Mapping[str, Any]:
        """What is compared with other findings: each known fact of a value that has several, else the value itself."""
        parts = self.value if isinstance(self.value, Mapping) else {"": self.value}
        return {name: value for name, value in parts.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One thing concluded: the value that won, the finding it comes from, and those that say otherwise."""

    value: Any
    source: Finding
    contradicted_by: tuple[Finding, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModuleState:
    """What is known of one module. None is unknown, never "no"."""

    name: str
    facts: Mapping[str, Fact]

    def _value(self, part: str) -> Any:
        fact = self.facts.get(part)
        return None if fact is None else fact.value

    @property
    def installed(self) -> bool | None:
        found: bool | None = self._value("installed")
        return found

    @property
    def enabled(self) -> bool | None:
        found: bool | None = self._value("enabled")
        return False if found is None and self.installed is False else found

    @property
    def version(self) -> str | None:
        """The version that runs: of its files where that is known, else the one the database says is installed."""
        found: str | None = self._value("version") or self._value("installed_version")
        return found

    @property
    def has_unfinished_upgrade(self) -> bool:
        """Whether its files are of another version than the one installed, by findings of one and the same probe."""
        disk = self.facts.get("version")
        database = self.facts.get("installed_version")
        return (
            disk is not None
            and database is not None
            and disk.source.probe == database.source.probe
            and upgrade_is_unfinished(disk.value, database.value)
        )


def upgrade_is_unfinished(disk: str | None, database: str | None) -> bool:
    """Say whether files and database disagree on a module's version, beyond what cutting explains. None: unknown."""
    if disk is None or database is None:
        return False
    return not _same_stored_version(disk, database)


@dataclass(frozen=True, kw_only=True)
class SiteFacts:
    """Everything found about one site, put together. Findings are ordered: the best probe first, then the newest."""

    findings: tuple[Finding, ...]

    @property
    def platform_version(self) -> Fact | None:
        """The version of PrestaShop. What a fork answers is the version that it was made from, and not PrestaShop's."""
        counted = self if self.fork is None else self._without_answers_of_the_platform
        return counted._facts(FindingKind.PLATFORM_VERSION, "").get("")

    @property
    def _without_answers_of_the_platform(self) -> SiteFacts:
        """What was found but for the versions that the site itself answered; a person may still have declared one."""
        return SiteFacts(
            findings=tuple(
                one
                for one in self.findings
                if one.what is not FindingKind.PLATFORM_VERSION or one.strength is Strength.DECLARED
            )
        )

    @property
    def belongs_to_shop(self) -> Fact | None:
        """Whether the credential given is one of the bound site's own; None: unknown."""
        return self._facts(FindingKind.SHOP_IDENTITY, "").get("matches")

    @property
    def whole_list(self) -> Finding | None:
        """The best finding that says which modules are installed, all of them; None: an absence proves nothing."""
        lists = (one for one in self.findings if one.what is FindingKind.MODULE_LIST and one.is_known)
        return next((one for one in lists if one.value.get("complete")), None)

    @property
    def unknowns(self) -> tuple[Finding, ...]:
        """What stayed unknown, and why."""
        return tuple(one for one in self.findings if not one.is_known)

    @property
    def fork(self) -> Finding | None:
        """The best finding that names the variant of PrestaShop that the site runs; None: none did."""
        return next((one for one in self.findings if one.note is Note.FORK), None)

    @property
    def without_hints(self) -> SiteFacts:
        """What was found but for what the home page's code alone suggests: no ground stands on that."""
        return SiteFacts(findings=tuple(one for one in self.findings if one.note is not Note.SEEN_IN_CODE))

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What a credential could do beyond what was asked for: accepted, and said."""
        return tuple(one for one in self.findings if one.what is FindingKind.CREDENTIAL and one.is_known)

    @property
    def module_names(self) -> tuple[str, ...]:
        """Every module that anything was found about, in alphabetical order."""
        return tuple(sorted({one.subject for one in self.findings if one.what is FindingKind.MODULE and one.is_known}))

    def module(self, name: str) -> ModuleState:
        """What is known of the module of this technical name, compared without regard to letter case."""
        return ModuleState(name=name, facts=self._facts(FindingKind.MODULE, name))

    def files(self, subject: str) -> Finding | None:
        """The best finding about the files of a module, or of the `platform`."""
        return next(iter(self._about(FindingKind.FILES, subject)), None)

    @property
    def overrides(self) -> Finding | None:
        """The best finding about the overrides of the site."""
        return next(iter(self._about(FindingKind.OVERRIDES, "")), None)

    @property
    def contradictions(self) -> tuple[tuple[FindingKind, str, str, Fact], ...]:
        """Every fact on which probes disagree: what, subject, part, and the fact with those who say otherwise."""
        subjects = dict.fromkeys((one.what, one.subject) for one in self.findings if one.is_known)
        return tuple(
            (what, subject, part, fact)
            for what, subject in subjects
            if what not in (FindingKind.CREDENTIAL, FindingKind.MODULE_LIST, FindingKind.FILES, FindingKind.OVERRIDES)
            for part, fact in self._facts(what, subject).items()
            if fact.contradicted_by
        )

    def _about(self, what: FindingKind, subject: str) -> Iterator[Finding]:
        wanted = subject.casefold()
        return (one for one in self.findings if one.what is what and one.is_known and one.subject.casefold() == wanted)

    def _facts(self, what: FindingKind, subject: str) -> dict[str, Fact]:
        findings = list(self._about(what, subject))
        whole = self.whole_list if what is FindingKind.MODULE else None
        if whole is not None and all(one.probe != whole.probe for one in findings):
            findings.append(_absence(whole, subject))
            findings.sort(key=_order)
        facts: dict[str, Fact] = {}
        for part in dict.fromkeys(part for one in findings for part in one.parts):
            first, *others = (one for one in findings if part in one.parts)
            against = tuple(one for one in others if one.probe != first.probe and _disagree(what, part, first, one))
            facts[part] = Fact(value=first.parts[part], source=first, contradicted_by=against)
        return facts


def merge_findings(findings: Iterable[Finding]) -> SiteFacts:
    """Put findings together: the best-ranked probe wins, and of one probe what it found last."""
    return SiteFacts(findings=tuple(sorted(findings, key=_order)))


def _order(one: Finding) -> tuple[int, float]:
    return one.rank, -one.observed_at.timestamp()


def _absence(whole: Finding, name: str) -> Finding:
    return Finding(
        what=FindingKind.MODULE,
        probe=whole.probe,
        rank=whole.rank,
        strength=whole.strength,
        observed_at=whole.observed_at,
        subject=name,
        value={"installed": False},
        request=whole.request,
    )


def _disagree(what: FindingKind, part: str, winner: Finding, other: Finding) -> bool:
    winning_value = winner.parts[part]
    other_value = other.parts[part]
    if what is FindingKind.PLATFORM_VERSION or part == "version":
        # "8.2" said of an 8.2.1 is less exact, not wrong; a stale file only says that it was once there.
        if compatible(winning_value, other_value, other_value) or compatible(other_value, winning_value, winning_value):
            return False
        return other.strength is not Strength.MAY_BE_STALE or compare(other_value, winning_value) > 0
    if part == "installed_version":
        return not _same_stored_version(winning_value, other_value)
    return bool(winning_value != other_value)


def _same_stored_version(one: str, other: str) -> bool:
    if len(one) >= LONGEST_STORED_VERSION and len(other) >= LONGEST_STORED_VERSION:
        one = one[:LONGEST_STORED_VERSION]
        other = other[:LONGEST_STORED_VERSION]
    return compare(one, other) == 0
