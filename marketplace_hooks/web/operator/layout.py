"""Shared by the operator's pages: rendering, days in the query, cursors of lists."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Response, request

from ...domain.instants import format_instant, parse_instant
from ...errors import Refused
from ..form_reader import parse_day
from ..list_pages import render_page
from ..pagination import decode, decode_number


def page(name: str, code: int = 200, /, **context: Any) -> Response:
    """A page of the operator's."""
    return render_page("operator", name, code, context)


def query_day(name: str) -> date | None:
    """A parameter that is a civil day, as a browser's date field sends it; None for what is none."""
    return parse_day(request.args.get(name, ""))


def cursor_number(kind: str) -> int | None:
    """The number after which this page of a list begins; None: from its beginning."""
    return decode_number(kind, request.args.get("after") or None)


def cursor_place(kind: str) -> tuple[datetime, str] | None:
    """The same for a list by instants: (instant, id)."""
    key = decode(kind, request.args.get("after") or None)
    if key is None:
        return None
    at, _, id_ = key.partition("|")
    instant = parse_instant(at)
    if instant is None or not id_:
        raise Refused("this cursor is none of this list's; begin without one", code="cursor_malformed")
    return instant, id_


def key_of(place: tuple[datetime, str]) -> str:
    """What `place_after` reads."""
    return f"{format_instant(place[0])}|{place[1]}"
