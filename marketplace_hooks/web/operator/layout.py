"""Shared by the operator's pages: rendering, and days in the query."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Response, request

from ..form_reader import parse_day
from ..list_pages import render_page


def page(name: str, code: int = 200, /, **context: Any) -> Response:
    """A page of the operator's."""
    return render_page("operator", name, code, context)


def query_day(name: str) -> date | None:
    """A parameter that is a civil day, as a browser's date field sends it; None for what is none."""
    return parse_day(request.args.get(name, ""))
