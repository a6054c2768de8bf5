"""Erased events: what stays of the received events of a customer who is erased."""

from __future__ import annotations

import json

from sqlalchemy import func, or_, select, tuple_, update

from ...domain.privacy import faults_without_text, without_personal_data
from ...models.inbox import InboxConflict, InboxEvent, is_payload
from ..core.unit_of_work import UnitOfWork
from .customer_trace import CustomerTrace


def erase_received_events(uow: UnitOfWork, trace: CustomerTrace) -> None:
    """The bodies of received events, down to what is not personal, and what was said of their faults."""
    subjects = [f"customer:{trace.customer_id}"]
    subjects += [f"purchase:{id_}" for id_ in trace.purchases] + [f"request:{id_}" for id_ in trace.requests]
    origin = func.coalesce(InboxEvent.corrects, InboxEvent.mapped_from).label("origin")
    columns = InboxEvent.id, InboxEvent.source, InboxEvent.event_id, origin, InboxEvent.body, InboxEvent.errors
    theirs = select(*columns).where(or_(InboxEvent.subject.in_(subjects), InboxEvent.id.in_(trace.events)))
    found = {row.id: row for row in uow.session.execute(theirs)}
    # What was corrected, or mapped, may name somebody else, or nobody, and tell of them all the same.
    named = {(row.source, row.origin) for row in found.values() if row.origin is not None}
    while named:
        originals = select(*columns).where(tuple_(InboxEvent.source, InboxEvent.event_id).in_(named))
        new = {row.id: row for row in uow.session.execute(originals) if row.id not in found}
        found |= new
        named = {(row.source, row.origin) for row in new.values() if row.origin is not None}
    for row in found.values():
        stays = {"body": row.body and _redacted(row.body), "errors": faults_without_text(row.errors)}
        change = update(InboxEvent).where(InboxEvent.id == row.id).values(**stays)
        uow.session.execute(change.execution_options(synchronize_session=False))
    _erase_conflicts(uow, trace, [(row.source, row.event_id) for row in found.values()])


def _erase_conflicts(uow: UnitOfWork, trace: CustomerTrace, events: list[tuple[str, str]]) -> None:
    """Bodies that were put aside: those with the id of one of these events, and those that tell of the customer."""
    same = tuple_(InboxConflict.source, InboxConflict.event_id).in_(events)
    theirs = select(InboxConflict.id, InboxConflict.body).where(or_(same, InboxConflict.id.in_(trace.conflicts)))
    for number, body in uow.session.execute(theirs).all():
        change = update(InboxConflict).where(InboxConflict.id == number).values(body=_redacted(body))
        uow.session.execute(change.execution_options(synchronize_session=False))


def _redacted(body: bytes) -> bytes:
    envelope = json.loads(body)
    # The members of a sender's own payload have names that we do not know: nothing of it stays.
    data = {} if is_payload(envelope["type"]) else without_personal_data(envelope["data"])
    redacted = {**envelope, "data": data}
    stored = {name: redacted[name] for name in ("type", "timestamp", "data")}
    return json.dumps(stored, ensure_ascii=False, separators=(",", ":")).encode()
