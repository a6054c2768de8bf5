"""Payload retention: what is purged of outgoing events that were delivered long ago.

Ids, type, sequence, times and the fate of each delivery stay; the data goes, what could name a person in the cause, and
the text of endpoints' answers, which may repeat either. Events about products, packs and sellers stay whole: they name
no customer, and are the history of these (`catalog/status_history.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Table, Text, bindparam, select, update
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.privacy import actor_without_name
from ...models.mails import Mail, MailState
from ...models.outbox import Delivery, DeliveryState, OutgoingEvent
from ...models.products import SubjectKind

NO_DATA: dict[str, Any] = {}
_HAS_DATA = as_type(OutgoingEvent.data, Text) != "{}"
_UNFINISHED = (DeliveryState.PENDING, DeliveryState.PARKED)


def is_purged(event: OutgoingEvent) -> bool:
    """Whether its data is gone: then it cannot be delivered again."""
    return event.data == NO_DATA


def has_payload() -> ColumnElement[bool]:
    """SQL for the opposite, of many."""
    return _HAS_DATA


def purge_payloads(session: Session, ids: Collection[int]) -> tuple[int, set[int]]:
    """Purge the data of these outgoing events; return of how many, and which stay since they are still to be delivered.

    Those to be purged are locked and then checked again: none can be redelivered in between.
    """
    theirs = OutgoingEvent.id.in_(ids), OutgoingEvent.subject_kind.not_in(list(SubjectKind)), _HAS_DATA
    personal = set(session.scalars(select(OutgoingEvent.id).where(*theirs)))
    needed = _still_needed(session, personal)
    free = select(OutgoingEvent.id).where(OutgoingEvent.id.in_(personal - needed), _HAS_DATA)
    held = set(session.scalars(free.order_by(OutgoingEvent.id).with_for_update(key_share=True)))
    needed |= _still_needed(session, held)
    change = update(OutgoingEvent).where(OutgoingEvent.id.in_(held - needed)).values(data=NO_DATA)
    found = change.returning(OutgoingEvent.id, OutgoingEvent.cause, OutgoingEvent.cascade_id)
    gone = session.execute(found.execution_options(synchronize_session=False)).all()
    redact_words(session, gone)
    return len(gone), needed


def redact_words(session: Session, events: Sequence[Row[Any]]) -> None:
    """Redact what these outgoing events (rows of `id`, `cause`, `cascade_id`) say of a person beside their data."""
    # A cascade's reason is the seller's or the marketplace's, and the same for everybody.
    _redact_causes(session, {one.id: one.cause for one in events if one.cascade_id is None})
    _redact_answers(session, [one.id for one in events])


def _still_needed(session: Session, ids: Collection[int]) -> set[int]:
    """Those without deliveries yet, or with a delivery or a mail that is neither done nor given up."""
    undispatched = select(OutgoingEvent.id).where(OutgoingEvent.id.in_(ids), OutgoingEvent.dispatched_at.is_(None))
    is_unfinished = Delivery.state.in_([constant(one) for one in _UNFINISHED])
    undelivered = select(Delivery.outbox_id).where(Delivery.outbox_id.in_(ids), is_unfinished)
    unmailed = select(Mail.outbox_id).where(Mail.outbox_id.in_(ids), Mail.state == constant(MailState.PENDING))
    return {id_ for query in (undispatched, undelivered, unmailed) for id_ in session.scalars(query)}


def _redact_causes(session: Session, causes: Mapping[int, dict[str, Any]]) -> None:
    redacted = {id_: _redacted(cause) for id_, cause in causes.items()}
    changed = [{"of": id_, "redacted": after} for id_, after in redacted.items() if after != causes[id_]]
    if changed:
        table = cast(Table, OutgoingEvent.__table__)
        change = update(table).where(table.c.id == bindparam("of")).values(cause=bindparam("redacted"))
        session.connection().execute(change, changed)


def _redact_answers(session: Session, ids: Collection[int]) -> None:
    quoting = select(Delivery.id, Delivery.attempt_log).where(Delivery.outbox_id.in_(ids), Delivery.attempts > 0)
    logs = {id_: log or [] for id_, log in session.execute(quoting)}
    changed = [
        {"id": id_, "attempt_log": [{name: one[name] for name in one if name != "answer"} for one in log]}
        for id_, log in logs.items()
        if any("answer" in one for one in log)
    ]
    if changed:
        session.execute(update(Delivery), changed)


def _redacted(cause: dict[str, Any]) -> dict[str, Any]:
    return {**cause, "reason": "", "actor": actor_without_name(cause.get("actor", ""))}
