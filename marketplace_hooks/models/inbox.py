"""Tables of the inbox: every inbound event with its bytes as received, and what became of it.

One row for each (source, event id). The row is the truth; the queue only wakes workers.
Workers lease *shards* (a hash of the event's subject), so that the events about one product are applied in the order
of their receipt, while different products go side by side.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    and_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ..database.loose_index_scan import each_once
from ..database.types import Base, BigId, Instant, Json, checked, constant

SHARDS = 64
LONGEST_SUBJECT = 200
LONGEST_CHARGE_ID = 200


class InboxState(enum.StrEnum):
    """Where an event stands. Only `received` is work to do; `parked` waits for its parent, up to a limit."""

    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    REJECTED = "rejected"
    PARKED = "parked"
    FAILED = "failed"


class InboxEvent(Base):
    """An event as the marketplace sent it.

    `outcome` says what applying it did (`changed`, `scheduled`, `no_effect`, `superseded`); `parked_on` names the
    missing parent (`seller:12`). `due_at` is when a parked event is tried again although its parent is still unknown,
    and when one that failed is. An `urgent` one goes before all others (`services/inbox/order.py`). An event that mends
    another one `corrects` it, and is named there in `corrected_by`; both are of the same source. `mapped_from` is the
    payload of a sender that an event was made of, of the same source too. `charge_id` is the charge that an event
    reports: of several waiting events about one charge, the first one received is applied first.
    """

    __tablename__ = "mh_inbox"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[str] = mapped_column(String(256))
    type: Mapped[str] = mapped_column(String(100))
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT))
    shard: Mapped[int] = mapped_column(SmallInteger)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    body_sha256: Mapped[str] = mapped_column(String(64))
    state: Mapped[InboxState] = mapped_column(checked(InboxState, "state"))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    outcome: Mapped[str | None] = mapped_column(String(32))
    errors: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    parked_on: Mapped[str | None] = mapped_column(String(200))
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    urgent: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    applied_at: Mapped[datetime | None] = mapped_column(Instant)
    corrects: Mapped[str | None] = mapped_column(String(256))
    corrected_by: Mapped[str | None] = mapped_column(String(256))
    mapped_from: Mapped[str | None] = mapped_column(String(256))
    charge_id: Mapped[str | None] = mapped_column(String(LONGEST_CHARGE_ID))

    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index(
            "ix_mh_inbox_work",
            "shard",
            "id",
            postgresql_where=text("state = 'received'"),
            sqlite_where=text("state = 'received'"),
        ),
        Index(
            "ix_mh_inbox_parked",
            "parked_on",
            "due_at",
            postgresql_where=text("state = 'parked'"),
            sqlite_where=text("state = 'parked'"),
        ),
        Index(
            "ix_mh_inbox_urgent",
            "shard",
            "id",
            postgresql_where=text("state = 'received' AND urgent"),
            sqlite_where=text("state = 'received' AND urgent = 1"),
        ),
        Index(
            "ix_mh_inbox_resting",
            "subject",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL AND state <> 'parked'"),
            sqlite_where=text("due_at IS NOT NULL AND state <> 'parked'"),
        ),
        Index(
            "ix_mh_inbox_mapped",
            "source",
            "mapped_from",
            postgresql_where=text("mapped_from IS NOT NULL"),
            sqlite_where=text("mapped_from IS NOT NULL"),
        ),
        Index(
            "ix_mh_inbox_charge",
            "charge_id",
            "id",
            postgresql_where=text("charge_id IS NOT NULL AND state <> 'applied'"),
            sqlite_where=text("charge_id IS NOT NULL AND state <> 'applied'"),
        ),
        Index("ix_mh_inbox_subject", "subject", "id"),
        # Without those that wait: `is_waiting` says why.
        Index("ix_mh_inbox_state", "state", "id", postgresql_where=text("state <> 'received'")),
        Index("ix_mh_inbox_type", "type", "id"),
        Index("ix_mh_inbox_received", "received_at"),
    )


def has_event_id(event_id: str) -> ColumnElement[bool]:
    """SQL for: an event of this id, from whatever source. The index begins with the source, of which there are few."""
    return and_(InboxEvent.source.in_(each_once(InboxEvent.source)), InboxEvent.event_id == event_id)


def is_waiting(event: type[InboxEvent]) -> ColumnElement[bool]:
    """SQL for: an event in the state `received`, for a search by its subject or its charge.

    While PostgreSQL's statistics say that no event waits, which they do until long after a backlog has begun, it takes
    any index of the events in that state to be empty, and would read all of it in each search for a few of them. So the
    state is not named here, and an index by which few events are sought holds those in other states, too.
    """
    return and_(*(event.state != constant(state) for state in InboxState if state is not InboxState.RECEIVED))


def needs_correction() -> ColumnElement[bool]:
    """SQL for: a rejected event that nobody has corrected."""
    return and_(InboxEvent.state == constant(InboxState.REJECTED), InboxEvent.corrected_by.is_(None))


def is_payload(type_: str) -> bool:
    """Whether an event of this type is a payload of a sender, to be mapped: `shop:orders/paid`."""
    return ":" in type_


class InboxConflict(Base):
    """The same event id with another body: stored for a person to examine, never applied."""

    __tablename__ = "mh_inbox_conflicts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(64))
    event_id: Mapped[str] = mapped_column(String(256))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_sha256: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (UniqueConstraint("source", "event_id", "body_sha256"),)


class Shard(Base):
    """One shard of the inbox. `owner` is the worker that leases it until `leased_until`, as renewed in every commit."""

    __tablename__ = "mh_shards"

    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
