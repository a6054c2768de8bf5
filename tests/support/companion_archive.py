"""The companion module as the zip that is served, from its source. `python -m …` writes the published file.

The same source gives the same bytes on every machine: entries are sorted, stored without compression, and of one date.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import marketplace_hooks

from .source_tree import ROOT

SOURCE = ROOT / "companion"
PUBLISHED = Path(marketplace_hooks.__file__).parent / "data" / "marketplacecompanion.zip"
_DATE = (2026, 1, 1, 0, 0, 0)
_UNIX = 3
_FILE_MODE = 0o100644


def archive_from_source() -> bytes:
    """The archive, its files below one folder of the module's name, as PrestaShop expects them."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(SOURCE.rglob("*"), key=lambda one: one.relative_to(SOURCE).as_posix()):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(SOURCE).as_posix(), _DATE)
                entry.create_system = _UNIX
                entry.external_attr = _FILE_MODE << 16
                archive.writestr(entry, path.read_bytes())
    return content.getvalue()


if __name__ == "__main__":
    PUBLISHED.write_bytes(archive_from_source())
