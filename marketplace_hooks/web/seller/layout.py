"""Shared by the seller's pages: rendering and the reader's id."""

from __future__ import annotations

from typing import Any

from flask import Response

from ..identity.authorization import signed_in
from ..list_pages import render_page


def seller_id() -> str:
    """The seller who reads this page."""
    return signed_in().subject or ""


def page(name: str, code: int = 200, /, **context: Any) -> Response:
    """A page of the seller's."""
    return render_page("seller", name, code, context)
