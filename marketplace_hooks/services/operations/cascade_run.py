"""Cascade runner: claims cascades by a lease and does their steps, a chunk at a time.

Each chunk and its progress are one transaction: a worker killed at any point leaves the last committed chunk, and the
next worker continues from there. A step that fails is tried again after a lease, and in the end left to a person.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from ...config.settings import Settings
from ...database.types import constant
from ...errors import LeaseLost, passes_by_itself
from ...models.cascades import Cascade, CascadeState
from ...models.outbox import OutgoingEvent
from ...models.packs import Pack
from ...models.products import Product, Seller, SubjectKind
from ...telemetry.log_context import bound, get_logger
from ...telemetry.tracing import span
from ..catalog.cascades import Step, completed_payload, published_events
from ..core.counters import CounterName
from ..core.leases import is_over
from ..core.runtime import JobKind, Runtime
from ..core.unit_of_work import Cause, UnitOfWork, run_in_transaction
from .cascade_steps import CASCADE_STEPS

log = get_logger(__name__)

CLAIMED_AT_ONCE = 20
"""Cascades that one worker leases at a time."""
ATTEMPTS = 5
"""Tries of a cascade whose step failed, before it is left to a person."""
_TABLES: dict[SubjectKind, type[Any]] = {
    SubjectKind.PRODUCT: Product,
    SubjectKind.PACK: Pack,
    SubjectKind.SELLER: Seller,
}


def run_cascades(runtime: Runtime, owner: str, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Carry out every cascade that nobody leases, until none is left or `stop` is true; return how many finished."""
    finished = 0
    while not stop() and (claimed := _claim(runtime, owner)):
        try:
            for cascade_id in claimed:
                finished += _run(runtime, owner, cascade_id, stop)
        finally:
            _release(runtime, owner, claimed)
        runtime.wakeups.wake_worker(JobKind.DELIVERIES)
    return finished


def has_pending(session: Session, now: datetime, settings: Settings) -> bool:
    """Whether some cascade waits for a worker."""
    return session.scalar(select(Cascade.number).where(_is_free(now, settings)).limit(1)) is not None


def _is_free(now: datetime, settings: Settings) -> ColumnElement[bool]:
    """SQL for: a cascade that nobody leases. One that nobody has tried yet may wait for its start, however long."""
    has_begun = or_(Cascade.owner.is_not(None), Cascade.attempts > 0)
    unleased = or_(
        Cascade.leased_until.is_(None),
        Cascade.leased_until < now,
        and_(has_begun, is_over(Cascade.leased_until, now, settings.lease_s)),
    )
    return and_(Cascade.state == constant(CascadeState.RUNNING), unleased)


def _claim(runtime: Runtime, owner: str) -> list[str]:
    now = runtime.now()
    free = select(Cascade.number).where(_is_free(now, runtime.settings)).order_by(Cascade.number).limit(CLAIMED_AT_ONCE)
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
    """Release the unfinished cascades that are still leased by `owner`: another run may continue them at once."""
    mine = update(Cascade).where(
        Cascade.id.in_(claimed), Cascade.owner == owner, Cascade.state == constant(CascadeState.RUNNING)
    )
    with runtime.database.session() as session:
        session.execute(mine.values(owner=None, leased_until=None).execution_options(synchronize_session=False))


def _run(runtime: Runtime, owner: str, cascade_id: str, stop: Callable[[], bool]) -> int:
    """Do the chunks of one cascade, each in its own transaction; return 1 when it was finished, else 0."""
    with bound(cascade_id=cascade_id):
        return _run_bound(runtime, owner, cascade_id, stop)


def _run_bound(runtime: Runtime, owner: str, cascade_id: str, stop: Callable[[], bool]) -> int:
    while not stop():
        try:
            if run_in_transaction(runtime, lambda uow: _next_chunk(runtime, uow, owner, cascade_id)):
                log.info("cascade %s is done", cascade_id)
                return 1
            runtime.database.yield_to_writers()
        except LeaseLost:
            runtime.counters.add(CounterName.LEASES_LOST)
            return 0
        except Exception as error:
            log.exception("cascade %s failed", cascade_id)
            _note_failure(runtime, owner, cascade_id, error)  # raises too where the database is away for all of them.
            return 0
    return 0


def _next_chunk(runtime: Runtime, uow: UnitOfWork, owner: str, cascade_id: str) -> bool:
    """Do one chunk and store its progress; True when that was the last."""
    query = select(Cascade).where(Cascade.id == cascade_id, Cascade.owner == owner).with_for_update()
    cascade = uow.session.scalar(query)
    if cascade is None or cascade.state is not CascadeState.RUNNING:
        raise LeaseLost(cascade_id)
    steps = [Step(**one) for one in cascade.steps]
    current = next((one for one in steps if one.state != "done"), None)
    if current is not None:
        current.state = "running"
        origin = cascade.cause.get("event_id") or cascade.id
        with span(f"carry out cascade: {current.name}", origin=origin):
            CASCADE_STEPS[current.name](uow, cascade, current, runtime.settings.cascade_chunk)
    finished = all(one.state == "done" for one in steps)
    if finished:
        _finish(uow, cascade, steps)
    cascade.steps = [one.as_json() for one in steps]
    cascade.leased_until = None if finished else uow.now + timedelta(seconds=runtime.settings.lease_s)
    return finished


def _finish(uow: UnitOfWork, cascade: Cascade, steps: list[Step]) -> None:
    """Record the end of a cascade, and publish it."""
    counted = select(func.count()).select_from(OutgoingEvent).where(OutgoingEvent.cascade_id == cascade.id)
    steps.append(published_events(uow.session.scalar(counted) or 0))
    cascade.state = CascadeState.DONE
    cascade.finished_at = uow.now
    cascade.owner = None
    subject = uow.session.get(_TABLES[cascade.subject_kind], cascade.subject_id, with_for_update=True)
    if subject is None:
        raise LookupError(f"{cascade.subject_kind} {cascade.subject_id} is gone")
    done = [one.as_json() for one in steps]
    payload = completed_payload(cascade.id, cascade.subject_kind, subject.id, cascade.change, cascade.about, done)
    cause = Cause.from_json(cascade.cause)
    uow.publish("cascade.completed", cascade.subject_kind, subject, payload, cause, cascade_id=cascade.id)


def _note_failure(runtime: Runtime, owner: str, cascade_id: str, error: Exception) -> None:
    now = runtime.now()
    with runtime.database.session() as session:
        cascade = session.scalar(
            select(Cascade).where(Cascade.id == cascade_id, Cascade.owner == owner).with_for_update()
        )
        if cascade is None:
            return
        if not passes_by_itself(error):
            cascade.attempts += 1
        cascade.error = f"{type(error).__name__}: {error}"[:2000]
        cascade.owner = None  # so that the lease stands, even when this worker releases the others it claimed.
        cascade.leased_until = now + timedelta(seconds=runtime.settings.lease_s)
        if cascade.attempts >= ATTEMPTS:
            cascade.state = CascadeState.FAILED
            cascade.finished_at = now
