"""Host of the demo's downloads: it makes the archive of any product and version that it is asked for."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..product_files import archive_of
from .background_server import BackgroundServer

_FILE = re.compile(r"/files/(?P<module>[a-z0-9_]{1,64})-(?P<number>[0-9]{1,4}(?:\.[0-9]{1,4}){2})\.zip")


class FileHost(BackgroundServer):
    """Serves `/files/NAME-NUMBER.zip`. It is nobody's: links need no signature that holds (`docs/downloads.md`)."""

    def answer(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
        """The archive, or 404."""
        asked = _FILE.fullmatch(urlsplit(path).path)
        if asked is None or method == "POST":
            return 404, "text/plain; charset=utf-8", b"There is no such file.\n"
        return 200, "application/zip", archive_of(asked["module"], asked["number"])
