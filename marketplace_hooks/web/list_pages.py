"""List pages: one page of a list, with its place in the whole and the cursors of the pages around it.

A cursor in an address is the number of rows before it, a dot, and the cursor of `pagination.py`: `25.b3JkZXJz…`. The
number only says "26–50"; the rows are found by the key. `after` leads forward, `before` backward.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import Response, make_response, render_template, request

from ..database.keyset import Rows
from ..errors import NotFound
from .pagination import encode, malformed_cursor

PAGE_SIZE = 25
MOST_COUNTED = 1_000
"""A list is counted no further: "of more than 1,000"."""
LONGEST_ID = 256
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ListPage(Generic[T]):
    """One page of a list, as the macro `pager` reads it: its rows are `first` to `last` of `total`.

    `is_exact`: there are exactly `total`; else more.
    """

    items: Sequence[T]
    next_after: str | None = None
    previous_before: str | None = None
    first: int = 1
    total: int = 0
    is_exact: bool = True

    @property
    def last(self) -> int:
        """The place of its last row."""
        return self.first + len(self.items) - 1


def render_page(area: str, name: str, code: int, context: dict[str, Any]) -> Response:
    """A page of an area, by the name of its template."""
    return make_response(render_template(f"marketplace_hooks/{area}/{name}.html", **context), code)


def cursor() -> str | None:
    """The cursor at which this page of a list begins or ends; None for its first page."""
    return _place()[0]


def is_backward() -> bool:
    """Whether this page of a list is the one before its cursor."""
    return bool(request.args.get("before"))


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


def list_page(kind: str, found: Rows[T], key: Callable[[T], str | int], *, size: int = PAGE_SIZE) -> ListPage[T]:
    """A page of what was found: `size` + 1 rows, if there are as many. Its list is counted, in the caller's session."""
    place, start = _place()
    backward = is_backward()
    has_more = len(found) > size
    items = found.nearest(size, is_backward=backward)
    has_next = items and (has_more or backward)
    has_previous = items and (has_more if backward else place is not None)
    total = len(items) if place is None and not has_next else found.count_up_to(MOST_COUNTED)
    if not has_previous:
        start = 0
    elif not has_next and total <= MOST_COUNTED:
        start = total - len(items)
    elif backward:
        start = max(start - len(items), 1)
    known = max(total, start + len(items))
    return ListPage(
        items=items,
        next_after=f"{start + len(items)}.{encode(kind, key(items[-1]))}" if has_next else None,
        previous_before=f"{start}.{encode(kind, key(items[0]))}" if has_previous else None,
        first=start + 1,
        total=MOST_COUNTED if total > MOST_COUNTED else known,
        is_exact=total <= MOST_COUNTED,
    )


def _place() -> tuple[str | None, int]:
    """The cursor of the address, and how many rows are before it. Raises `Refused` (`cursor_malformed`)."""
    after = request.args.get("after") or None
    before = request.args.get("before") or None
    if after is None and before is None:
        return None, 0
    number, dot, found = (before or after or "").partition(".")
    if (after and before) or not dot or not (number.isascii() and number.isdecimal() and len(number) <= 12):
        raise malformed_cursor()
    return found, int(number)
