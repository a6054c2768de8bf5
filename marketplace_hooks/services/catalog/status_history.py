"""Status history of a product or a pack: what changed, when, by whom and why, newest first.

Changes are read from their cascades; what was only scheduled, or cancelled before its time, from the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...domain.catalog.statuses import Status
from ...domain.instants import parse_instant
from ...models.cascades import Cascade, CascadeState
from ...models.outbox import OutgoingEvent
from ...models.products import SubjectKind
from ..core.unit_of_work import Cause
from .cascades import RELEASE_PUBLISHED

SCHEDULED = "change_scheduled"
CANCELLED = "change_cancelled"


@dataclass(frozen=True, kw_only=True)
class StatusHistoryEntry:
    """One entry, newest first. `change` is a cascade's (`held`, `lifted`, `withdrawn`, `reinstated`, …) or one of
    the two above, which alone have `status` and `effective_at`. `cascade_id` None: nothing had to follow."""

    at: datetime
    change: str
    cause: Cause
    cascade_id: str | None = None
    state: CascadeState | None = None
    status: Status | None = None
    effective_at: datetime | None = None


def read_status_history(session: Session, kind: SubjectKind, id_: str, *, limit: int) -> list[StatusHistoryEntry]:
    """The last changes of one subject; releases are no change of it."""
    cascades = (
        select(Cascade)
        .where(Cascade.subject_kind == kind, Cascade.subject_id == id_, Cascade.change != RELEASE_PUBLISHED)
        .order_by(Cascade.number.desc())
        .limit(limit)
    )
    published = (
        select(OutgoingEvent)
        .where(
            OutgoingEvent.subject_kind == kind.value,
            OutgoingEvent.subject_id == id_,
            OutgoingEvent.type.in_([f"{kind}.{SCHEDULED}", f"{kind}.{CANCELLED}"]),
        )
        .order_by(OutgoingEvent.id.desc())
        .limit(limit)
    )
    found = [_changed(one) for one in session.scalars(cascades)]
    found += [_planned(one, kind) for one in session.scalars(published)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:limit]


def _changed(cascade: Cascade) -> StatusHistoryEntry:
    return StatusHistoryEntry(
        at=cascade.created_at,
        change=cascade.change,
        cause=Cause.from_json(cascade.cause),
        cascade_id=cascade.id,
        state=cascade.state,
    )


def _planned(event: OutgoingEvent, kind: SubjectKind) -> StatusHistoryEntry:
    at = event.data.get("effective_at")
    return StatusHistoryEntry(
        at=event.created_at,
        change=event.type.removeprefix(f"{kind}."),
        cause=Cause.from_json(event.cause),
        status=Status(event.data["status"]),
        effective_at=parse_instant(at) if at else None,
    )
