"""Cascades: the follow-up of a status change or a release, planned as named steps in the transaction of the change.

A cascade is a row. What each step does is in `operations/cascade_steps.py`, since steps belong to subjects above this
one; `operations/cascade_run.py` carries them out, a chunk at a time. A new consequence of a change is one planned step
here and one function in that table.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...models.cascades import Cascade, CascadeState
from ...models.outbox import OutgoingEvent
from ...models.products import SubjectKind
from ..core.runtime import JobKind
from ..core.unit_of_work import Cause, UnitOfWork
from .locked_subjects import LockedSubject

RELEASE_PUBLISHED = "release_published"


@dataclass(kw_only=True)
class Step:
    """The progress of one step. `total` is None until it is counted; `cursor` is the last key that was done."""

    name: str
    state: str = "pending"
    total: int | None = None
    done: int = 0
    failed: int = 0
    cursor: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What is stored and shown."""
        return dict(self.__dict__)


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """A step, and whether a change of this subject needs it at all. `if_later`: only one announced for later does."""

    name: str
    if_later: bool = False
    applies: Callable[[LockedSubject, str], bool] = lambda locked, change: True


PAGE_CHANGES: Mapping[SubjectKind, tuple[PlannedStep, ...]] = {
    SubjectKind.PRODUCT: (
        PlannedStep(name="packs", applies=lambda locked, change: locked.in_packs),
        PlannedStep(name="renewals", applies=lambda locked, change: change in ("withdrawn", "reinstated")),
    ),
    SubjectKind.PACK: (PlannedStep(name="pack_page"),),
    SubjectKind.SELLER: (PlannedStep(name="product_pages"), PlannedStep(name="packs_of_seller")),
}
"""The steps after the subject's own page, in their order, by the kind of what was changed."""
OTHER_CHANGES: Mapping[str, tuple[PlannedStep, ...]] = {
    RELEASE_PUBLISHED: (PlannedStep(name="holders"), PlannedStep(name="fixes", if_later=True))
}
"""The steps of a change that leaves every page as it is, by the name of the change."""


def start_cascade(
    uow: UnitOfWork,
    locked: LockedSubject,
    cause: Cause,
    *,
    change: str,
    about: str | None = None,
    starts_at: datetime | None = None,
) -> dict[str, Any]:
    """Open the cascade of a change in this transaction. Call `close_if_done` on it once its events are published.

    `about` is the id of what the change brought, where it is not the subject itself; `starts_at` an instant before
    which no worker takes it up (None: at once).
    """
    kind = locked.kind
    row = locked.row
    cascade = {
        "id": f"cas_{uuid.uuid4().hex}",
        "subject_kind": kind,
        "subject_id": row.id,
        "seller_id": row.id if kind is SubjectKind.SELLER else row.seller_id,
        "change": change,
        "about": about,
        "cause": cause.as_json(),
        "state": CascadeState.RUNNING,
        "steps": [step.as_json() for step in _planned(locked, change, is_later=starts_at is not None)],
        "leased_until": starts_at,
        "created_at": uow.now,
        "finished_at": None,
    }
    uow.insert_later(Cascade, cascade)
    return cascade


def _planned(locked: LockedSubject, change: str, *, is_later: bool) -> list[Step]:
    """The steps of a change; one that does not apply is done from the start, with nothing in it."""
    planned = OTHER_CHANGES.get(change)
    steps: list[Step] = []
    if planned is None:
        planned = PAGE_CHANGES[locked.kind]
        if locked.kind is SubjectKind.PRODUCT:  # its own page changes in the transaction of the change.
            steps.append(Step(name="product_page", state="done", total=1, done=1))
    for step in planned:
        if step.if_later and not is_later:
            continue
        if step.applies(locked, change):
            steps.append(Step(name=step.name))
        else:
            steps.append(Step(name=step.name, state="done", total=0))
    return steps


def close_if_done(uow: UnitOfWork, locked: LockedSubject, cascade: dict[str, Any], cause: Cause) -> None:
    """End a cascade that leaves nothing for a worker with this very transaction; else wake a worker."""
    if any(step["state"] != "done" for step in cascade["steps"]):
        uow.wakeups.add(JobKind.CASCADES)
        return
    published = sum(1 for event in uow.rows_to_insert(OutgoingEvent) if event["cascade_id"] == cascade["id"])
    cascade["steps"] = [*cascade["steps"], published_events(published).as_json()]
    cascade["state"] = CascadeState.DONE
    cascade["finished_at"] = uow.now
    payload = completed_payload(
        cascade["id"], locked.kind, locked.row.id, cascade["change"], cascade["about"], cascade["steps"]
    )
    uow.publish("cascade.completed", locked.kind, locked.row, payload, cause, cascade_id=cascade["id"])


def published_events(count: int) -> Step:
    """The last entry of a finished cascade: how many events it has published."""
    return Step(name="events", state="done", total=count, done=count)


def completed_payload(
    cascade_id: str, kind: str, subject_id: str, change: str, about: str | None, steps: list[dict[str, Any]]
) -> dict[str, Any]:
    """The data of `cascade.completed`."""
    counted = {step["name"]: {"total": step["total"], "failed": step["failed"]} for step in steps}
    released = {"release_id": about} if change == RELEASE_PUBLISHED else {}
    return {"cascade_id": cascade_id, f"{kind}_id": subject_id, **released, "change": change, "steps": counted}
