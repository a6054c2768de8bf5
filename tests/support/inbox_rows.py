"""Inbound events as rows of the inbox: inserted as if they had been posted, without waking a worker."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

from sqlalchemy import insert, select

from marketplace_hooks.database.engine import Database
from marketplace_hooks.domain.instants import format_instant
from marketplace_hooks.events.envelope import parse_envelope
from marketplace_hooks.events.intake import subject_and_shard
from marketplace_hooks.events.registry import charge_of, is_urgent
from marketplace_hooks.models.inbox import InboxEvent, InboxState

Event = tuple[str, dict[str, Any]]
"""The type and the data of one event."""


class HasDatabase(Protocol):
    """A runtime, or a deployment."""

    @property
    def database(self) -> Database: ...


def body_of(event: Event) -> bytes:
    """The body of an event that happens now."""
    type_, data = event
    envelope = {"type": type_, "timestamp": format_instant(datetime.now(UTC)), "data": data}
    return json.dumps(envelope, ensure_ascii=False).encode()


def insert_events(target: HasDatabase, events: Iterable[Event]) -> list[str]:
    """Insert events received now, in one transaction; return their ids."""
    now = datetime.now(UTC)
    run = secrets.token_hex(6)
    rows = []
    for number, event in enumerate(events):
        body = body_of(event)
        event_id = f"evt_{run}_{number}"
        envelope = parse_envelope(body)
        subject, shard = subject_and_shard(envelope, event_id)
        rows.append(
            {
                "source": "marketplace",
                "event_id": event_id,
                "type": envelope.type,
                "subject": subject,
                "shard": shard,
                "sent_at": envelope.sent_at,
                "received_at": now,
                "body": body,
                "body_sha256": hashlib.sha256(body).hexdigest(),
                "state": InboxState.RECEIVED,
                "attempts": 0,
                "urgent": is_urgent(envelope.type),
                "charge_id": charge_of(envelope.data),
            }
        )
    with target.database.begin() as connection:
        connection.execute(insert(InboxEvent), rows)
    return [row["event_id"] for row in rows]


def has_pending_events(target: HasDatabase) -> bool:
    """Whether an event waits to be applied."""
    with target.database.read_session() as session:
        pending = select(InboxEvent.id).where(InboxEvent.state == InboxState.RECEIVED).limit(1)
        return session.scalar(pending) is not None
