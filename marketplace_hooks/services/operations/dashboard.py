"""Dashboard of the operator: open tasks, backlog and age of events, delivery states, and missed deadlines.

Every figure is read from the newest rows of an index, or counted up to a limit: none of them costs more after a year
than after a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.civil_days import Zone, day_of, first_instant
from ...domain.support.state_machine import ClockName, RefundState
from ...models.cascades import Cascade, CascadeState
from ...models.inbox import InboxEvent, InboxState, needs_correction
from ...models.outbox import Delivery, DeliveryState
from ...models.support import Clock, RefundClaim, SupportMessage, SupportRequest
from ..support.work_queue import awaits_judgement, contested_requests, is_late

MOST_COUNTED = 1_000
"""Beyond it a figure says no more than "more than a thousand"."""
EVENTS_TIMED = 1_000
DELIVERIES_COUNTED = 10_000
DAYS_SHOWN = 30
LAG_BOUNDS_S = (1, 5, 30, 300)


@dataclass(frozen=True, kw_only=True)
class Tasks:
    """What needs a person; no figure is counted beyond `MOST_COUNTED` + 1."""

    replies: int
    contested: int
    late: int
    refunds: int
    rejected: int
    failed_events: int
    failed_cascades: int
    exhausted: int


@dataclass(frozen=True, kw_only=True)
class Lag:
    """How long the last applied events waited, in seconds. `counts` has one more entry than `LAG_BOUNDS_S`: beyond."""

    counts: Sequence[int]
    median_s: float | None
    slow_s: float | None
    """Nineteen of twenty were applied within it."""


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """Everything that the page draws. `missed` holds, for each clock, a figure for each of the last days."""

    tasks: Tasks
    backlog: Mapping[InboxState, int]
    oldest_at: datetime | None
    lag: Lag
    deliveries: Mapping[DeliveryState, int]
    days: Sequence[date]
    missed: Mapping[ClockName, Sequence[int]]


def read_dashboard(session: Session, now: datetime, zone: Zone) -> Dashboard:
    """The figures as they are at `now`; days are those of `zone`."""
    days = [day_of(now, zone) - timedelta(days=ago) for ago in reversed(range(DAYS_SHOWN))]
    unsettled = (InboxState.RECEIVED, InboxState.PARKED, InboxState.REJECTED, InboxState.FAILED)
    backlog = {state: _counted(session, _events_in(state)) for state in unsettled}
    return Dashboard(
        tasks=_tasks(session, backlog),
        backlog=backlog,
        oldest_at=_oldest_at(session),
        lag=_lag(session),
        deliveries=_deliveries(session),
        days=days,
        missed=_missed(session, days, zone),
    )


def _tasks(session: Session, backlog: Mapping[InboxState, int]) -> Tasks:
    by_hand = RefundClaim.state == constant(RefundState.MANUAL)
    failed = Cascade.state == constant(CascadeState.FAILED)
    exhausted = Delivery.state == constant(DeliveryState.EXHAUSTED)
    to_confirm = select(SupportMessage.id).where(awaits_judgement())
    late = select(Clock.request_id).join(SupportRequest, SupportRequest.id == Clock.request_id).where(is_late())
    return Tasks(
        replies=_counted(session, to_confirm),
        contested=_counted(session, contested_requests()),
        late=_counted(session, late),
        refunds=_counted(session, select(RefundClaim.request_id).where(by_hand)),
        rejected=_counted(session, select(InboxEvent.id).where(needs_correction())),
        failed_events=backlog[InboxState.FAILED],
        failed_cascades=_counted(session, select(Cascade.number).where(failed)),
        exhausted=_counted(session, select(Delivery.id).where(exhausted)),
    )


def _oldest_at(session: Session) -> datetime | None:
    """When the oldest of the waiting events was received."""
    # OFFSET: else PostgreSQL may look for it among all events in the order of their receipt.
    waiting = select(InboxEvent.received_at).where(_is_in(InboxState.RECEIVED)).offset(0).subquery()
    oldest: datetime | None = session.scalar(select(func.min(waiting.c.received_at)))
    return oldest


def _is_in(state: InboxState) -> ColumnElement[bool]:
    return InboxEvent.state == constant(state)


def _events_in(state: InboxState) -> Select[Any]:
    return select(InboxEvent.id).where(_is_in(state))


def _counted(session: Session, query: Select[Any]) -> int:
    some = query.limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _lag(session: Session) -> Lag:
    query = (
        select(InboxEvent.received_at, InboxEvent.applied_at)
        .where(_is_in(InboxState.APPLIED))
        .order_by(InboxEvent.id.desc())
        .limit(EVENTS_TIMED)
    )
    waited = sorted(
        max(0.0, (applied_at - received_at).total_seconds())
        for received_at, applied_at in session.execute(query)
        if applied_at is not None
    )
    places = Counter(next((i for i, most in enumerate(LAG_BOUNDS_S) if s <= most), len(LAG_BOUNDS_S)) for s in waited)
    return Lag(
        counts=[places[place] for place in range(len(LAG_BOUNDS_S) + 1)],
        median_s=waited[(len(waited) - 1) // 2] if waited else None,
        slow_s=waited[max(0, -(-len(waited) * 19 // 20) - 1)] if waited else None,
    )


def _deliveries(session: Session) -> dict[DeliveryState, int]:
    newest = select(Delivery.state).order_by(Delivery.id.desc()).limit(DELIVERIES_COUNTED).subquery()
    counts = session.execute(select(newest.c.state, func.count()).group_by(newest.c.state))
    found = {state: count for state, count in counts}
    return {state: found.get(state, 0) for state in DeliveryState}


def _missed(session: Session, days: Sequence[date], zone: Zone) -> dict[ClockName, list[int]]:
    query = (
        select(Clock.name, Clock.missed_at, func.count())
        .where(Clock.missed_at >= first_instant(days[0], zone))
        .group_by(Clock.name, Clock.missed_at)
    )
    # A deadline is the first instant of the day after the last one (`deadlines.md`): the day missed is the one before.
    counts: Counter[tuple[ClockName, date]] = Counter()
    for name, missed_at, count in session.execute(query):
        if missed_at is None:
            continue
        counts[name, day_of(missed_at - timedelta(microseconds=1), zone)] += count
    return {name: [counts[name, day] for day in days] for name in ClockName}
