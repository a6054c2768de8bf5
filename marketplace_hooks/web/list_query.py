"""List queries: the filters and orders of a list, by one grammar for all lists.

`q` is text that is looked for; `state` or `status`, `product`, `seller`, `kind`, `id`, `role` and so on are what they
say; `overdue=yes`; `from` and `to` are days; `sort` is an order; `after` and `before` are the place in the list. An
empty parameter is one that is not there. A name, a value or an order that a list does not have is refused: left out in
silence, it would show a list of something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, TypeVar

from flask import request

from ..domain.civil_days import end_of, first_instant
from ..errors import ListQueryRefused
from .form_reader import parse_day
from .i18n.language import LazyText, lazy, wording
from .labels.states import state_tag
from .list_pages import query_text

Member = TypeVar("Member", bound=StrEnum)
Label = LazyText | str
Options = Sequence[tuple[str, Label]]
FilterType = Literal["text", "search", "choice", "day"]

PLACE = ("after", "before", "live")
"""Parameters that are no filters: where in the list, and whether it keeps itself up to date."""
IGNORED = ("_", "utm_")
"""How parameters begin that are none of a list's: htmx's own, and those of a campaign."""
SORT = "sort"
YES = "yes"
ANY = lazy("Any")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One filter of a list. `options`, a function of them where labels depend on the reader, makes it a choice.

    `any` is the choice of none; without it, the filter's `default` holds. `suggestions` are of a text.
    """

    name: str
    label: LazyText
    type: FilterType = "text"
    options: Options | Callable[[], Options] = ()
    any: LazyText | None = ANY
    default: str | None = None
    suggestions: Sequence[str] = ()

    def choices(self) -> list[tuple[str, str]]:
        """Its values with their labels, for the reader."""
        options = self.options() if callable(self.options) else self.options
        return [(value, str(label)) for value, label in options]


def settled_choice(name: str, label: LazyText, options: Options | Callable[[], Options], default: str) -> Filter:
    """A choice that is always made: `default` when nothing is asked for."""
    return Filter(name=name, label=label, type="choice", options=options, any=None, default=str(default))


DAYS = (
    Filter(name="from", label=lazy("From date"), type="day"),
    Filter(name="to", label=lazy("To date"), type="day"),
)
"""The filters of a list by its dates: `AskedList.begins_at` and `ends_before`."""


@dataclass(frozen=True, kw_only=True)
class AskedFilter:
    """A filter with what is asked for, as the form above a list shows it."""

    filter: Filter
    value: str | None
    choices: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class AskedList:
    """What the address asks of a list; every value is one that its filter can have."""

    filters: Sequence[AskedFilter]
    values: Mapping[str, str | None]
    sort: str | None
    sorts: Sequence[tuple[str, str]]

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter is set to something else than it is by itself."""
        return any(one.value is not None and one.value != one.filter.default for one in self.filters)

    def get(self, name: str) -> str | None:
        """The value of a filter; None: any."""
        return self.values[name]

    def member(self, name: str, members: type[Member]) -> Member | None:
        """The value of a filter as a member of an enumeration."""
        value = self.values[name]
        return None if value is None else members(value)

    def day(self, name: str) -> date | None:
        """The value of a filter as a day."""
        return parse_day(self.values[name] or "")

    def begins_at(self) -> datetime | None:
        """The first instant of the day `from`, in the reader's zone."""
        day = self.day("from")
        return None if day is None else first_instant(day, wording().zone)

    def ends_before(self) -> datetime | None:
        """The first instant after the day `to`, in the reader's zone."""
        day = self.day("to")
        return None if day is None else end_of(day, wording().zone)

    def is_yes(self, name: str) -> bool:
        """Whether a filter with the one choice `yes` is set."""
        return self.values[name] == YES


@dataclass(frozen=True, kw_only=True)
class ListQuery:
    """The filters and orders of one list; the first order is its own. `others` are what its page is asked besides."""

    filters: Sequence[Filter] = ()
    sorts: Options = ()
    others: Sequence[str] = ()

    def read(self) -> AskedList:
        """What the address asks for. Raises `ListQueryRefused`."""
        known = {*(one.name for one in self.filters), *self.others, *PLACE, SORT}
        for name in request.args:
            if name not in known and not name.startswith(IGNORED):
                raise ListQueryRefused(
                    f"this list has no filter {name[:100]!r}",
                    code="filter_unknown",
                    name=name[:100],
                    choices=sorted(one.name for one in self.filters),
                )
        asked = [_read(one) for one in self.filters]
        return AskedList(
            filters=asked,
            values={one.filter.name: one.value for one in asked},
            sort=self._sort(),
            sorts=[(value, str(label)) for value, label in self.sorts],
        )

    def _sort(self) -> str | None:
        orders = [value for value, _ in self.sorts]
        wanted = query_text(SORT)
        if wanted is None:
            return orders[0] if orders else None
        if wanted not in orders:
            raise ListQueryRefused(
                f"this list has no order {wanted!r}", code="sort_unknown", name=SORT, value=wanted, choices=orders
            )
        return wanted


def state_options(members: Iterable[StrEnum]) -> Callable[[], Options]:
    """States as the choices of a filter, by the words of their tags."""
    return lambda: [(one.value, state_tag(one)[1]) for one in members]


def _read(one: Filter) -> AskedFilter:
    value = query_text(one.name)
    choices = one.choices()
    if value is None:
        return AskedFilter(filter=one, value=one.default, choices=choices)
    is_choice = one.type == "choice"
    if (is_choice and value not in dict(choices)) or (one.type == "day" and parse_day(value) is None):
        raise ListQueryRefused(
            f"{value!r} is no value of the filter {one.name!r}",
            code="filter_malformed",
            name=one.name,
            value=value,
            choices=list(dict(choices)),
        )
    return AskedFilter(filter=one, value=value, choices=choices)
