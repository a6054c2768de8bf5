"""Customer's trace: the ids by which a customer is found in other tables, and the events that no subject leads to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, func, literal, or_, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...models.inbox import InboxConflict, InboxEvent, InboxState, is_payload
from ...models.purchases import Purchase
from ...models.support import SupportRequest

_NAMES_AN_ID = re.compile(r"(?i)ids?(_.*)?|.*ids?|.*customer.*")


@dataclass(kw_only=True)
class CustomerTrace:
    """Ids of the customer's rows. `events` are rows of the inbox, `conflicts` bodies that were put aside."""

    customer_id: str
    purchases: set[str] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    checks: set[str] = field(default_factory=set)
    events: set[int] = field(default_factory=set)
    conflicts: set[int] = field(default_factory=set)


def trace_customer(session: Session, customer_id: str) -> CustomerTrace:
    """Find what belongs to a customer."""
    trace = CustomerTrace(customer_id=customer_id)
    trace.purchases.update(session.scalars(select(Purchase.id).where(Purchase.customer_id == customer_id)))
    asked = select(SupportRequest.id, SupportRequest.check_id).where(SupportRequest.customer_id == customer_id)
    for request_id, check_id in session.execute(asked):
        trace.requests.add(request_id)
        trace.checks.update([check_id] if check_id is not None else [])
    # By the customer, then by the purchases: an event that was not applied may name only one of them.
    for name, wanted in _ids_by_name(trace):
        for number, state, content in _unapplied(session, wanted):
            if _tells_of(content, name, wanted, is_pending=state is InboxState.RECEIVED):
                trace.events.add(number)
                trace.purchases.update(_ids(content["data"].get("purchase_id")))
                trace.requests.update(_ids(content["data"].get("request_id")))
    for name, wanted in _ids_by_name(trace):
        aside = _put_aside(session, wanted)
        trace.conflicts.update(number for number, content in aside if _tells_of(content, name, wanted))
    return trace


def _ids_by_name(trace: CustomerTrace) -> Iterator[tuple[str, set[str]]]:
    yield "customer_id", {trace.customer_id}
    yield "purchase_id", trace.purchases
    yield "request_id", trace.requests


def _unapplied(session: Session, ids: set[str]) -> list[tuple[int, InboxState, dict[str, Any]]]:
    """Events that mention one of these ids and were not applied: pending, refused, or not understood."""
    elsewhere = InboxEvent.state != constant(InboxState.APPLIED)
    columns = select(InboxEvent.id, InboxEvent.state, InboxEvent.body)
    rows = session.execute(columns.where(elsewhere, _mentions(session, InboxEvent.body, ids)))
    return [(number, state, json.loads(body or b'{"type": "", "data": {}}')) for number, state, body in rows]


def _put_aside(session: Session, ids: set[str]) -> list[tuple[int, dict[str, Any]]]:
    """Bodies that mention one of these ids, and came with the id of another event, whosoever's."""
    rows = session.execute(
        select(InboxConflict.id, InboxConflict.body).where(_mentions(session, InboxConflict.body, ids))
    )
    return [(number, json.loads(body)) for number, body in rows]


def _mentions(session: Session, column: Any, ids: set[str]) -> ColumnElement[bool]:
    """SQL for: these bytes hold one of the ids, in whichever way JSON writes it."""
    written = {json.dumps(id_, ensure_ascii=ascii_only)[1:-1] for id_ in ids for ascii_only in (True, False)}
    written |= {text.replace("/", "\\/") for text in written}  # as PHP writes it.
    parts = [literal(text.encode()) for text in sorted(written)]
    if session.get_bind().dialect.name == "sqlite":
        return or_(False, *(func.instr(column, part) > 0 for part in parts))
    return or_(False, *(func.position(part.op("IN")(column)) > 0 for part in parts))


def _tells_of(content: Mapping[str, Any], name: str, ids: set[str], *, is_pending: bool = False) -> bool:
    """Whether one of these ids stands where the content names what it is about.

    The members of a sender's own payload have names that we do not know: a text may stand in any of them, a number
    where it may be an id. One that is still to be mapped goes by the name alone: it may be somebody else's, who would
    lose it, and the event that is made of it leads back to it.
    """
    is_foreign = is_payload(content["type"]) and not is_pending
    for member, value in _members("", content["data"]):
        may_be = is_foreign and (isinstance(value, str) or _NAMES_AN_ID.fullmatch(member) is not None)
        if (member == name or may_be) and not ids.isdisjoint(_ids(value)):
            return True
    return False


def _members(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Every value that holds no others, with the name under which it stands, at whatever depth."""
    if isinstance(value, dict):
        for inner_name, inner in value.items():
            yield from _members(inner_name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(name, inner)
    else:
        yield name, value


def _ids(value: Any) -> list[str]:
    """An id as it is stored; some senders write theirs as numbers."""
    is_id = isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))
    return [str(value)] if is_id else []
