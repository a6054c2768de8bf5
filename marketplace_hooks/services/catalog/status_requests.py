"""Status requests: a side asks for a change by a button or by the API, and is answered at once.

The change itself is `status_changes.py`'s, the same as by event; here a refusal is raised instead of recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...domain.audit_actions import AuditAction
from ...domain.catalog.statuses import Effect, Side, Status, StatusRequest
from ...domain.instants import format_instant
from ...errors import Conflict, NotFound
from ...models.audit import AuditOutcome
from ...models.products import SubjectKind
from ..core.unit_of_work import Cause, UnitOfWork
from .holds_view import (
    HoldsView,
    HoldView,
    ScheduledChangeView,
    hold_views,
    holds_fingerprint,
    scheduled_views,
    withdrawal_view,
)
from .locked_subjects import LockedSubject, LockedSubjects
from .status_changes import cancel_scheduled, change_status, reinstate


@dataclass(frozen=True, kw_only=True)
class AcceptedStatusChange:
    """What the change did. `holds` are all holds after it; `scheduled` is what the side has scheduled, if anything.

    `cascade_id` is None when nothing has to follow: no effect, or not yet.
    """

    cascade_id: str | None
    status: Status
    effect: Effect
    holds: Sequence[HoldView]
    scheduled: ScheduledChangeView | None


@dataclass(frozen=True, kw_only=True)
class StatusChangeTarget:
    """What is to be changed. `seller_id` is whose it must be; None: anybody's."""

    kind: SubjectKind
    id: str
    seller_id: str | None = None


def request_status_change(
    uow: UnitOfWork, target: StatusChangeTarget, asked: StatusRequest, cause: Cause, *, expected: str | None = None
) -> AcceptedStatusChange:
    """Change the status for the side that asks, in this transaction.

    `expected` is the `holds_fingerprint` of what the decision was made on (None: not checked). Raises `NotFound`;
    `Conflict` when the change is impossible (`withdrawn_for_good`, with both states), when other sides hold the subject
    and this one does not (`held_by_others`, with their holds), or when it no longer is as `expected`
    (`changed_meanwhile`).
    """
    return request_for_locked(uow, _find(uow, target), asked, cause, expected=expected)


def request_for_locked(
    uow: UnitOfWork, locked: LockedSubject, asked: StatusRequest, cause: Cause, *, expected: str | None = None
) -> AcceptedStatusChange:
    """The same for a product or a pack that this transaction has locked. A refusal leaves it as it is."""
    if expected is not None and expected != holds_fingerprint(locked.row.status, read_locked_holds(locked)):
        state = locked.row.status
        raise Conflict(
            "it was changed meanwhile; look again", code="changed_meanwhile", state=state, asked=asked.status
        )
    outcome = change_status(uow, locked, asked, cause)
    refuse_impossible(outcome.effect, locked.row.status, asked, hold_views(locked.holds()))
    unchanged = AuditOutcome.UNCHANGED if outcome.effect is Effect.NO_EFFECT else AuditOutcome.DONE
    details = {"status": asked.status, "effect": outcome.effect, "cascade_id": outcome.cascade_id}
    uow.audit(AuditAction(f"{locked.kind}.status_changed"), locked.row.id, outcome=unchanged, **details)
    return AcceptedStatusChange(
        cascade_id=outcome.cascade_id,
        status=outcome.status,
        effect=outcome.effect,
        holds=hold_views(locked.holds()),
        scheduled=next(iter(scheduled_views([locked.side(asked.side, uow.session)])), None),
    )


def refuse_impossible(effect: Effect, status: Status, asked: StatusRequest, holds: Sequence[HoldView]) -> None:
    """Raise the `Conflict` of an effect that refuses; do nothing for any other."""
    facts = {"state": status, "asked": asked.status, "holds": [_hold_json(hold) for hold in holds]}
    if effect is Effect.REFUSED_WITHDRAWN:
        raise Conflict(
            f"it is {status} and cannot become {asked.status}; only the marketplace can reinstate it",
            code="withdrawn_for_good",
            **facts,
        )
    if effect is Effect.REFUSED_HELD_BY_OTHERS:
        others = ", ".join(hold.side for hold in holds)
        raise Conflict(f"it is held by {others}, not by {asked.side}", code="held_by_others", **facts)


def request_cancellation(uow: UnitOfWork, target: StatusChangeTarget, side: Side, cause: Cause) -> None:
    """Cancel the side's scheduled change. Raises `NotFound`, with the code `nothing_scheduled` when there is none."""
    locked = _find(uow, target)
    if cancel_scheduled(uow, locked, side, cause) is not Effect.LIFT:
        raise NotFound(f"{side} has scheduled no change", code="nothing_scheduled")
    uow.audit(AuditAction(f"{target.kind}.change_cancelled"), target.id, side=side)


def _find(uow: UnitOfWork, target: StatusChangeTarget) -> LockedSubject:
    locked = LockedSubjects(uow.session).get(target.kind, target.id)
    if locked is None or target.seller_id not in (None, locked.row.seller_id):
        raise NotFound(f"there is no {target.kind} {target.id}")
    return locked


def read_locked_holds(locked: LockedSubject) -> HoldsView:
    """The holds of a subject that this transaction has locked, as they are shown."""
    ended = locked.withdrawal
    return HoldsView(
        holds=hold_views(locked.holds()),
        scheduled=scheduled_views(locked.slots()),
        withdrawal=None if ended is None else withdrawal_view(ended),
    )


def _hold_json(hold: HoldView) -> dict[str, object]:
    return {"side": hold.side, "reason": hold.reason, "since": format_instant(hold.since), "actor": hold.actor}


def request_reinstatement(uow: UnitOfWork, target: StatusChangeTarget, cause: Cause) -> AcceptedStatusChange:
    """The marketplace brings a withdrawn product back, offline (`rules.md` 4). Raises `NotFound`, `Conflict`."""
    locked = _find(uow, target)
    outcome = reinstate(uow, locked, cause)
    if outcome.effect is not Effect.HOLD:
        detail = f"it is {outcome.status}; only what was withdrawn for good can be reinstated"
        asked = Status.OFFLINE_TEMPORARY
        raise Conflict(detail, code="not_withdrawn", state=outcome.status, asked=asked)
    uow.audit(AuditAction.PRODUCT_REINSTATED, target.id)
    return AcceptedStatusChange(
        cascade_id=outcome.cascade_id,
        status=outcome.status,
        effect=outcome.effect,
        holds=hold_views(locked.holds()),
        scheduled=None,
    )
