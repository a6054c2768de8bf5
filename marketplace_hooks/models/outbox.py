"""Tables of the transactional outbox: outgoing events, endpoints, deliveries.

An outgoing event is written in the transaction that changes the state it reports. Deliveries, one for each subscribed
endpoint, are made from it by set statements; a delivery row carries its own retries.
"""

from __future__ import annotations

import enum
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    literal,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, Json, checked, random_hex


class OutgoingEvent(Base):
    """One outgoing event. `event_id` is the `webhook-id` of every attempt; `sequence` grows for each subject.

    `cause` is sent as `caused_by`. `dispatched_at` is when its deliveries were made (None: not yet).
    """

    __tablename__ = "mh_outbox"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(64), unique=True)
    type: Mapped[str] = mapped_column(String(100))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(100))
    sequence: Mapped[int] = mapped_column(BigId)
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    cause: Mapped[dict[str, Any]] = mapped_column(Json)
    cascade_id: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(Instant)
    dispatched_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index(
            "ix_mh_outbox_undispatched",
            "id",
            postgresql_where=text("dispatched_at IS NULL"),
            sqlite_where=text("dispatched_at IS NULL"),
        ),
        Index("ix_mh_outbox_subject", "subject_kind", "subject_id", "id"),
        Index(
            "ix_mh_outbox_cascade",
            "cascade_id",
            "id",
            postgresql_where=text("cascade_id IS NOT NULL"),
            sqlite_where=text("cascade_id IS NOT NULL"),
        ),
    )


class Endpoint(Base):
    """A subscriber's address, and what it subscribes to. `types` is a list of types; `["*"]` is everything.

    `secret`, `previous_secret` (which signs as well until `previous_secret_until`), `older_secrets` (replaced the same
    day, each with its end) and `headers` are encrypted at rest.
    `failing_since` is the first failure after the last success, `warned_at` when that was published. `tokens` is its
    token bucket: how many attempts may start now, as of `refilled_at`; `rate_per_s` None: the installation's rate.
    Until `rests_until` nothing is attempted, and then one at a time until one succeeds. A deleted one keeps its log.
    """

    __tablename__ = "mh_endpoints"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, default="", server_default="")
    types: Mapped[list[str]] = mapped_column(Json)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    enabled: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    failing_since: Mapped[datetime | None] = mapped_column(Instant)
    headers: Mapped[bytes | None] = mapped_column(LargeBinary)
    rate_per_s: Mapped[float | None]
    previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_secret_until: Mapped[datetime | None] = mapped_column(Instant)
    older_secrets: Mapped[bytes | None] = mapped_column(LargeBinary)
    warned_at: Mapped[datetime | None] = mapped_column(Instant)
    rests_until: Mapped[datetime | None] = mapped_column(Instant)
    deleted_at: Mapped[datetime | None] = mapped_column(Instant)
    tokens: Mapped[float] = mapped_column(default=0.0, server_default="0")
    refilled_at: Mapped[datetime | None] = mapped_column(Instant)
    sequence: Mapped[int] = mapped_column(BigId, default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(Instant)


class EndpointType(Base):
    """One type that one endpoint subscribes to (`*`: all): `Endpoint.types` as rows, for set statements to join."""

    __tablename__ = "mh_endpoint_types"

    endpoint_id: Mapped[str] = mapped_column(ForeignKey("mh_endpoints.id", ondelete="CASCADE"), primary_key=True)
    type: Mapped[str] = mapped_column(String(100), primary_key=True)


class DeliveryState(enum.StrEnum):
    """Only `pending` is work. `exhausted` had its last attempt; `parked` waits for its endpoint to be enabled again."""

    PENDING = "pending"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"
    PARKED = "parked"


class Delivery(Base):
    """One outgoing event on its way to one endpoint. `attempt_log` has the result of each attempt, newest last.

    `owner` is the lane of a worker that has leased it, until `leased_until`.
    """

    __tablename__ = "mh_deliveries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("mh_outbox.id"))
    endpoint_id: Mapped[str] = mapped_column(ForeignKey("mh_endpoints.id"))
    state: Mapped[DeliveryState] = mapped_column(checked(DeliveryState, "state"))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    due_at: Mapped[datetime] = mapped_column(Instant)
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    attempt_log: Mapped[list[dict[str, Any]] | None] = mapped_column(Json)
    delivered_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("outbox_id", "endpoint_id"),
        Index(
            "ix_mh_deliveries_due",
            "endpoint_id",
            "due_at",
            "id",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
        Index(
            "ix_mh_deliveries_leased",
            "endpoint_id",
            "owner",
            postgresql_where=text("owner IS NOT NULL"),
            sqlite_where=text("owner IS NOT NULL"),
        ),
        Index("ix_mh_deliveries_state", "state", "id"),
        Index("ix_mh_deliveries_endpoint", "endpoint_id", "id"),
    )


def new_event_id(at: datetime) -> str:
    """An id for an event published at `at`: 48 bits of milliseconds and 80 random bits, as in a UUID of version 7.

    Ids made together lie together in their index. Were they wholly random, each chunk of a long cascade would write the
    whole index anew: twice the time for a million of them.
    """
    return f"{time_prefix(at)}{secrets.token_hex(10)}"


def new_event_ids(at: datetime) -> ColumnElement[str]:
    """SQL for: another such id for each row of a set statement."""
    return literal(time_prefix(at)) + random_hex()


def time_prefix(at: datetime) -> str:
    """How the id of an event published at `at` begins: ids are ordered as their instants are."""
    return f"evt_{int(at.timestamp() * 1000):012x}"
