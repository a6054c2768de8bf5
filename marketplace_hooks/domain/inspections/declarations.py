"""Declarations: what a customer says of a site, in a form or in a list exported from the back office.

PrestaShop's SQL manager (Advanced Parameters > Database) exports `SELECT name, version, active FROM ps_module` as CSV;
`docs/inspection.md` explains it to the customer. A JSON list of the same columns is read as well.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MAX_MODULES = 2_000
MAX_LENGTH = 500_000
"""Characters of an exported list: a shop with a thousand modules needs a tenth."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,49}")
_COLUMNS = {
    "name": ("name", "technicalname", "technical_name", "technical name", "nom technique", "nom", "module"),
    "version": ("version", "moduleversion", "installedversion", "installed_version", "version installée"),
    "enabled": ("active", "enabled", "activé", "actif", "statut", "status"),
}
_YES = frozenset({"1", "true", "yes", "oui", "y", "on", "enabled", "activé", "actif"})
_NO = frozenset({"0", "false", "no", "non", "n", "off", "disabled", "désactivé", "inactif"})


@dataclass(frozen=True, kw_only=True)
class DeclaredModule:
    """One module that the customer says is installed. None: not said."""

    name: str
    version: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """What a customer says of a site. `whole_list`: these are said to be all the modules there are."""

    platform_version: str | None = None
    modules: tuple[DeclaredModule, ...] = ()
    whole_list: bool = False

    def as_json(self) -> dict[str, Any]:
        """What is stored."""
        return {
            "platform_version": self.platform_version,
            "modules": [dict(vars(module)) for module in self.modules],
            "whole_list": self.whole_list,
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Declaration:
        """Read what `as_json` wrote, or what a form or an API call declared in the same shape.

        Raises ValueError, with a sentence, for a malformed name or version, and for absurdly many modules.
        """
        modules = given.get("modules") or ()
        if not isinstance(modules, Iterable) or isinstance(modules, str | Mapping):
            raise ValueError("modules is not a list")
        rows = [{"name": row} if isinstance(row, str) else dict(row) for row in modules]
        version = given.get("platform_version")
        return cls(
            platform_version=None if version is None else clean_version(version),
            modules=_modules(rows),
            whole_list=bool(given.get("whole_list", False)),
        )


def clean_version(text: Any) -> str:
    """Return a version as people and programs write it, without blanks or a `v` before. Raises ValueError."""
    version = re.sub(r"(?i)^v(?=\d)", "", str(text).strip())
    if _VERSION.fullmatch(version) is None:
        raise ValueError(f"{str(text)[:60]!r} is not a version")
    return version


def read_exported_list(text: str) -> Declaration:
    """Read a list of modules exported from the back office, as CSV or JSON: the whole list of those installed.

    The first line of a CSV names its columns; `;`, `,` and tabs separate. Raises ValueError with a sentence.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the list is longer than {MAX_LENGTH} characters")
    text = text.removeprefix("\ufeff").strip()
    if text.startswith(("[", "{")):
        return Declaration(modules=_modules(_json_rows(text)), whole_list=True)
    lines = text.splitlines()
    if not lines:
        raise ValueError("the list is empty")
    separator = max(";,\t", key=lines[0].count)
    header = [name.strip().strip('"').casefold() for name in lines[0].split(separator)]
    places = {column: header.index(name) for column, names in _COLUMNS.items() for name in names if name in header}
    if "name" not in places:
        raise ValueError("the first line names no column `name`; export: SELECT name, version, active FROM ps_module")
    try:
        cells = list(csv.reader(io.StringIO("\n".join(lines[1:])), delimiter=separator))
    except csv.Error as error:
        raise ValueError(f"the list is not CSV: {error}") from error
    rows = [{column: row[at] for column, at in places.items() if at < len(row)} for row in cells if any(row)]
    return Declaration(modules=_modules(rows), whole_list=True)


def _json_rows(text: str) -> list[dict[str, Any]]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError("the list is not JSON") from error
    rows = (
        next((content[key] for key in ("items", "modules") if key in content), None)
        if isinstance(content, dict)
        else content
    )
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("the JSON holds no list of modules")
    by_name = {name.replace(" ", ""): column for column, names in _COLUMNS.items() for name in names}
    return [{by_name[key.casefold()]: value for key, value in row.items() if key.casefold() in by_name} for row in rows]


def _modules(rows: Iterable[Mapping[str, Any]]) -> tuple[DeclaredModule, ...]:
    modules: dict[str, DeclaredModule] = {}
    for row in rows:
        name = str(row.get("name") or "").strip()
        if _NAME.fullmatch(name) is None:
            raise ValueError(f"{name[:60]!r} is not a module's technical name")
        version = row.get("version")
        blank = version is None or str(version).strip() in ("", "NULL")
        modules[name.casefold()] = DeclaredModule(
            name=name, version=None if blank else clean_version(version), enabled=_truth(row.get("enabled"))
        )
        if len(modules) > MAX_MODULES:
            raise ValueError(f"the list has more than {MAX_MODULES} modules")
    return tuple(modules.values())


def _truth(value: Any) -> bool | None:
    cleaned = str(value).strip().casefold()
    return True if cleaned in _YES else False if cleaned in _NO else None
