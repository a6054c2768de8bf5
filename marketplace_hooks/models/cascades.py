"""Table of cascades: the follow-up steps of each status change, with their progress."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, Json, checked
from .products import SubjectKind


class CascadeState(enum.StrEnum):
    """A cascade is work until it is `done`; `failed` needs a person, who can have it run again."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Cascade(Base):
    """Everything that must follow from one status change.

    `steps` is `[{"name", "state", "total", "done", "failed", "cursor"}, …]`, in order, rewritten in the same
    transaction as the chunk of work it describes: the next worker goes on from the last chunk that was committed.
    `about` is the id of what the change brought beside its subject: the release that was published.
    """

    __tablename__ = "mh_cascades"

    number: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    subject_kind: Mapped[SubjectKind] = mapped_column(checked(SubjectKind, "subject_kind"))
    subject_id: Mapped[str] = mapped_column(String(100))
    seller_id: Mapped[str] = mapped_column(String(100))
    change: Mapped[str] = mapped_column(String(32))
    about: Mapped[str | None] = mapped_column(String(100))
    cause: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[CascadeState] = mapped_column(checked(CascadeState, "state"))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index(
            "ix_mh_cascades_work",
            "number",
            postgresql_where=text("state = 'running'"),
            sqlite_where=text("state = 'running'"),
        ),
        Index(
            "ix_mh_cascades_failed",
            "number",
            postgresql_where=text("state = 'failed'"),
            sqlite_where=text("state = 'failed'"),
        ),
        Index("ix_mh_cascades_subject", "subject_kind", "subject_id", "number"),
    )
