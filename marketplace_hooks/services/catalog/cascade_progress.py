"""Progress of a cascade, for those who may see what was changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...errors import NotFound
from ...models.cascades import Cascade, CascadeState
from ...models.outbox import OutgoingEvent
from ...models.products import SubjectKind
from .cards import Visibility

MOST_COUNTED = 1_000
"""Events of one cascade that a page counts by their types."""


@dataclass(frozen=True, kw_only=True)
class ChangedSubject:
    """What was changed."""

    kind: SubjectKind
    id: str


@dataclass(frozen=True, kw_only=True)
class CascadeProgress:
    """A cascade. The counts are over all steps, of what has been counted so far.

    `published` counts the outgoing events of a finished cascade by type; None while it runs, for one that has published
    more than `MOST_COUNTED`, and once its events are purged.
    """

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
    published: Mapping[str, int] | None


def read_cascade_progress(session: Session, cascade_id: str, visibility: Visibility) -> CascadeProgress:
    """One cascade. Raises `NotFound`; a seller sees the cascades of what they sell."""
    found = read_all_progress(session, [cascade_id], visibility)
    if not found:
        raise NotFound(f"there is no cascade {cascade_id}")
    return found[0]


def read_all_progress(session: Session, ids: Sequence[str], visibility: Visibility) -> Sequence[CascadeProgress]:
    """The same for several, by two statements however many they are; those that are not found are left out."""
    query = select(Cascade).where(Cascade.id.in_(ids)).order_by(Cascade.number)
    cascades = [one for one in session.scalars(query) if visibility.can_see(one.seller_id)]
    published = _count_published(session, [one for one in cascades if 0 < _events_of(one) <= MOST_COUNTED])
    return [_progress(one, published.get(one.id)) for one in cascades]


def _events_of(cascade: Cascade) -> int:
    """How many events a finished cascade has published; 0 while it runs."""
    return next((step["total"] or 0 for step in cascade.steps if step["name"] == "events"), 0)


def _count_published(session: Session, cascades: Sequence[Cascade]) -> dict[str, Mapping[str, int]]:
    """The numbers of events by type, of the cascades all of whose events are still there."""
    if not cascades:
        return {}
    event = OutgoingEvent
    query = (
        select(event.cascade_id, event.type, func.count())
        .where(event.cascade_id.in_([one.id for one in cascades]))
        .group_by(event.cascade_id, event.type)
    )
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for cascade_id, type_, count in session.execute(query):
        found[cascade_id or ""][type_] = count
    return {one.id: found[one.id] for one in cascades if sum(found[one.id].values()) >= _events_of(one)}


def _progress(cascade: Cascade, published: Mapping[str, int] | None) -> CascadeProgress:
    return CascadeProgress(
        id=cascade.id,
        state=cascade.state,
        change=cascade.change,
        subject=ChangedSubject(kind=cascade.subject_kind, id=cascade.subject_id),
        cause=cascade.cause,
        created_at=cascade.created_at,
        finished_at=cascade.finished_at,
        steps=cascade.steps,
        published=published,
        **{name: sum(step[name] or 0 for step in cascade.steps) for name in ("total", "done", "failed")},
    )
