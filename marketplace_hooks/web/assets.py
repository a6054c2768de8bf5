"""Static files: served under the digest of their content, so that a browser asks for each of them once.

Texts are sent compressed. They hold no secret beside what a stranger writes, so that their length gives nothing away.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path

from flask import Response, abort, request, send_from_directory, url_for

STATIC = Path(__file__).parent / "static"
A_YEAR_S = 365 * 24 * 3600
TEXTS = (".css", ".js", ".svg")


def send_asset(digest: str, name: str) -> Response:
    """The file. Under its own digest it may be cached for ever; under another one it must be revalidated."""
    known = static_digests().get(name)
    if known is None:
        abort(404)
    is_text = name.endswith(TEXTS)
    if is_text and request.accept_encodings["gzip"]:
        response = Response(_compressed(name), mimetype=mimetypes.guess_type(name)[0])
        response.content_encoding = "gzip"
        response.set_etag(f"{known}-gzip")
        response.make_conditional(request)
    else:
        response = send_from_directory(STATIC, name)
    if is_text:
        response.vary.add("Accept-Encoding")
    if digest == known:
        response.headers["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
    else:  # asked for by a page of another release of ours, during its deployment.
        response.headers["Cache-Control"] = "no-cache"
    return response


def asset_url(name: str) -> str:
    """The address of a static file as it is now."""
    return url_for("mh_pages.static_file", digest=static_digests()[name], name=name)


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress((STATIC / name).read_bytes(), mtime=0)


@cache
def static_digests() -> dict[str, str]:
    """Each static file with the beginning of its SHA-256."""
    files = (path for path in STATIC.rglob("*") if path.is_file())
    return {path.relative_to(STATIC).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
