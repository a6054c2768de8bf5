"""Shared by the seller's pages: rendering, the reader's id, cursors of lists."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from ..identity.authorization import signed_in
from ..list_pages import render_page
from ..pagination import decode


def seller_id() -> str:
    """The seller who reads this page."""
    return signed_in().subject or ""


def page(name: str, code: int = 200, /, **context: Any) -> Response:
    """A page of the seller's."""
    return render_page("seller", name, code, context)


def cursor(kind: str) -> str | None:
    """The key after which this page of a list begins; None: from its beginning. Raises `Refused` for another list's."""
    return decode(kind, request.args.get("after") or None)
