"""Event log: pages of the events received and of the cascades that followed, newest first.

The log of what was sent is `outbox/delivery_log.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from ...database.keyset import Rows, read_newest
from ...database.types import constant
from ...errors import Conflict, NotFound
from ...models.cascades import Cascade, CascadeState
from ...models.inbox import InboxConflict, InboxEvent, InboxState, has_event_id, is_payload, needs_correction
from ...models.products import SubjectKind

GRACE = timedelta(hours=1)
BEYOND = 2**62
"""No row has such a number."""
MOST_MAPPED = 50


@dataclass(frozen=True, kw_only=True)
class ReceivedEvent:
    """One event with the other bodies that came under its id, which were not applied; and, of a sender's payload, the
    first events that were made of it.
    """

    event: InboxEvent
    conflicts: Sequence[InboxConflict]
    mapped: Sequence[InboxEvent]


def find_events(
    session: Session,
    *,
    type_: str | None = None,
    state: InboxState | None = None,
    subject: str | None = None,
    source: str | None = None,
    search: str | None = None,
    event_id: str | None = None,
    received_from: datetime | None = None,
    received_before: datetime | None = None,
    is_uncorrected: bool = False,
    before: int | None = None,
    is_backward: bool = False,
    limit: int = 20,
) -> tuple[Rows[InboxEvent], int | None]:
    """Events received, the newest first, those whose row is older than `before`; and the next page's `before`.

    `search` is a part of an event's id or of its subject (`product:12`), for which every row is read; all else is
    found by an index, `event_id` the whole id. `is_uncorrected` leaves out rejected events that were mended.
    """
    query = select(InboxEvent)
    for column, value in ((InboxEvent.type, type_), (InboxEvent.subject, subject), (InboxEvent.source, source)):
        if value is not None:
            query = query.where(column == value)
    if state is not None:
        query = query.where(InboxEvent.state == constant(state))
    if search:
        found = (column.contains(search, autoescape=True) for column in (InboxEvent.event_id, InboxEvent.subject))
        query = query.where(or_(*found))
    if event_id is not None:
        query = query.where(has_event_id(event_id))
    if is_uncorrected:
        query = query.where(needs_correction())
    query = _received_within(query, received_from, received_before)
    return read_newest(session, query, InboxEvent.id, before=before, limit=limit, is_backward=is_backward)


def cascade_error(session: Session, cascade_id: str) -> str | None:
    """What the last failure of a cascade was."""
    return session.scalar(select(Cascade.error).where(Cascade.id == cascade_id))


def _received_within(
    query: Select[InboxEvent], received_from: datetime | None, received_before: datetime | None
) -> Select[InboxEvent]:
    """Narrow to what was received in [from, before), and name the range of rows that holds it.

    Rows are numbered in the order in which they are written: an hour's grace is far more than any writing takes.
    """
    at = InboxEvent.received_at
    number = InboxEvent.id
    if received_from is not None:
        earlier = select(number).where(at < received_from - GRACE).order_by(at.desc()).limit(1).scalar_subquery()
        query = query.where(at >= received_from, number > func.coalesce(earlier, 0))
    if received_before is not None:
        later = select(number).where(at >= received_before + GRACE).order_by(at).limit(1).scalar_subquery()
        query = query.where(at < received_before, number < func.coalesce(later, BEYOND))
    return query


def find_event(session: Session, event_id: str, *, source: str | None = None) -> ReceivedEvent:
    """One event. Raises `NotFound`; `Conflict` when several sources have the id and none is named."""
    query: Select[InboxEvent] = select(InboxEvent).where(has_event_id(event_id))
    if source is not None:
        query = query.where(InboxEvent.source == source)
    found = list(session.scalars(query))
    if not found:
        raise NotFound(f"no event {event_id}")
    if len(found) > 1:
        raise Conflict(
            f"several sources have an event {event_id}: say which",
            code="several_sources",
            sources=[event.source for event in found],
        )
    [event] = found
    aside = select(InboxConflict).where(InboxConflict.source == event.source, InboxConflict.event_id == event.event_id)
    mapped: list[InboxEvent] = []
    if is_payload(event.type):
        made = select(InboxEvent).where(InboxEvent.source == event.source, InboxEvent.mapped_from == event.event_id)
        mapped = list(session.scalars(made.order_by(InboxEvent.id).limit(MOST_MAPPED)))
    return ReceivedEvent(event=event, conflicts=list(session.scalars(aside.order_by(InboxConflict.id))), mapped=mapped)


def find_cascades(
    session: Session,
    *,
    state: CascadeState | None = None,
    subject: tuple[str, str] | None = None,
    before: int | None = None,
    is_backward: bool = False,
    limit: int = 20,
) -> tuple[Rows[Cascade], int | None]:
    """Cascades, the newest first, those whose number is smaller than `before`; and the next page's `before`."""
    query = select(Cascade)
    if state is not None:
        query = query.where(Cascade.state == constant(state))
    if subject is not None:
        query = query.where(Cascade.subject_kind == SubjectKind(subject[0]), Cascade.subject_id == subject[1])
    return read_newest(session, query, Cascade.number, before=before, limit=limit, is_backward=is_backward)
