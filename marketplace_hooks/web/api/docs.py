"""Documentation of the API: the OpenAPI document and the pages that show it, served without any other site."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, render_template, request, send_from_directory

from ...errors import NotFound
from ..appearance import SYSTEM, chosen_appearance
from ..brand import STYLE_SHEET
from ..identity.authorization import audience
from ..state import current_runtime, current_web_state
from ..urls import current_url
from .docs_page import render_page
from .operations import CONFIG_PREFIX, Api
from .responses import JSON, or_problem

STATIC = Path(__file__).parent.parent / "static"
_SERVED = {"pages.css": STATIC, "docs.css": STATIC / "api"}
"""The page names its files beside itself, so that they are found behind any prefix."""
_ROOT = '<html lang="en">'
_FORM = b"<!-- appearance -->"
_POLICY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the app's API."""
    return _api(app).document


def _api(app: Flask) -> Api:
    api: Api = app.extensions["flask-smorest"]["apis"][CONFIG_PREFIX]["ext_obj"]
    return api


@audience()
def show_document() -> Response:
    """The OpenAPI document."""
    content = {**document(current_app), "servers": _servers()}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    response = Response(body, content_type=JSON, headers={"Cache-Control": "no-cache"})
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    return or_problem(response)


def _servers() -> list[dict[str, str]]:
    """Where the paths begin: below a prefix that a host mounts us at, or that a proxy strips and PUBLIC_URL names."""
    public_url = current_runtime().settings.public_url.rstrip("/")
    return [
        {"url": request.root_path or urlsplit(public_url).path or "/", "description": "Where this document was read."},
        {"url": public_url, "description": "The address of this installation."},
    ]


@audience()
def show_pages() -> Response:
    """The page that shows the document."""
    body = _with_appearance(_page())
    response = Response(body, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    response.vary.add("Cookie")
    return _protected(response)


@audience()
def show_file(name: str) -> Response:
    """A file that the page loads."""
    if name == STYLE_SHEET and (sheet := current_web_state().brand.files.get(STYLE_SHEET)):
        return _protected(Response(sheet.content, content_type=sheet.media_type))
    if name not in _SERVED:
        raise NotFound("there is no such file")
    return _protected(send_from_directory(_SERVED[name], name))


def _page() -> bytes:
    """The page, which is written once for an app."""
    api = _api(current_app)
    if api.page is None:
        has_style_sheet = STYLE_SHEET in current_web_state().brand.files
        api.page = render_page(api.document, has_style_sheet=has_style_sheet).encode()
    return api.page


def _with_appearance(page: bytes) -> bytes:
    """The page as light or dark as its reader chose, and the form to choose."""
    chosen = chosen_appearance()
    context = {"appearance": chosen, "current_url": current_url(), "_": str}
    form = render_template("marketplace_hooks/appearance.html", **context)
    root = _ROOT if chosen == SYSTEM else f'<html lang="en" data-theme="{chosen}">'
    return page.replace(_ROOT.encode(), root.encode(), 1).replace(_FORM, form.encode(), 1)


def _protected(response: Response) -> Response:
    response.headers.update(_POLICY)
    response.headers["Cache-Control"] = "no-cache"
    return or_problem(response)


def add_documentation(blueprint: Blueprint) -> None:
    """Serve the document and its pages below the API's prefix; they are no operations, and not in the document."""
    views: dict[str, Callable[..., Response]] = {
        "/openapi.json": show_document,
        "/docs": show_pages,
        "/docs/<name>": show_file,
    }
    for path, view in views.items():
        view.provide_automatic_options = False  # type: ignore[attr-defined] # OPTIONS is answered by `errors.py`
        Blueprint.add_url_rule(blueprint, path, view.__name__, view)
