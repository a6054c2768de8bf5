"""Progress of a cascade, for those who may see what was changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...errors import NotFound
from ...models.cascades import Cascade, CascadeState
from ...models.products import SubjectKind
from .cards import Visibility


@dataclass(frozen=True, kw_only=True)
class ChangedSubject:
    """What was changed."""

    kind: SubjectKind
    id: str


@dataclass(frozen=True, kw_only=True)
class CascadeProgress:
    """A cascade. The counts are over all steps, of what has been counted so far."""

    id: str
    state: CascadeState
    total: int
    done: int
    failed: int
    change: str
    subject: ChangedSubject
    cause: Mapping[str, Any]
    created_at: datetime
    finished_at: datetime | None
    steps: Sequence[Mapping[str, Any]]


def read_cascade_progress(session: Session, cascade_id: str, visibility: Visibility) -> CascadeProgress:
    """One cascade. Raises `NotFound`; a seller sees the cascades of what they sell."""
    cascade = session.scalar(select(Cascade).where(Cascade.id == cascade_id))
    if cascade is None or not visibility.can_see(cascade.seller_id):
        raise NotFound(f"there is no cascade {cascade_id}")
    return CascadeProgress(
        id=cascade.id,
        state=cascade.state,
        change=cascade.change,
        subject=ChangedSubject(kind=cascade.subject_kind, id=cascade.subject_id),
        cause=cascade.cause,
        created_at=cascade.created_at,
        finished_at=cascade.finished_at,
        steps=cascade.steps,
        **{name: sum(step[name] or 0 for step in cascade.steps) for name in ("total", "done", "failed")},
    )
