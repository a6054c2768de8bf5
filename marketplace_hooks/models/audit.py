"""Table of the audit log: what persons and tokens have changed, who was signed in, and who was refused access.

Append-only: only retention deletes entries, and only the erasure of a person removes that person's name from them
(`tests/contracts/test_audit_log.py`). Inbound events are not repeated in it: the inbox is their log.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ..database.types import Base, BigId, Instant, Json, checked
from .access import Role


class AuditChannel(enum.StrEnum):
    """By which way somebody acted."""

    PAGE = "page"
    API = "api"
    COMMAND = "command"


class AuditOutcome(enum.StrEnum):
    """`done`: it is so now. `unchanged`: it was so already. `refused`: the actor may not."""

    DONE = "done"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class AuditEntry(Base):
    """One act, written in the transaction of the change. `actor_*` say who it was as of then.

    `object_id` None: the act has no single object. `details` are codes and ids, never texts of people.
    """

    __tablename__ = "mh_audit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_role: Mapped[Role | None] = mapped_column(checked(Role, "actor_role"))
    actor_id: Mapped[str | None] = mapped_column(String(100))
    actor_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    token_id: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[AuditChannel] = mapped_column(checked(AuditChannel, "channel"))
    action: Mapped[str] = mapped_column(String(64))
    object_type: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str | None] = mapped_column(String(256))
    outcome: Mapped[AuditOutcome] = mapped_column(checked(AuditOutcome, "outcome"))
    address: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str] = mapped_column(String(128))
    details: Mapped[dict[str, Any] | None] = mapped_column(Json)

    __table_args__ = (
        Index("ix_mh_audit_at", "at"),
        Index("ix_mh_audit_actor", "actor_id", "id"),
        Index("ix_mh_audit_name", "actor_name", "id"),
        Index("ix_mh_audit_token", "token_id", "id"),
        Index("ix_mh_audit_action", "action", "id"),
        Index("ix_mh_audit_object", "object_id", "id"),
        Index("ix_mh_audit_request", "request_id"),
    )
