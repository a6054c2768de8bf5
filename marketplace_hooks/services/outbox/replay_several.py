"""Replay of several deliveries: those of a range of time, or all that an endpoint missed (`webhooks.md` 10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, literal, or_, select, update
from sqlalchemy.orm import Session

from ...database.types import constant
from ...domain.audit_actions import AuditAction
from ...domain.instants import format_instant
from ...errors import PayloadRejected
from ...models.outbox import Delivery, DeliveryState, Endpoint, OutgoingEvent, time_prefix
from ..core.runtime import JobKind
from ..core.unit_of_work import UnitOfWork
from .endpoints import locked_endpoint
from .payload_retention import has_payload

LONGEST_RANGE = timedelta(days=14)
CLOCK_CHANGE = timedelta(hours=1)
MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class ReplaySelection:
    """Which deliveries: of events published from `since` on and before `before`; or all that an endpoint missed.

    `missed_only` leaves out what has arrived. Without a range an endpoint must be named, and only missed ones are sent.
    `is_of_days`: the range is whole days of somebody's time zone, of which 14 are an hour longer when clocks go back.
    """

    endpoint_id: str | None = None
    since: datetime | None = None
    before: datetime | None = None
    missed_only: bool = False
    is_of_days: bool = False


@dataclass(frozen=True, kw_only=True)
class ReplayedSeveral:
    """How many are sent again. `has_more`: the oldest were taken, and others are left for another call."""

    replayed: int
    has_more: bool


def replay_several(uow: UnitOfWork, selection: ReplaySelection) -> ReplayedSeveral:
    """Send them again, each once, under its own `webhook-id`; those of a disabled endpoint wait until it is enabled.

    What is still to be delivered, and what has no payload any more, is left alone. Raises `NotFound` for an unknown
    endpoint, `PayloadRejected` for a range of more than 14 days or 10,000 deliveries.
    """
    _check(selection)
    if selection.endpoint_id is not None:
        locked_endpoint(uow.session, selection.endpoint_id)
    chosen = _chosen(selection)
    found = uow.session.scalar(select(func.count()).select_from(chosen.limit(MOST + 1).subquery())) or 0
    if found > MOST and not _is_all_missed(selection):
        _reject("to", f"more than {MOST:,} deliveries are in this range; choose a shorter one", code="range_too_large")
    ids = _locked(uow.session, chosen)
    # Once more of those that still have their payload: a purge may have been at them before they were locked.
    whole = Delivery.outbox_id.in_(select(OutgoingEvent.id).where(has_payload()))
    again = update(Delivery).where(Delivery.id.in_(ids), whole)
    values = {"state": _state_again(), "attempts": 0, "due_at": uow.now, "delivered_at": None}
    done = uow.session.execute(again.values(values).execution_options(synchronize_session=False))
    uow.wakeups.add(JobKind.DELIVERIES)
    result = ReplayedSeveral(replayed=int(done.rowcount), has_more=found > MOST)  # type: ignore[attr-defined] # a cursor result
    uow.audit(AuditAction.DELIVERIES_REPLAYED, None, **_details(selection), replayed=result.replayed)
    return result


def _chosen(selection: ReplaySelection) -> Select[Any]:
    """The deliveries that have ended and can be sent again."""
    states = [DeliveryState.EXHAUSTED, *(() if _is_missed_only(selection) else [DeliveryState.DELIVERED])]
    query = (
        select(Delivery.id)
        .join(OutgoingEvent, OutgoingEvent.id == Delivery.outbox_id)
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)
        .where(or_(*(Delivery.state == constant(state) for state in states)))
        .where(Endpoint.deleted_at.is_(None), has_payload())
    )
    if selection.endpoint_id is not None:
        query = query.where(Delivery.endpoint_id == selection.endpoint_id)
    # Ids of events are ordered as their instants are, and indexed.
    if selection.since is not None:
        query = query.where(OutgoingEvent.event_id >= time_prefix(selection.since))
    if selection.before is not None:
        query = query.where(OutgoingEvent.event_id < time_prefix(selection.before))
    return query


def _locked(session: Session, chosen: Select[Any]) -> list[int]:
    """The oldest of these deliveries. Their events are locked: no purge empties what is about to be sent."""
    found = session.execute(chosen.add_columns(Delivery.outbox_id).order_by(Delivery.id).limit(MOST)).all()
    events = select(OutgoingEvent.id).where(OutgoingEvent.id.in_({outbox_id for _, outbox_id in found}))
    session.execute(events.order_by(OutgoingEvent.id).with_for_update(key_share=True))
    return [number for number, _ in found]


def _state_again() -> Any:
    enabled = select(Endpoint.enabled).where(Endpoint.id == Delivery.endpoint_id).scalar_subquery()
    return case((enabled, literal(DeliveryState.PENDING.value)), else_=literal(DeliveryState.PARKED.value))


def _is_all_missed(selection: ReplaySelection) -> bool:
    return selection.since is None and selection.before is None


def _is_missed_only(selection: ReplaySelection) -> bool:
    return selection.missed_only or _is_all_missed(selection)


def _check(selection: ReplaySelection) -> None:
    if _is_all_missed(selection):
        if selection.endpoint_id is None:
            _reject("endpoint_id", "name an endpoint, or a range of time")
        return
    if selection.since is None or selection.before is None:
        _reject("to" if selection.before is None else "from", "a range has a beginning and an end")
        return
    longest = LONGEST_RANGE + (CLOCK_CHANGE if selection.is_of_days else timedelta())
    if not timedelta() < selection.before - selection.since <= longest:
        _reject("to", f"must be after the beginning, by at most {LONGEST_RANGE.days} days", code="range_too_large")


def _details(selection: ReplaySelection) -> dict[str, Any]:
    instants = {name: getattr(selection, name) for name in ("since", "before")}
    return {
        "endpoint_id": selection.endpoint_id,
        "missed_only": _is_missed_only(selection),
        **{name: None if at is None else format_instant(at) for name, at in instants.items()},
    }


def _reject(path: str, message: str, *, code: str = "range_malformed") -> None:
    raise PayloadRejected(
        "these deliveries cannot be sent again", errors=[{"path": path, "message": message}], code=code
    )
