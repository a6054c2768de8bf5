"""Audit log: its entries by who, what, on what and when, the newest first; and the purge of old ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from ...database.keyset import Rows, read_newest
from ...domain.audit_actions import AuditAction
from ...models.audit import AuditEntry


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which entries; None: whatever it is. `who` is a person's id or whole name, or a token's id."""

    who: str | None = None
    action: AuditAction | None = None
    object_type: str | None = None
    object_id: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether some entries are left out."""
        return any(getattr(self, one.name) is not None for one in fields(self))

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """The same in SQL."""
        if self.who is not None:
            columns = (AuditEntry.actor_id, AuditEntry.actor_name, AuditEntry.token_id)
            yield or_(*(column == self.who for column in columns))
        for name in ("action", "object_type", "object_id", "request_id"):
            if (value := getattr(self, name)) is not None:
                yield getattr(AuditEntry, name) == value
        if self.since is not None:
            yield AuditEntry.at >= self.since
        if self.before is not None:
            yield AuditEntry.at < self.before


def find_entries(
    session: Session, wanted: AuditFilter, *, before: int | None = None, is_backward: bool = False, limit: int
) -> tuple[Rows[AuditEntry], int | None]:
    """Entries, the newest first, those whose number is below `before`; and the next page's `before`."""
    query = select(AuditEntry).where(*wanted.conditions())
    return read_newest(session, query, AuditEntry.id, before=before, limit=limit, is_backward=is_backward)


def purge_entries(session: Session, before: datetime, *, limit: int) -> int:
    """Delete at most `limit` entries that are older; return how many there were."""
    old = select(AuditEntry.id).where(AuditEntry.at < before).order_by(AuditEntry.at).limit(limit)
    gone = delete(AuditEntry).where(AuditEntry.id.in_(old.scalar_subquery())).returning(AuditEntry.id)
    return len(session.scalars(gone.execution_options(synchronize_session=False)).all())
