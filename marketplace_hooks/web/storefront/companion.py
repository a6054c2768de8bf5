"""Companion module for download: the zip that a merchant installs in PrestaShop, and its SHA-256.

Whoever installs it can compare the hash with the one that the page of their check shows.
"""

from __future__ import annotations

from flask import Response, request

from ..companion_archive import NAME, companion_archive
from ..identity.authorization import audience
from .blueprint import blueprint


@blueprint.get("/companion.zip")
@audience()
def companion() -> Response:
    """The module as PrestaShop installs it."""
    response = Response(companion_archive().content, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{NAME}"'
    return _revalidated(response)


@blueprint.get("/companion.zip.sha256")
@audience()
def companion_hash() -> Response:
    """The hash in the form that `sha256sum --check` reads."""
    line = f"{companion_archive().sha256}  {NAME}\n"
    return _revalidated(Response(line, content_type="text/plain; charset=utf-8"))


def _revalidated(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(companion_archive().sha256[:32])
    response.make_conditional(request)
    return response
