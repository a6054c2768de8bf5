"""Lists of support requests: their filters, their sort orders and their pages.

One query for every side, the API and the pages: `RequestQuery`.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from ...database.keyset import Rows, count_rows, read_entities
from ...database.text_search import folded
from ...database.types import constant
from ...domain.support.state_machine import ClockState, Handling
from ...models.products import Product
from ...models.purchases import Customer
from ...models.support import Clock, SupportRequest
from .assignment import is_assigned
from .requests import Viewer

PagePosition = tuple[datetime | None, int]
"""The row that a page begins after: its next deadline (None: it has none) and its number."""
MOST_WORDS = 10


class RequestGroup(enum.StrEnum):
    """Requests of several states. `to_acknowledge`: accepted, and no person has answered yet."""

    OPEN = "open"
    TO_ACKNOWLEDGE = "to_acknowledge"
    ALL = "all"


class RequestSort(enum.StrEnum):
    """The order of a list: the next deadline first, the newest or the oldest."""

    DEADLINE = "deadline"
    NEWEST = "newest"
    OLDEST = "oldest"


@dataclass(frozen=True, kw_only=True)
class RequestQuery:
    """Which requests a list holds. `is_overdue`: open, and one of its clocks has been missed.

    `assignee` is the person who handles them on the side that asks; customers have none. Every word of `search` is in
    the subject, the product's name or the customer's; or it is the request's id.
    """

    state: RequestGroup | Handling = RequestGroup.ALL
    is_overdue: bool = False
    product_id: str | None = None
    seller_id: str | None = None
    assignee: str | None = None
    search: str | None = None
    sort: RequestSort = RequestSort.DEADLINE

    def conditions(self, side: str) -> Iterator[ColumnElement[bool]]:
        """SQL over a request, but for `is_overdue`, which depends on the instant. `side` is the side that asks."""
        if isinstance(self.state, Handling):
            yield SupportRequest.handling == constant(self.state)
        elif self.state is not RequestGroup.ALL:
            yield SupportRequest.closed_at.is_(None)
        if self.state is RequestGroup.TO_ACKNOWLEDGE:
            yield SupportRequest.handling == constant(Handling.ACCEPTED)
            yield SupportRequest.acknowledged_at.is_(None)
            yield SupportRequest.presale.is_(False)
        if self.product_id is not None:
            yield SupportRequest.product_id == self.product_id
        if self.seller_id is not None:
            yield SupportRequest.seller_id == self.seller_id
        if self.assignee is not None:
            yield is_assigned(self.assignee, side=side)
        if self.search is not None:
            yield or_(
                SupportRequest.id == self.search, and_(*(_found(word) for word in self.search.split()[:MOST_WORDS]))
            )


ANY = RequestQuery()


def list_requests(
    session: Session,
    viewer: Viewer,
    wanted: RequestQuery = ANY,
    *,
    now: datetime | None = None,
    after: PagePosition | None = None,
    is_backward: bool = False,
    limit: int,
) -> Rows[SupportRequest]:
    """The viewer's requests in the order that is asked for: those after a position, or backward from it.

    By deadline, those without one come last, and the newest of them first: two statements, each answered by an index in
    its order, for the databases do not agree on where an order puts rows without a deadline. `now` is needed to find
    those that are overdue.
    """
    query = select(SupportRequest).where(*wanted.conditions(viewer.side))
    if viewer.seller_id is not None:
        query = query.where(SupportRequest.seller_id == viewer.seller_id)
    if viewer.customer_id is not None:
        query = query.where(SupportRequest.customer_id == viewer.customer_id)
    if wanted.is_overdue:
        query = query.where(SupportRequest.closed_at.is_(None), _has_passed(now))
    if wanted.sort is RequestSort.DEADLINE:
        return _by_deadline(session, query, after, limit, is_backward=is_backward)
    position = None if after is None else after[1:]
    options: dict[str, Any] = {"is_descending": wanted.sort is RequestSort.NEWEST, "is_backward": is_backward}
    return read_entities(session, query, (SupportRequest.number,), position=position, limit=limit, **options)


def _by_deadline(
    session: Session, query: Select[SupportRequest], after: PagePosition | None, limit: int, *, is_backward: bool
) -> Rows[SupportRequest]:
    deadline = SupportRequest.next_deadline_at
    number = SupportRequest.number
    is_undated = after is not None and after[0] is None

    def dated(position: PagePosition | None, most: int) -> Rows[SupportRequest]:
        rows = query.where(deadline.is_not(None))
        return read_entities(session, rows, (deadline, number), position=position, limit=most, is_backward=is_backward)

    def undated(position: tuple[Any, ...] | None, most: int) -> Rows[SupportRequest]:
        rows = query.where(deadline.is_(None))
        options: dict[str, Any] = {"is_descending": True, "is_backward": is_backward, "constants": (deadline,)}
        return read_entities(session, rows, (number,), position=position, limit=most, **options)

    first = undated(after[1:], limit) if after is not None and is_undated else dated(after, limit)
    rest = limit - len(first)
    others: Rows[SupportRequest] = Rows()
    if rest and is_undated is is_backward:
        others = dated(None, rest) if is_backward else undated(None, rest)
    return Rows([*others, *first] if is_backward else [*first, *others], partial(count_rows, session, query))


def _has_passed(now: datetime | None) -> ColumnElement[bool]:
    """SQL over a request: one of its clocks was missed, whether the scheduler has marked it or not."""
    if now is None:
        raise ValueError("what is overdue depends on the instant")
    is_over = or_(
        Clock.state == constant(ClockState.MISSED),
        and_(Clock.state == constant(ClockState.RUNNING), Clock.due_before <= now),
    )
    late = select(Clock.request_id).where(Clock.request_id == SupportRequest.id, is_over)
    return late.correlate(SupportRequest).exists()


def _found(word: str) -> ColumnElement[bool]:
    """SQL over a request: a word is in its subject, or in the name of its product or customer."""
    product = select(Product.id).where(
        Product.id == SupportRequest.product_id, Product.words.contains(folded(word), autoescape=True)
    )
    customer = select(Customer.id).where(
        Customer.id == SupportRequest.customer_id, Customer.name.icontains(word, autoescape=True)
    )
    return or_(
        SupportRequest.subject.icontains(word, autoescape=True),
        product.correlate(SupportRequest).exists(),
        customer.correlate(SupportRequest).exists(),
    )
