"""Payloads of senders in the inbox: the events that a mapping makes of one, and how they are stored.

The payload's row stays as it is, applied, and names no subject of ours; each event that was made of it is a row of its
own behind it, which names it in `mapped_from` and is then like any other event. All are stored in one transaction with
the result of the payload, so that a payload is mapped once, whatever happens to a worker.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select

from ..config.settings import Settings
from ..domain.instants import parse_instant
from ..errors import PayloadRejected
from ..models.inbox import InboxEvent, InboxState
from ..services.core.runtime import JobKind
from ..services.core.unit_of_work import UnitOfWork
from ..services.inbox.writer import IncomingEvent
from .envelope import parse_envelope
from .intake import incoming_event
from .mappings import SenderPayload, load_mapping, mapped_bodies
from .senders import topic_of

LONGEST_STEM = 240
"""Characters of a payload's id that stand in the ids of its events, which are at most 256 long."""


def payload_of(event: InboxEvent) -> SenderPayload:
    """What the mapping of a sender is given of a stored payload. Raises `PayloadRejected` once it was purged."""
    if event.body is None:
        raise PayloadRejected("purged", errors=[{"path": "", "message": "its body is no longer kept"}])
    content = json.loads(event.body)
    return SenderPayload(
        source=event.source,
        topic=topic_of(event.type),
        event_id=event.event_id,
        sent_at=parse_instant(content["timestamp"]) or event.sent_at,
        received_at=event.received_at,
        data=content["data"],
    )


def mapped_events(event: InboxEvent, settings: Settings) -> list[IncomingEvent]:
    """The events that the sender's mapping makes of a payload, not validated yet.

    Raises `PayloadRejected` with the reason why there are none, and `ConfigurationError` for a mapping that cannot be
    loaded any more.
    """
    sender = settings.webhook_senders.get(event.source)
    if sender is None or sender.mapping is None:
        raise PayloadRejected("no mapping", errors=[{"path": "", "message": "Its source has no mapping any more."}])
    bodies = mapped_bodies(load_mapping(sender.mapping), payload_of(event), longest=settings.max_body_bytes)
    return [
        incoming_event(
            event.source, _id_of(event.event_id, number), parse_envelope(body), body, received_at=event.received_at
        )
        for number, body in enumerate(bodies, start=1)
    ]


def row_of(mapped: IncomingEvent, payload: InboxEvent) -> InboxEvent:
    """A mapped event as a row: a new one each time, because a transaction that is rolled back spoils it."""
    columns = {name: getattr(mapped, name) for name in mapped.__slots__}
    return InboxEvent(**columns, state=InboxState.RECEIVED, mapped_from=payload.event_id)


def store_mapped(uow: UnitOfWork, payload: InboxEvent, mapped: Sequence[IncomingEvent]) -> None:
    """Store the events that were made of a payload, to be applied as any others.

    Raises `PayloadRejected` where an event of another origin has the id of one of them.
    """
    ids = [event.event_id for event in mapped]
    same = select(InboxEvent.event_id).where(InboxEvent.source == payload.source, InboxEvent.event_id.in_(ids))
    if taken := list(uow.session.scalars(same)):
        message = f"Another event has the id of one that was mapped: {taken[0]}"
        raise PayloadRejected("an id is taken", errors=[{"path": "", "message": message}])
    for event in mapped:
        uow.session.add(row_of(replace(event, received_at=uow.now), payload))
    uow.wakeups.add(JobKind.INBOX)


def _id_of(payload_id: str, number: int) -> str:
    if len(payload_id) > LONGEST_STEM:
        payload_id = f"sha256-{hashlib.sha256(payload_id.encode()).hexdigest()}"
    return f"{payload_id}-{number}"
