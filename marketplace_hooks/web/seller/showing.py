"""What do all pages of the seller's room share: whose room it is, its template, its lists' cursors?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import Response, current_app, make_response, render_template, request

from ...errors import NotFound
from ...services.installation import Installation
from ..cursors import decode, encode
from ..sign_in import signed_in
from ..state import state

A_PAGE = 25
LONGEST_ID = 100
LONGEST_SEARCH = 100
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Paged(Generic[T]):
    """One page of a list, as `parts.pager` reads it."""

    items: list[T]
    next_after: str | None


def here() -> Installation:
    """The installation of this app."""
    return state(current_app).installation


def seller_id() -> str:
    """Whose room this is."""
    return signed_in().subject or ""


def page(name: str, code: int = 200, /, **context: Any) -> Response:
    """A page of the room."""
    return make_response(render_template(f"marketplace_hooks/seller/{name}.html", **context), code)


def known_id(text: str) -> str:
    """The id of an address. Raises `NotFound` for what no id can be."""
    if len(text) > LONGEST_ID or not text.isprintable():
        raise NotFound("there is nothing of this name")
    return text


def asked(name: str, longest: int = LONGEST_SEARCH) -> str | None:
    """A parameter of the address without what no text holds; None when nothing is left of it."""
    text = "".join(letter for letter in request.args.get(name, "") if letter.isprintable()).strip()
    return text[:longest] or None


def cursor(kind: str) -> str | None:
    """The key after which this page of a list begins; None: from its beginning. Raises `Refused` for another list's."""
    return decode(kind, request.args.get("after") or None)


def paged(kind: str, found: list[T], key: Callable[[T], str]) -> Paged[T]:
    """A page of what was found, one more of which says that another page follows."""
    items = found[:A_PAGE]
    return Paged(items=items, next_after=encode(kind, key(items[-1])) if len(found) > A_PAGE else None)
