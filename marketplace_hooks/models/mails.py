"""Table of outgoing mails: one for each event and reader, or for several messages of a conversation, with attempts."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, checked
from ..domain.notifications import Reader


class MailState(enum.StrEnum):
    """Only `pending` is work. `refused` by the server for good; `exhausted` had its last attempt; `dropped`: it had no
    address any more, or no text."""

    PENDING = "pending"
    SENT = "sent"
    REFUSED = "refused"
    EXHAUSTED = "exhausted"
    DROPPED = "dropped"


class Mail(Base):
    """One outgoing event on its way to one person. Nothing personal is stored: the address is read when it is sent, and
    `last_error` is the server's code without its text.

    `event_id` is the outgoing event's, of which the Message-ID is made: the same at every attempt. `conversation` is
    the request whose new messages it is about (None: something else); one at a time waits for each reader.
    """

    __tablename__ = "mh_mails"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    outbox_id: Mapped[int] = mapped_column(BigId)
    event_id: Mapped[str] = mapped_column(String(64))
    reader: Mapped[Reader] = mapped_column(checked(Reader, "reader"))
    reader_id: Mapped[str] = mapped_column(String(100))
    conversation: Mapped[str | None] = mapped_column(String(100))
    state: Mapped[MailState] = mapped_column(checked(MailState, "state"))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    due_at: Mapped[datetime] = mapped_column(Instant)
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("outbox_id", "reader"),
        Index(
            "ix_mh_mails_due",
            "due_at",
            "id",
            postgresql_where=text("state = 'pending'"),
            sqlite_where=text("state = 'pending'"),
        ),
        Index("ix_mh_mails_state", "state", "id"),
        Index(
            "ix_mh_mails_conversation",
            "conversation",
            "reader",
            "due_at",
            postgresql_where=text("conversation IS NOT NULL"),
            sqlite_where=text("conversation IS NOT NULL"),
        ),
        Index(
            "ux_mh_mails_waiting",
            "conversation",
            "reader",
            unique=True,
            postgresql_where=text("conversation IS NOT NULL AND state = 'pending'"),
            sqlite_where=text("conversation IS NOT NULL AND state = 'pending'"),
        ),
    )
