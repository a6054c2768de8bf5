"""Known PrestaShop releases, to solve a session cookie's name and to offer in a form."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from ..errors import ConfigurationError


@cache
def shipped_versions() -> tuple[str, ...]:
    """Return the versions that ship with the package, oldest first, pre-releases included."""
    source = resources.files("marketplace_hooks") / "data" / "prestashop_releases.json"
    return tuple(_versions(json.loads(source.read_text(encoding="utf-8"))))


def known_versions(extension: Path | None = None) -> tuple[str, ...]:
    """Return the shipped versions, then those that only the operator's file has (`prestashop.md` 4).

    `extension` is a JSON file, read at each call so that a new release needs no restart: a list of versions,
    or the shape of the shipped file, `{"releases": [{"version": "9.2.0"}, …]}`. Raises ConfigurationError if
    it is missing or malformed.
    """
    if extension is None:
        return shipped_versions()
    try:
        added = _versions(json.loads(extension.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"The file of further PrestaShop releases, {extension}, cannot be used ({error}). "
            'It must hold JSON: a list of versions, or {"releases": [{"version": "9.2.0"}]}.'
        ) from error
    return tuple(dict.fromkeys((*shipped_versions(), *added)))


def _versions(content: Any) -> list[str]:
    rows = content["releases"] if isinstance(content, dict) else content
    versions = [row["version"] if isinstance(row, dict) else row for row in rows]
    if isinstance(rows, str) or not all(isinstance(version, str) and version for version in versions):
        raise TypeError("a version is not a text")
    return versions
