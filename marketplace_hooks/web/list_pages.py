"""List pages: filters in the query, ids in addresses, one page of a list with the cursor of the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from flask import Response, make_response, render_template, request

from ..errors import NotFound
from .pagination import encode

PAGE_SIZE = 25
LONGEST_ID = 256
T = TypeVar("T")
Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, kw_only=True)
class ListPage(Generic[T]):
    """One page of a list, as the macro `pager` reads it."""

    items: Sequence[T]
    next_after: str | None


def render_page(area: str, name: str, code: int, context: dict[str, Any]) -> Response:
    """A page of an area, by the name of its template."""
    return make_response(render_template(f"marketplace_hooks/{area}/{name}.html", **context), code)


def cursor() -> str | None:
    """The cursor after which this page of a list begins; None for its first page."""
    return request.args.get("after") or None


def is_id(text: str) -> bool:
    """Whether a text can be an id."""
    return 0 < len(text) <= LONGEST_ID and text.isprintable()


def checked_id(text: str) -> str:
    """The id of an address. Raises `NotFound` for what no id can be."""
    if not is_id(text):
        raise NotFound("there is nothing of this name")
    return text


def query_text(name: str, longest: int = LONGEST_ID) -> str | None:
    """A parameter of the address without what no text holds; None when nothing is left of it."""
    text = "".join(char for char in request.args.get(name, "") if char.isprintable()).strip()
    return text[:longest] or None


def query_choice(name: str, members: type[Choice]) -> Choice | None:
    """A parameter that is a member of an enumeration; None for any other."""
    text = request.args.get(name, "")
    return members(text) if text in list(members) else None


def list_page(kind: str, found: Sequence[T], key: Callable[[T], str | int]) -> ListPage[T]:
    """A page of what was found, one more of which says that another page follows."""
    items = found[:PAGE_SIZE]
    return ListPage(items=items, next_after=encode(kind, key(items[-1])) if len(found) > PAGE_SIZE else None)
