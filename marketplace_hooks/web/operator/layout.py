"""What do all pages of the operator's room share beside what every room does: days asked for, its lists' cursors?"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Response, request

from ...domain.instants import format_instant, parse_instant
from ...errors import Refused
from ..list_pages import render_page
from ..pagination import decode, decode_number


def page(name: str, code: int = 200, /, **context: Any) -> Response:
    """A page of the room."""
    return render_page("operator", name, code, context)


def query_day(name: str) -> date | None:
    """A parameter that is a civil day, as a browser's date field sends it; None for what is none."""
    text = request.args.get(name, "").strip()
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-03-02") else None
    except ValueError:
        day = None
    return day if day is not None and 1900 <= day.year <= 9000 else None


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
