"""Retention: the purge of what is no longer needed (`webhooks.md` 16).

Payloads of events go after `payload_days`: of received ones ids and hashes stay for deduplication, of outgoing ones
ids, types, sequences and times (`outbox/payload_retention.py`). Inspections go with their evidence after
`inspection_days`, unless the request that needs one is still open; entries of the audit log after `audit_days`. In
batches, each in a transaction of its own: a purge blocks nothing for long, and one that dies is continued where it
ended.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ...database.engine import insert_new
from ...database.types import constant
from ...domain.privacy import faults_without_text
from ...domain.support.state_machine import OPEN
from ...models.inbox import InboxConflict, InboxEvent, InboxState
from ...models.inspections import Evidence, Inspection, InspectionState, SiteCredential
from ...models.outbox import OutgoingEvent
from ...models.retention import PurgeMark
from ...models.support import SupportRequest
from ..access.audit_log import purge_entries
from ..access.idempotency import purge_answers
from ..access.sessions import purge_sessions
from ..core.runtime import Runtime
from ..inspections.requests import forget_expired
from ..notifications.mail_queue import purge_mails
from ..outbox.payload_retention import purge_payloads

BATCH = 500

_ROUND = ": this round"
"""The mark of how far a round has come that has not reached its end."""
_UNSETTLED = (InboxState.RECEIVED, InboxState.PARKED)

_Purge = Callable[[Session, datetime, int], "_Batch"]
"""Given a session, the instant before which rows are old, and the number up to which they have been checked."""


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """What one batch did. `upto` is the last row checked, `settled` the last before which none was left over."""

    purged: int
    upto: int
    settled: int
    is_last: bool


def purge(runtime: Runtime, *, stop: Callable[[], bool] = lambda: False) -> dict[str, int]:
    """Purge what is old until nothing is left or `stop` says so; return how much of each kind it was."""
    now = runtime.now()
    settings = runtime.settings
    retrying = runtime.database.retrying
    payloads_before = now - timedelta(days=settings.payload_days)
    audit_before = now - timedelta(days=settings.audit_days)
    inspections_before = now - timedelta(days=settings.inspection_days)
    return {
        "payloads": _purge_by_number(runtime, "payloads and faults", payloads_before, _payloads, stop),
        "payloads told": _purge_by_number(runtime, "payloads told", payloads_before, _outgoing_payloads, stop),
        "bodies kept aside": _repeat(
            partial(retrying, lambda session: _conflicting_bodies(session, payloads_before)), stop
        ),
        "inspections": _purge_by_number(runtime, "inspections", inspections_before, _inspections, stop),
        "credentials of sites": retrying(lambda session: forget_expired(session, now)),
        "mails": _repeat(partial(retrying, lambda session: purge_mails(session, payloads_before, limit=BATCH)), stop),
        "sessions": _repeat(
            partial(retrying, lambda session: purge_sessions(session, settings, now, limit=BATCH)), stop
        ),
        "answers to repeated calls": _repeat(
            partial(retrying, lambda session: purge_answers(session, now, limit=BATCH)), stop
        ),
        "audit entries": _repeat(
            partial(retrying, lambda session: purge_entries(session, audit_before, limit=BATCH)), stop
        ),
    }


def _repeat(act: Callable[[], int], stop: Callable[[], bool]) -> int:
    total = 0
    while not stop():
        count = act()
        total += count
        if count < BATCH:
            break
    return total


def _purge_by_number(runtime: Runtime, kind: str, before: datetime, batch: _Purge, stop: Callable[[], bool]) -> int:
    """Purge rows in the order of their numbers, which is that of their age, and remember how far.

    What had to be left over (an open request) is checked again by the next round, and what follows it, too. A round
    that is stopped goes on where it ended: however much follows what is left over, its end is reached.
    """
    purged = 0

    def one(session: Session) -> _Batch:
        settled = _mark(session, kind)
        reached = _mark(session, kind + _ROUND)
        begin = max(settled, reached)
        done = batch(session, before, begin)
        if begin == settled and done.settled > settled:
            _move_mark(session, kind, done.settled)
        _move_mark(session, kind + _ROUND, 0 if done.is_last else done.upto)
        return done

    while not stop():
        done = runtime.database.retrying(one)
        purged += done.purged
        if done.is_last:
            break
        runtime.database.yield_to_writers()
    return purged


def _mark(session: Session, kind: str) -> int:
    session.execute(insert_new(session, PurgeMark).values(kind=kind))
    return session.scalar(select(PurgeMark.upto).where(PurgeMark.kind == kind)) or 0


def _move_mark(session: Session, kind: str, upto: int) -> None:
    session.execute(_quietly(update(PurgeMark).where(PurgeMark.kind == kind).values(upto=upto)))


def _batch(rows: Sequence[Any], begin: int, purged: int, left_over: Sequence[int]) -> _Batch:
    """The account of a batch of rows, each with its number first, of which those `left_over` must stay."""
    upto = rows[-1][0] if rows else begin
    settled = min(left_over) - 1 if left_over else upto
    return _Batch(purged=purged, upto=upto, settled=settled, is_last=len(rows) < BATCH)


def _payloads(session: Session, before: datetime, begin: int) -> _Batch:
    """The bodies of events that were settled, and what was said of their faults; an unsettled event needs them."""
    first = select(InboxEvent.id, InboxEvent.state, InboxEvent.received_at).where(InboxEvent.id > begin)
    rows = [row for row in session.execute(first.order_by(InboxEvent.id).limit(BATCH)) if row.received_at < before]
    unsettled = [row.id for row in rows if row.state in _UNSETTLED]
    old = [row.id for row in rows if row.state not in _UNSETTLED]
    settled = InboxEvent.id.in_(old), InboxEvent.state.not_in([constant(one) for one in _UNSETTLED])
    purgeable = (*settled, InboxEvent.body.is_not(None))
    gone = session.scalars(
        _quietly(update(InboxEvent).where(*purgeable).values(body=None).returning(InboxEvent.id))
    ).all()
    faulty = select(InboxEvent.id, InboxEvent.errors).where(*settled, InboxEvent.errors.is_not(None))
    for id_, errors in session.execute(faulty).all():
        if (left := faults_without_text(errors)) != errors:
            session.execute(_quietly(update(InboxEvent).where(InboxEvent.id == id_).values(errors=left)))
    return _batch(rows, begin, len(gone), unsettled)


def _outgoing_payloads(session: Session, before: datetime, begin: int) -> _Batch:
    """The payloads of outgoing events, once every delivery has arrived or was given up."""
    first = select(OutgoingEvent.id, OutgoingEvent.created_at).where(OutgoingEvent.id > begin)
    rows = [row for row in session.execute(first.order_by(OutgoingEvent.id).limit(BATCH)) if row.created_at < before]
    gone, needed = purge_payloads(session, [row.id for row in rows])
    return _batch(rows, begin, gone, list(needed))


def _conflicting_bodies(session: Session, before: datetime) -> int:
    """Other bodies that came with a known id; there are few, if any."""
    old = select(InboxConflict.id).where(InboxConflict.received_at < before).order_by(InboxConflict.id).limit(BATCH)
    gone = delete(InboxConflict).where(InboxConflict.id.in_(old.scalar_subquery())).returning(InboxConflict.id)
    return len(session.scalars(_quietly(gone)).all())


def _inspections(session: Session, before: datetime, begin: int) -> _Batch:
    """Checks with everything they found; a request keeps what it was judged by (`SupportRequest.checks`)."""
    first = select(Inspection.number, Inspection.id, Inspection.state, Inspection.created_at)
    found = session.execute(first.where(Inspection.number > begin).order_by(Inspection.number).limit(BATCH))
    rows = [row for row in found if row.created_at < before]
    needed = _needed(session, [row.id for row in rows])
    left_over = [row.number for row in rows if row.id in needed or row.state is not InspectionState.DONE]
    old = {row.number for row in rows}.difference(left_over)
    for table in (SiteCredential, Evidence):
        session.execute(_quietly(delete(table).where(table.inspection_number.in_(old))))
    session.execute(_quietly(delete(Inspection).where(Inspection.number.in_(old))))
    return _batch(rows, begin, len(old), left_over)


def _needed(session: Session, checks: Sequence[str]) -> set[str | None]:
    """Those of these checks whose request may still be answered, contested or reopened."""
    still_open = SupportRequest.handling.in_([constant(one) for one in sorted(OPEN)])
    return set(session.scalars(select(SupportRequest.check_id).where(SupportRequest.check_id.in_(checks), still_open)))


def _quietly(statement: Any) -> Any:
    return statement.execution_options(synchronize_session=False)
