"""Tables of the installation itself: facts about it, and the processes that work for it."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, Instant, checked


class ProcessKind(enum.StrEnum):
    """What a background process does."""

    WORKER = "worker"
    SCHEDULER = "scheduler"


class DeploymentFact(Base):
    """One fact by its name: the installation's id, and what its processes have noticed about its surroundings."""

    __tablename__ = "mh_deployment_facts"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class Heartbeat(Base):
    """A background process, `host:pid`, and when it last said that it is alive."""

    __tablename__ = "mh_heartbeats"

    id: Mapped[str] = mapped_column(String(300), primary_key=True)
    kind: Mapped[ProcessKind] = mapped_column(checked(ProcessKind, "kind"))
    started_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_mh_heartbeats_seen", "seen_at"),)
