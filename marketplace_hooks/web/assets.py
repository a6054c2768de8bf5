"""Static files: served under the digest of their content, so that a browser asks for each of them once."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Response, abort, send_from_directory, url_for

STATIC = Path(__file__).parent / "static"
A_YEAR_S = 365 * 24 * 3600


def send_asset(digest: str, name: str) -> Response:
    """The file. Under its own digest it may be cached for ever; under another one it must be revalidated."""
    known = static_digests().get(name)
    if known is None:
        abort(404)
    response = send_from_directory(STATIC, name)
    if digest == known:
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
    else:  # asked for by a page of another release of ours, during its deployment.
        response.headers["Cache-Control"] = "no-cache"
    return response


def asset_url(name: str) -> str:
    """The address of a static file as it is now."""
    return url_for("mh_pages.static_file", digest=static_digests()[name], name=name)


@cache
def static_digests() -> dict[str, str]:
    """Each static file with the beginning of its SHA-256."""
    files = (path for path in STATIC.rglob("*") if path.is_file())
    return {path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
