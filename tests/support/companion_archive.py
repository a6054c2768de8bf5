"""The companion module as the zip that is served, from its source. `python -m …` writes the published file.

The same source gives the same bytes on every machine: entries are sorted, stored without compression, and each has a
date that follows from its content. PHP keeps the date when it unpacks, and its cache of compiled files goes by it: were
it the same for every release, a shop would go on with the old code after an update.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import marketplace_hooks

from .source_tree import ROOT

SOURCE = ROOT / "companion"
PUBLISHED = Path(marketplace_hooks.__file__).parent / "data" / "marketplacecompanion.zip"
_EARLIEST = datetime(2020, 1, 1)  # noqa: DTZ001 - the dates of an archive have no zone
_STEPS = 90_000_000
"""Dates to choose from, of two seconds each, as an archive counts; the last is in 2025."""
_UNIX = 3
_FILE_MODE = 0o100644


def date_of(content: bytes) -> tuple[int, int, int, int, int, int]:
    """The date of a file of this content: another content has another one."""
    step = int.from_bytes(hashlib.sha256(content).digest()[:8]) % _STEPS
    date = _EARLIEST + timedelta(seconds=2 * step)
    return date.year, date.month, date.day, date.hour, date.minute, date.second


def archive_from_source() -> bytes:
    """The archive, its files below one folder of the module's name, as PrestaShop expects them."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(SOURCE.rglob("*"), key=lambda one: one.relative_to(SOURCE).as_posix()):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(SOURCE).as_posix(), date_of(path.read_bytes()))
                entry.create_system = _UNIX
                entry.external_attr = _FILE_MODE << 16
                archive.writestr(entry, path.read_bytes())
    return content.getvalue()


if __name__ == "__main__":
    PUBLISHED.write_bytes(archive_from_source())
