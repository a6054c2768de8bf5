"""What must follow from a status change, and who carries it, a chunk at a time, whoever dies in between?

A cascade is a row; its steps are functions registered here. Each call of a step does one chunk and its progress in
one transaction: a worker killed at any point leaves the last committed chunk, and the next worker goes on from there.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from ...database.types import constant
from ...errors import LeaseLost, Unavailable
from ...models.cascades import Cascade, CascadeState
from ...models.outbox import OutgoingEvent
from ...models.packs import Pack
from ...models.products import Product, Seller, SubjectKind
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import Cause, UnitOfWork, run_in_transaction
from .locked_subjects import LockedSubject

log = logging.getLogger(__name__)

_ROWS: dict[SubjectKind, type[Any]] = {
    SubjectKind.PRODUCT: Product,
    SubjectKind.PACK: Pack,
    SubjectKind.SELLER: Seller,
}
CLAIM = 20
"""Cascades that one worker leases at a time."""
ATTEMPTS = 5
"""Tries of a cascade whose step failed before a person must look."""


@dataclass(kw_only=True)
class Step:
    """How far one step has got. `total` is None until it is counted; `cursor` is the last key that was done."""

    name: str
    state: str = "pending"
    total: int | None = None
    done: int = 0
    failed: int = 0
    cursor: str | None = None

    def as_json(self) -> dict[str, Any]:
        """What is stored and shown."""
        return dict(self.__dict__)


StepChunk = Callable[[UnitOfWork, Cascade, Step, int], None]
"""Does the next chunk, at most so many rows; sets `state` to `done` on the last one."""

Applies = Callable[[LockedSubject, str], bool]


@dataclass(frozen=True, kw_only=True)
class StepKind:
    """One registered step: what it does, and whether a change of this subject needs it at all."""

    chunk: StepChunk
    applies: Applies


STEPS: dict[str, StepKind] = {}
RELEASE_PUBLISHED = "release_published"
PLANS: dict[str, tuple[str, ...]] = {
    SubjectKind.PRODUCT: ("packs", "renewals"),
    SubjectKind.PACK: ("pack_page",),
    SubjectKind.SELLER: ("product_pages", "packs_of_seller"),
    RELEASE_PUBLISHED: ("holders",),
}
"""The steps after the subject's own page, in their order; of a change that leaves all pages as they are, by its name.
A new consequence of a change is one name here and one function decorated with `step`."""


def step(name: str, *, applies: Applies = lambda locked, change: True) -> Callable[[StepChunk], StepChunk]:
    """Register the function that does the chunks of the step `name`."""

    def register(chunk: StepChunk) -> StepChunk:
        STEPS[name] = StepKind(chunk=chunk, applies=applies)
        return chunk

    return register


def start_cascade(
    uow: UnitOfWork,
    locked: LockedSubject,
    cause: Cause,
    *,
    change: str,
    about: str | None = None,
    starts_at: datetime | None = None,
) -> dict[str, Any]:
    """Open the cascade of a change in this transaction. Call `close_if_done` on it when all has been told.

    `about` is the id of what the change brought, where it is not the subject itself; `starts_at` an instant before
    which no worker takes it up (None: at once).
    """
    kind = locked.kind
    row = locked.row
    pages_change = change not in PLANS
    steps = [Step(name="product_page", state="done", total=1, done=1)]
    steps = steps if pages_change and kind is SubjectKind.PRODUCT else []
    for name in PLANS[kind if pages_change else change]:
        needed = STEPS[name].applies(locked, change)
        steps.append(Step(name=name) if needed else Step(name=name, state="done", total=0))
    cascade = {
        "id": f"cas_{uuid.uuid4().hex}",
        "subject_kind": kind,
        "subject_id": row.id,
        "seller_id": row.id if kind is SubjectKind.SELLER else row.seller_id,
        "change": change,
        "about": about,
        "cause": cause.as_json(),
        "state": CascadeState.RUNNING,
        "steps": [one.as_json() for one in steps],
        "leased_until": starts_at,
        "created_at": uow.now,
        "finished_at": None,
    }
    uow.cascades.append(cascade)
    return cascade


def close_if_done(uow: UnitOfWork, locked: LockedSubject, cascade: dict[str, Any], cause: Cause) -> None:
    """Nothing left for a worker: the cascade is done with this very transaction. Else ring for one."""
    if any(one["state"] != "done" for one in cascade["steps"]):
        uow.wakeups.add(JobKind.CASCADES)
        return
    told = sum(1 for event in uow.outgoing if event["cascade_id"] == cascade["id"])
    cascade["steps"] = [*cascade["steps"], Step(name="events", state="done", total=told, done=told).as_json()]
    cascade["state"] = CascadeState.DONE
    cascade["finished_at"] = uow.now
    uow.publish(
        "cascade.completed",
        locked.kind,
        locked.row,
        _told(cascade["id"], locked.kind, locked.row.id, cascade["change"], cascade["about"], cascade["steps"]),
        cause,
        cascade_id=cascade["id"],
    )


def run_cascades(runtime: Runtime, owner: str, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Carry every cascade that is free, until none is left; return how many were finished."""
    finished = 0
    while not stop() and (claimed := _claim(runtime, owner)):
        try:
            for cascade_id in claimed:
                finished += _run(runtime, owner, cascade_id, stop)
        finally:
            _release(runtime, owner, claimed)
        runtime.wakeups.wake_worker(JobKind.DELIVERIES)
    return finished


def pending(session: Session, now: datetime) -> bool:
    """Whether some cascade waits for a worker."""
    return session.scalar(select(Cascade.number).where(_is_free(now)).limit(1)) is not None


def _is_free(now: datetime) -> ColumnElement[bool]:
    unleased = or_(Cascade.leased_until.is_(None), Cascade.leased_until < now)
    return and_(Cascade.state == constant(CascadeState.RUNNING), unleased)


def _claim(runtime: Runtime, owner: str) -> list[str]:
    now = runtime.now()
    free = select(Cascade.number).where(_is_free(now)).order_by(Cascade.number).limit(CLAIM)
    claim = (
        update(Cascade)
        .where(Cascade.number.in_(free.with_for_update(skip_locked=True).scalar_subquery()))
        .values(owner=owner, leased_until=now + timedelta(seconds=runtime.settings.lease_s))
        .returning(Cascade.number, Cascade.id)
        .execution_options(synchronize_session=False)
    )
    with runtime.database.session() as session:
        return [id_ for _, id_ in sorted(session.execute(claim).all())]


def _release(runtime: Runtime, owner: str, claimed: list[str]) -> None:
    """Give back what is not finished, if it is still ours: the next turn goes on with it at once."""
    mine = update(Cascade).where(
        Cascade.id.in_(claimed), Cascade.owner == owner, Cascade.state == constant(CascadeState.RUNNING)
    )
    with runtime.database.session() as session:
        session.execute(mine.values(owner=None, leased_until=None).execution_options(synchronize_session=False))


def _run(runtime: Runtime, owner: str, cascade_id: str, stop: Callable[[], bool]) -> int:
    """Do one cascade's chunks, each in its own transaction; 1 when it was finished."""
    while not stop():
        try:
            if run_in_transaction(runtime, lambda uow: _next_chunk(runtime, uow, owner, cascade_id)):
                return 1
            runtime.database.give_way()
        except LeaseLost:
            return 0
        except Unavailable:
            raise  # the database is away: no fault of this cascade.
        except Exception as error:
            log.exception("cascade %s failed", cascade_id)
            _note_failure(runtime, owner, cascade_id, error)
            return 0
    return 0


def _next_chunk(runtime: Runtime, uow: UnitOfWork, owner: str, cascade_id: str) -> bool:
    """Do one chunk and keep its progress; True when that was the last."""
    query = select(Cascade).where(Cascade.id == cascade_id, Cascade.owner == owner).with_for_update()
    cascade = uow.session.scalar(query)
    if cascade is None or cascade.state is not CascadeState.RUNNING:
        raise LeaseLost(cascade_id)
    steps = [Step(**one) for one in cascade.steps]
    current = next((one for one in steps if one.state != "done"), None)
    if current is not None:
        current.state = "running"
        STEPS[current.name].chunk(uow, cascade, current, runtime.settings.cascade_chunk)
    finished = all(one.state == "done" for one in steps)
    if finished:
        _finish(uow, cascade, steps)
    cascade.steps = [one.as_json() for one in steps]
    cascade.leased_until = None if finished else uow.now + timedelta(seconds=runtime.settings.lease_s)
    return finished


def _finish(uow: UnitOfWork, cascade: Cascade, steps: list[Step]) -> None:
    counted = select(func.count()).select_from(OutgoingEvent).where(OutgoingEvent.cascade_id == cascade.id)
    told = uow.session.scalar(counted) or 0
    steps.append(Step(name="events", state="done", total=told, done=told))
    cascade.state = CascadeState.DONE
    cascade.finished_at = uow.now
    cascade.owner = None
    subject = uow.session.get(_ROWS[cascade.subject_kind], cascade.subject_id, with_for_update=True)
    if subject is None:
        raise LookupError(f"{cascade.subject_kind} {cascade.subject_id} is gone")
    done = [one.as_json() for one in steps]
    data = _told(cascade.id, cascade.subject_kind, subject.id, cascade.change, cascade.about, done)
    cause = Cause.from_json(cascade.cause)
    uow.publish("cascade.completed", cascade.subject_kind, subject, data, cause, cascade_id=cascade.id)


def _note_failure(runtime: Runtime, owner: str, cascade_id: str, error: Exception) -> None:
    now = runtime.now()
    with runtime.database.session() as session:
        cascade = session.scalar(
            select(Cascade).where(Cascade.id == cascade_id, Cascade.owner == owner).with_for_update()
        )
        if cascade is None:
            return
        cascade.attempts += 1
        cascade.error = f"{type(error).__name__}: {error}"[:2000]
        cascade.owner = None  # so that it rests, whoever gives back the others of its turn.
        cascade.leased_until = now + timedelta(seconds=runtime.settings.lease_s)
        if cascade.attempts >= ATTEMPTS:
            cascade.state = CascadeState.FAILED
            cascade.finished_at = now


def _told(
    id_: str, kind: str, subject_id: str, change: str, about: str | None, steps: list[dict[str, Any]]
) -> dict[str, Any]:
    counted = {one["name"]: {"total": one["total"], "failed": one["failed"]} for one in steps}
    released = {"release_id": about} if change == RELEASE_PUBLISHED else {}
    return {"cascade_id": id_, f"{kind}_id": subject_id, **released, "change": change, "steps": counted}
