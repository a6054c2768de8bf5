"""What do all pages of the operator's room share: its templates, what was asked for, its lists' cursors?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from flask import Response, current_app, make_response, render_template, request

from ...domain.instants import format_instant, parse_instant
from ...errors import NotFound, Refused
from ...services.installation import Installation
from ..cursors import decode, decode_number, encode
from ..state import state

A_PAGE = 25
LONGEST_ID = 256
T = TypeVar("T")
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class Paged(Generic[T]):
    """One page of a list, as `parts.pager` reads it."""

    items: Sequence[T]
    next_after: str | None


def here() -> Installation:
    """The installation of this app."""
    return state(current_app).installation


def page(name: str, code: int = 200, /, **context: Any) -> Response:
    """A page of the room."""
    return make_response(render_template(f"marketplace_hooks/operator/{name}.html", **context), code)


def known_id(text: str) -> str:
    """The id of an address. Raises `NotFound` for what no id can be."""
    if len(text) > LONGEST_ID or not text.isprintable():
        raise NotFound("there is nothing of this name")
    return text


def asked(name: str, longest: int = LONGEST_ID) -> str | None:
    """A parameter of the address without what no text holds; None when nothing is left of it."""
    text = "".join(letter for letter in request.args.get(name, "") if letter.isprintable()).strip()
    return text[:longest] or None


def asked_word(name: str, words: type[_Word]) -> _Word | None:
    """A parameter that is one word of an enumeration; None for any other."""
    text = request.args.get(name, "")
    return words(text) if text in list(words) else None


def asked_day(name: str) -> date | None:
    """A parameter that is a civil day, as a browser's date field sends it; None for what is none."""
    text = request.args.get(name, "").strip()
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-03-02") else None
    except ValueError:
        day = None
    return day if day is not None and 1900 <= day.year <= 9000 else None


def number_after(kind: str) -> int | None:
    """The number after which this page of a list begins; None: from its beginning."""
    return decode_number(kind, request.args.get("after") or None)


def place_after(kind: str) -> tuple[datetime, str] | None:
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


def paged(kind: str, found: Sequence[T], key: Callable[[T], str | int]) -> Paged[T]:
    """A page of what was found, one more of which says that another page follows."""
    items = found[:A_PAGE]
    return Paged(items=items, next_after=encode(kind, key(items[-1])) if len(found) > A_PAGE else None)
