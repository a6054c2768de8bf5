"""Conflicts: the installed modules and overrides that a listing declares incompatible.

Evidence for the ground `conflicting_development` (`rules.md` 19): a declared incompatible module, a
declared conflicting override, or an unmarked override of one of the product's own classes. Unknown is a verdict of its
own: nobody is refused for what could not be found out.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..versions import compare, compatible
from .evidence import Fact, ModuleState, SiteFacts

FIRST_WITH_MARKS = "1.6.0.11"
"""The first PrestaShop that marks what it copies from a module's `override/` folder; before it, every override looks as
if somebody had written it by hand (`prestashop.md` 5.2)."""


class ConflictVerdict(enum.StrEnum):
    """Whether a declared conflict is there."""

    CONFLICT = "conflict"
    NONE = "none"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class IncompatibleModule:
    """A module that the listing declares incompatible, between two versions, both inclusive (None: no bound)."""

    name: str
    minimum: str | None = None
    maximum: str | None = None

    @classmethod
    def read(cls, declared: Mapping[str, str]) -> IncompatibleModule:
        """Read one of a listing's `incompatible_modules`: `{"name", "from"?, "to"?}`."""
        return cls(name=declared["name"], minimum=declared.get("from"), maximum=declared.get("to"))


@dataclass(frozen=True, kw_only=True)
class ModuleConflict:
    """What was found of one module declared incompatible. `source`: the fact that decided, if any."""

    module: IncompatibleModule
    verdict: ConflictVerdict
    version: str | None = None
    source: Fact | None = None


def module_conflicts(declared: Iterable[IncompatibleModule], site_facts: SiteFacts) -> tuple[ModuleConflict, ...]:
    """Judge every module declared incompatible: a conflict is installed, enabled, and of a version in the range.

    What the home page's code alone suggests makes no conflict, and leaves it unknown.
    """
    proven = site_facts.without_hints
    return tuple(_judged_with(module, site_facts, proven) for module in declared)


def _judged_with(module: IncompatibleModule, site_facts: SiteFacts, proven: SiteFacts) -> ModuleConflict:
    found = _judged(module, site_facts.module(module.name))
    if found.verdict is not ConflictVerdict.CONFLICT:
        return found
    supported = _judged(module, proven.module(module.name))
    return found if supported.verdict is ConflictVerdict.CONFLICT else replace(found, verdict=ConflictVerdict.UNKNOWN)


def _judged(module: IncompatibleModule, state: ModuleState) -> ModuleConflict:
    def verdict(verdict: ConflictVerdict, part: str) -> ModuleConflict:
        return ModuleConflict(module=module, verdict=verdict, version=state.version, source=state.facts.get(part))

    if state.installed is False:
        return verdict(ConflictVerdict.NONE, "installed")
    if state.enabled is False:
        return verdict(ConflictVerdict.NONE, "enabled")
    ranged = module.minimum is not None or module.maximum is not None
    version_part = "version" if "version" in state.facts else "installed_version"
    if ranged and state.version is not None and not compatible(state.version, module.minimum, module.maximum):
        return verdict(ConflictVerdict.NONE, version_part)
    if state.installed is None or state.enabled is None or (ranged and state.version is None):
        return verdict(ConflictVerdict.UNKNOWN, "installed")
    return verdict(ConflictVerdict.CONFLICT, version_part if ranged else "enabled")


class OverrideOrigin(enum.StrEnum):
    """Who put an override there.

    `module`: PrestaShop, from a module's own `override/` folder, which it marks. `additional`: nobody left a mark, in
    whole or in part: additional development. `theme`: a theme's own templates for a module. `guard`: no override.
    """

    MODULE = "module"
    ADDITIONAL = "additional"
    THEME = "theme"
    GUARD = "guard"


@dataclass(frozen=True, kw_only=True)
class Override:
    """One override as a companion reports it. `modules` are those whose marks it carries (`* module: <name>`).

    `unmarked` is how many of its methods and properties carry none.
    """

    path: str
    modules: tuple[str, ...] = ()
    unmarked: int = 0

    @classmethod
    def read(cls, reported: Mapping[str, Any]) -> Override:
        """Read one of a report's `overrides`."""
        return cls(
            path=reported["path"], modules=tuple(reported.get("modules", ())), unmarked=reported.get("unmarked", 0)
        )

    @property
    def origin(self) -> OverrideOrigin:
        name = self.path.rpartition("/")[2].lower()
        if name in ("index.php", ".htaccess"):
            return OverrideOrigin.GUARD
        if self.path.startswith("themes/"):
            return OverrideOrigin.THEME
        return OverrideOrigin.MODULE if self.modules and not self.unmarked else OverrideOrigin.ADDITIONAL

    def concerns(self, module: str) -> bool:
        """Whether it overrides this very module: one of its classes, or its templates in a theme."""
        named = re.escape(module)
        return re.match(rf"(?:override|themes/[^/]+)/modules/{named}/", self.path, re.IGNORECASE) is not None

    def replaces_class_of(self, module: str) -> bool:
        """Whether it takes the place of one of this module's own classes."""
        return re.match(rf"override/modules/{re.escape(module)}/.+\.php$", self.path, re.IGNORECASE) is not None


@dataclass(frozen=True, kw_only=True)
class OverrideConflict:
    """An override that is declared to conflict, or that touches the product's own module.

    `is_unmarked` says that it replaces one of the product's classes, and that no module has brought it.
    """

    override: Override
    is_declared: bool
    is_unmarked: bool

    @property
    def is_evidence(self) -> bool:
        """Whether it speaks for `conflicting_development`; else it is a remark."""
        return self.is_declared or self.is_unmarked


def override_conflicts(
    overrides: Iterable[Override], *, module: str, declared: Iterable[str] = (), platform_version: str | None = None
) -> tuple[OverrideConflict, ...]:
    """Return the overrides that may conflict with the product's module.

    `declared` are paths that the listing declares to conflict, with or without `override/` before. Overrides that the
    product's own module brought are never in conflict with it; neither are guards. A shop of a version before
    `FIRST_WITH_MARKS` has no marks, and there their absence says nothing.
    """
    conflicting = {_comparable(path) for path in declared}
    has_marks = platform_version is None or compare(platform_version, FIRST_WITH_MARKS) >= 0
    found = []
    for override in overrides:
        brought_by = {name.casefold() for name in override.modules}
        own = override.origin is OverrideOrigin.MODULE and brought_by == {module.casefold()}
        if override.origin is OverrideOrigin.GUARD or own:
            continue
        is_unmarked = override.origin is OverrideOrigin.ADDITIONAL and override.replaces_class_of(module) and has_marks
        is_declared = _comparable(override.path) in conflicting
        if is_declared or override.concerns(module):
            found.append(OverrideConflict(override=override, is_declared=is_declared, is_unmarked=is_unmarked))
    return tuple(found)


def _comparable(path: str) -> str:
    return path.replace("\\", "/").removeprefix("./").strip("/").removeprefix("override/").casefold()
