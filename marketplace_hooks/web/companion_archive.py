"""Companion module's archive: the zip that is served, and its SHA-256, which stands beside every link to it.

It ships with the package (`data/marketplacecompanion.zip`); a contract test holds it to its source in `companion/`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

NAME = "marketplacecompanion.zip"


@dataclass(frozen=True, kw_only=True)
class CompanionArchive:
    """The archive as PrestaShop installs it."""

    content: bytes
    sha256: str


@cache
def companion_archive() -> CompanionArchive:
    """The archive that this version of the service serves."""
    content = (resources.files("marketplace_hooks") / "data" / NAME).read_bytes()
    return CompanionArchive(content=content, sha256=hashlib.sha256(content).hexdigest())
