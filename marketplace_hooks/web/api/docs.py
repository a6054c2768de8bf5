"""Documentation of the API: the OpenAPI document and the pages that show it, served without any other site."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
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
from .responses import JSON, or_problem

DOCUMENTATION = "marketplace_hooks_api"
"""Where an app keeps it, among its extensions."""
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


@dataclass(frozen=True, kw_only=True)
class Documentation:
    """What an app shows of the API. Each part is made when it is first asked for."""

    title: str
    url_prefix: str
    path: str

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document."""
        from .openapi import write_document  # flask-smorest and apispec write it, and nothing else needs them.

        return write_document(title=self.title, url_prefix=self.url_prefix, path=self.path)

    @cached_property
    def page(self) -> bytes:
        """The page that shows it."""
        from .docs_page import render_page

        has_style_sheet = STYLE_SHEET in current_web_state().brand.files
        return render_page(self.document, has_style_sheet=has_style_sheet).encode()


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the app's API."""
    return _documentation(app).document


def _documentation(app: Flask) -> Documentation:
    found: Documentation = app.extensions[DOCUMENTATION]
    return found


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
    body = _with_appearance(_documentation(current_app).page)
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
