"""Where is the API described: the OpenAPI document, and pages that show it, with nothing from anywhere else?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request, send_from_directory

from ...errors import NotFound
from ..identity.authorization import audience
from .operations import CONFIG_PREFIX, blueprint
from .responses import JSON

STATIC = Path(__file__).parent.parent / "static"
RAPIDOC = STATIC / "vendor" / "rapidoc"
_SERVED = frozenset({"rapidoc-min.js", "rapidoc-min.js.LICENSE.txt", "LICENSE"})
_POLICY = {
    # RapiDoc writes style attributes of its own; scripts come from here alone, and nothing is sent elsewhere.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the app's API."""
    api = app.extensions["flask-smorest"]["apis"][CONFIG_PREFIX]["ext_obj"]
    written: dict[str, Any] = api.spec.to_dict()
    return written


@audience()
def show_document() -> Response:
    """The OpenAPI document."""
    body = json.dumps(document(current_app), ensure_ascii=False).encode()
    response = Response(body, content_type=JSON, headers={"Cache-Control": "no-cache"})
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    return response


@audience()
def show_pages() -> Response:
    """The pages: one, which reads the document beside it."""
    return _served(STATIC / "api", "docs.html")


@audience()
def show_file(name: str) -> Response:
    """A file of the pages."""
    if name not in _SERVED:
        raise NotFound("there is no such file")
    return _served(RAPIDOC, name)


def _served(folder: Path, name: str) -> Response:
    response = send_from_directory(folder, name)
    response.headers.update(_POLICY)
    response.headers["Cache-Control"] = "no-cache"
    return response


def add_pages(path: str, view: Callable[..., Response]) -> None:
    """Serve a view below the prefix by Flask's own way: it is no call of the API, and not in its document."""
    view.provide_automatic_options = False  # type: ignore[attr-defined] # OPTIONS is answered by `refusals.py`
    Blueprint.add_url_rule(blueprint, path, view.__name__, view)


add_pages("/openapi.json", show_document)
add_pages("/docs", show_pages)
add_pages("/docs/<name>", show_file)
