"""What stays of something that we told, once everybody has it?

Ids, type, sequence, times and what became of each delivery; its data goes, what could name a person in its cause, and
what endpoints answered in their own words, which may repeat either.
What was told of products, packs and sellers stays whole: it names no customer, and is their history (`history.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from sqlalchemy import Table, Text, bindparam, select, update
from sqlalchemy import cast as as_type
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.privacy import actor_without_name
from ...models.mails import Mail, MailState
from ...models.outbox import Delivery, DeliveryState, OutgoingEvent
from ...models.products import SubjectKind

NO_DATA: dict[str, Any] = {}
_HAS_DATA = as_type(OutgoingEvent.data, Text) != "{}"
_TO_BE_MADE = (DeliveryState.PENDING, DeliveryState.PARKED)


def is_purged(event: OutgoingEvent) -> bool:
    """Whether its data is kept no longer: then nobody can be told once more."""
    return event.data == NO_DATA


def purge_payloads(session: Session, ids: Collection[int]) -> tuple[int, set[int]]:
    """Forget the data of these outgoing events; return of how many, and which stay since somebody has yet to be told.

    Those to be forgotten are locked, and then looked at once more: nobody has one sent again in between.
    """
    theirs = OutgoingEvent.id.in_(ids), OutgoingEvent.subject_kind.not_in(list(SubjectKind)), _HAS_DATA
    personal = set(session.scalars(select(OutgoingEvent.id).where(*theirs)))
    needed = _to_be_told(session, personal)
    free = select(OutgoingEvent.id).where(OutgoingEvent.id.in_(personal - needed), _HAS_DATA)
    held = set(session.scalars(free.order_by(OutgoingEvent.id).with_for_update(key_share=True)))
    needed |= _to_be_told(session, held)
    change = update(OutgoingEvent).where(OutgoingEvent.id.in_(held - needed)).values(data=NO_DATA)
    found = change.returning(OutgoingEvent.id, OutgoingEvent.cause, OutgoingEvent.cascade_id)
    gone = session.execute(found.execution_options(synchronize_session=False)).all()
    # A cascade's reason is the seller's or the marketplace's, and the same for everybody.
    _forget_names(session, {one.id: one.cause for one in gone if one.cascade_id is None})
    _forget_answers(session, [one.id for one in gone])
    return len(gone), needed


def _to_be_told(session: Session, ids: Collection[int]) -> set[int]:
    """Those without deliveries yet, or with a delivery or a mail that has neither been made nor given up."""
    undispatched = select(OutgoingEvent.id).where(OutgoingEvent.id.in_(ids), OutgoingEvent.dispatched_at.is_(None))
    to_be_made = Delivery.state.in_([constant(one) for one in _TO_BE_MADE])
    undelivered = select(Delivery.outbox_id).where(Delivery.outbox_id.in_(ids), to_be_made)
    unsent = select(Mail.outbox_id).where(Mail.outbox_id.in_(ids), Mail.state == constant(MailState.PENDING))
    return {id_ for query in (undispatched, undelivered, unsent) for id_ in session.scalars(query)}


def _forget_names(session: Session, causes: Mapping[int, dict[str, Any]]) -> None:
    bare = {id_: _bare(cause) for id_, cause in causes.items()}
    changed = [{"of": id_, "bare": after} for id_, after in bare.items() if after != causes[id_]]
    if changed:
        table = cast(Table, OutgoingEvent.__table__)
        change = update(table).where(table.c.id == bindparam("of")).values(cause=bindparam("bare"))
        session.connection().execute(change, changed)


def _forget_answers(session: Session, ids: Collection[int]) -> None:
    quoting = select(Delivery.id, Delivery.attempt_log).where(Delivery.outbox_id.in_(ids), Delivery.attempts > 0)
    logs = {id_: log or [] for id_, log in session.execute(quoting)}
    changed = [
        {"id": id_, "attempt_log": [{name: one[name] for name in one if name != "answer"} for one in log]}
        for id_, log in logs.items()
        if any("answer" in one for one in log)
    ]
    if changed:
        session.execute(update(Delivery), changed)


def _bare(cause: dict[str, Any]) -> dict[str, Any]:
    return {**cause, "reason": "", "actor": actor_without_name(cause.get("actor", ""))}
