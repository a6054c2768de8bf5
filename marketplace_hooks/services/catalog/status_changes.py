"""Status changes: what a side asks of a product or a pack, applied at once or scheduled for a later instant.

The one way for the seller's button, the platform's event and the scheduler: load the locked facts, let
`domain/catalog/statuses` judge, and record the result with its outgoing events and its cascade, all in the caller's
transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...domain.catalog.statuses import Effect, Side, Status, StatusRequest, is_superseded, judge
from ...domain.instants import format_instant
from ...models.products import SideState, SubjectKind, Withdrawal
from ..core.unit_of_work import Cause, UnitOfWork
from .cascades import close_if_done, start_cascade
from .locked_subjects import LockedSubject


@dataclass(frozen=True, kw_only=True)
class StatusChangeOutcome:
    """What became of a request. `cascade_id` is None when nothing has to follow (no effect, or not yet)."""

    effect: Effect
    status: Status
    cascade_id: str | None = None


def change_status(
    uow: UnitOfWork, locked: LockedSubject, asked: StatusRequest, cause: Cause, *, received_at: datetime | None = None
) -> StatusChangeOutcome:
    """Apply what one side asks of a product or a pack. Refusals are outcomes here; callers decide how to report them.

    `received_at` (default: now) is when it was asked, and decides what is still to come and what came before, however
    late it is applied. A change takes effect at the later of that and `effective_at`.
    """
    received_at = received_at or uow.now
    apply_scheduled(uow, locked, until=received_at)
    return _change(uow, locked, asked, cause, received_at)


def _change(
    uow: UnitOfWork,
    locked: LockedSubject,
    asked: StatusRequest,
    cause: Cause,
    received_at: datetime,
    *,
    due_at: datetime | None = None,
) -> StatusChangeOutcome:
    """Judge and record one change; `due_at` is the instant of one that was scheduled, which is judged no more by it."""
    state = locked.side(asked.side, uow.session)
    effect = judge(locked.facts_for(state), asked, received_at)
    if due_at is None:
        _record_order(uow, state, asked, effect)
    if effect is Effect.SCHEDULE:
        fill_slot(state, asked, cause, received_at)
        data = {"status": asked.status, "effective_at": _iso(asked.effective_at), "side": asked.side}
        _publish(uow, locked, "change_scheduled", data, cause)
        return StatusChangeOutcome(effect=effect, status=locked.row.status)
    if effect not in _IMMEDIATE:
        return StatusChangeOutcome(effect=effect, status=locked.row.status)
    effective_at = max(received_at, due_at or asked.effective_at or received_at)
    if effect is Effect.HOLD:
        open_hold(state, cause, effective_at)
    elif effect is Effect.LIFT:
        lift_hold(state)
    else:
        _withdraw(uow, locked, state, cause, received_at, effective_at)
    return _record(uow, locked, cause, effect)


def explain(outcome: StatusChangeOutcome, locked: LockedSubject, asked: StatusRequest) -> str | None:
    """Why nothing was done, in English for logs and the event's record; None when something was."""
    if outcome.effect is Effect.REFUSED_WITHDRAWN:
        return f"it is {outcome.status} and cannot become {asked.status}; only the marketplace can reinstate it"
    if outcome.effect is Effect.REFUSED_HELD_BY_OTHERS:
        return f"it is held by {', '.join(locked.held_by)}, not by {asked.side}"
    if outcome.effect is Effect.NO_EFFECT:
        return f"nothing to change for {asked.side}: it is {outcome.status}"
    return None


def cancel_scheduled(
    uow: UnitOfWork,
    locked: LockedSubject,
    side: Side,
    cause: Cause,
    *,
    version: int | None = None,
    sent_at: datetime | None = None,
    received_at: datetime | None = None,
) -> Effect:
    """Empty the side's slot. `NO_EFFECT` when nothing is scheduled, `SUPERSEDED` when the event comes too late."""
    apply_scheduled(uow, locked, until=received_at or uow.now)
    state = locked.side(side, uow.session)
    if is_superseded(locked.facts_for(state), version=version, sent_at=sent_at):
        return Effect.SUPERSEDED
    state.version = max(state.version, version or 0)
    if state.scheduled_status is None:
        return Effect.NO_EFFECT
    if version is None and sent_at is None:
        state.changed_here_at = uow.now
    data = {"status": state.scheduled_status, "effective_at": _iso(state.scheduled_at), "side": side}
    empty_slot(state)
    _publish(uow, locked, "change_cancelled", data, cause)
    return Effect.LIFT


def apply_scheduled(
    uow: UnitOfWork, locked: LockedSubject, *, until: datetime | None = None
) -> list[StatusChangeOutcome]:
    """Apply what one subject's sides have scheduled up to `until` (default: now), in the order of the instants.

    It is no new request of any side: the order of its events stays as it is.
    """
    until = until or uow.now
    outcomes: list[StatusChangeOutcome] = []
    while due := [state for state in locked.slots() if state.scheduled_at and state.scheduled_at <= until]:
        state = min(due, key=lambda one: (one.scheduled_at or until, list(Side).index(one.side)))
        asked = StatusRequest(side=state.side, status=Status(state.scheduled_status or ""))
        cause = Cause.from_json(state.scheduled_cause or {})
        received_at = state.scheduled_received_at or until
        due_at = state.scheduled_at
        empty_slot(state)
        outcomes.append(_change(uow, locked, asked, cause, received_at, due_at=due_at))
    return outcomes


def reinstate(
    uow: UnitOfWork,
    locked: LockedSubject,
    cause: Cause,
    *,
    version: int | None = None,
    sent_at: datetime | None = None,
    received_at: datetime | None = None,
) -> StatusChangeOutcome:
    """Undo a withdrawal: back offline under a marketplace hold; nothing that was cancelled revives (`rules.md` 4)."""
    apply_scheduled(uow, locked, until=received_at or uow.now)
    state = locked.side(Side.MARKETPLACE, uow.session)
    if is_superseded(locked.facts_for(state), version=version, sent_at=sent_at):
        return StatusChangeOutcome(effect=Effect.SUPERSEDED, status=locked.row.status)
    state.version = max(state.version, version or 0)
    if locked.withdrawal is None:
        return StatusChangeOutcome(effect=Effect.NO_EFFECT, status=locked.row.status)
    if version is None and sent_at is None:
        state.changed_here_at = uow.now
    locked.withdrawal.reinstated_at = received_at or uow.now
    locked.withdrawal.reinstated_reason = cause.reason
    locked.withdrawal = None
    if not state.held:
        open_hold(state, cause, uow.now)
    _publish(uow, locked, "reinstated", {}, cause)
    return _record(uow, locked, cause, Effect.HOLD)


def apply_new_seller(uow: UnitOfWork, locked: LockedSubject, cause: Cause) -> None:
    """Derive the status anew, and publish it, after a move to a seller whose account's hold counts from now on."""
    derived = locked.derived_status()
    if derived is not locked.row.status:
        _record(uow, locked, cause, Effect.LIFT if derived is Status.ONLINE else Effect.HOLD)


def open_hold(state: SideState, cause: Cause, since: datetime) -> None:
    """The side holds the subject offline from `since` on."""
    state.held = True
    state.held_since = since
    state.held_reason = cause.reason
    state.held_cause = cause.as_json()


def lift_hold(state: SideState) -> None:
    """The side no longer holds; others may."""
    state.held = False
    state.held_since = None
    state.held_reason = None
    state.held_cause = None


def _withdraw(
    uow: UnitOfWork,
    locked: LockedSubject,
    state: SideState,
    cause: Cause,
    received_at: datetime,
    effective_at: datetime,
) -> None:
    locked.withdrawal = Withdrawal(
        subject_kind=locked.kind,
        subject_id=locked.row.id,
        side=state.side,
        reason=cause.reason,
        cause=cause.as_json(),
        received_at=received_at,
        effective_at=effective_at,
    )
    uow.session.add(locked.withdrawal)
    for slot in list(locked.slots()):  # rules.md 3: an effective withdrawal empties all slots.
        empty_slot(slot)


_IMMEDIATE = {Effect.HOLD, Effect.LIFT, Effect.WITHDRAW}


def _record(uow: UnitOfWork, locked: LockedSubject, cause: Cause, effect: Effect) -> StatusChangeOutcome:
    """Derive the status anew, publish what it means for the page, and start the cascade."""
    row = locked.row
    before = locked.row.status
    row.status = locked.derived_status()
    row.changed_at = uow.now
    cascade = start_cascade(uow, locked, cause, change=_change_name(effect, before, row.status))
    if locked.kind is SubjectKind.PRODUCT:
        _publish_visibility(uow, locked, cause, cascade["id"])
        if effect is Effect.WITHDRAW:
            _publish(uow, locked, "withdrawn", {"status": row.status}, cause, cascade["id"])
    close_if_done(uow, locked, cascade, cause)
    return StatusChangeOutcome(effect=effect, status=row.status, cascade_id=cascade["id"])


def _publish_visibility(uow: UnitOfWork, locked: LockedSubject, cause: Cause, cascade_id: str | None) -> None:
    """Publish that the product's page is hidden or shown, when that differs from what was last published."""
    shown = locked.row.status is Status.ONLINE
    if shown is not locked.row.shown:
        locked.row.shown = shown
        name = "shown" if shown else "hidden"
        _publish(uow, locked, name, {"status": locked.row.status}, cause, cascade_id)


def _change_name(effect: Effect, before: Status, after: Status) -> str:
    if before is Status.OFFLINE_PERMANENT:
        return "reinstated"
    if effect is Effect.WITHDRAW:
        return "withdrawn"
    return {Effect.HOLD: "held", Effect.LIFT: "lifted"}[effect]


def _record_order(uow: UnitOfWork, state: SideState, asked: StatusRequest, effect: Effect) -> None:
    """Record what orders this side's next events: the version of an event, the instant of a request made here."""
    if asked.version is not None:
        state.version = max(state.version, asked.version)
    elif effect in _IMMEDIATE or effect is Effect.SCHEDULE:
        state.changed_here_at = uow.now


def fill_slot(state: SideState, asked: StatusRequest, cause: Cause, received_at: datetime) -> None:
    """Schedule a change in the side's one slot; what was there is replaced (`rules.md` 3)."""
    state.scheduled_status = asked.status
    state.scheduled_at = asked.effective_at
    state.scheduled_received_at = received_at
    state.scheduled_reason = cause.reason
    state.scheduled_cause = cause.as_json()


def empty_slot(state: SideState) -> None:
    """Nothing is scheduled by this side any more."""
    state.scheduled_status = state.scheduled_at = state.scheduled_received_at = None
    state.scheduled_reason = state.scheduled_cause = None


def _publish(
    uow: UnitOfWork, locked: LockedSubject, name: str, data: dict[str, Any], cause: Cause, cascade_id: str | None = None
) -> None:
    ids = {f"{locked.kind}_id": locked.row.id, "seller_id": locked.row.seller_id}
    uow.publish(f"{locked.kind}.{name}", locked.kind, locked.row, {**ids, **data}, cause, cascade_id=cascade_id)


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)
