"""Time zones: the zone in which the reader of a request is shown times.

The one chosen here, in a cookie; else the reference zone. Civil days of Business Care and of deadlines are those of the
reference zone whatever is chosen: only instants move.
"""

from __future__ import annotations

import zoneinfo
from functools import cache
from zoneinfo import ZoneInfo

from flask import has_request_context, request

from .state import current_runtime

COOKIE = "mh_zone"


@cache
def known_zones() -> tuple[str, ...]:
    """Every zone that may be chosen: those with a place's name, and UTC."""
    return ("UTC", *sorted(name for name in zoneinfo.available_timezones() if _is_a_place(name)))


def _is_a_place(name: str) -> bool:
    continents = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
    return name.partition("/")[0] in continents


def chosen_zone() -> str | None:
    """The zone chosen with this browser; None when none was, or what it sends is none."""
    chosen = request.cookies.get(COOKIE) if has_request_context() else None
    return chosen if chosen in known_zones() else None


def reader_zone() -> ZoneInfo:
    """The zone whose times this request's reader is shown."""
    chosen = chosen_zone()
    return ZoneInfo(chosen) if chosen else current_runtime().settings.reference_zone
