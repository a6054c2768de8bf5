"""Holds of a product or a pack, as they are shown: who holds it offline, what is scheduled, whether it is withdrawn.

Reading only. `locked_subjects.py` reads the same under locks, for a change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from ...domain.catalog.statuses import Side, Status
from ...models.products import SideState, SubjectKind, Withdrawal
from ..core.unit_of_work import Cause


@dataclass(frozen=True, kw_only=True)
class HoldView:
    """One open hold: its side, reason, beginning, and who asked for it."""

    side: Side
    reason: str
    since: datetime
    actor: str
    on_behalf_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class ScheduledChangeView:
    """A change that one side has scheduled."""

    side: Side
    status: Status
    effective_at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class WithdrawalView:
    """The permanent end of a sale."""

    side: Side
    reason: str
    effective_at: datetime


@dataclass(frozen=True, kw_only=True)
class HoldsView:
    """What its seller, its owners and the marketplace are shown beside the status of a product or a pack."""

    holds: Sequence[HoldView]
    scheduled: Sequence[ScheduledChangeView]
    withdrawal: WithdrawalView | None


def read_holds(session: Session, kind: SubjectKind, id_: str, seller_id: str) -> HoldsView:
    """The holds of a product or pack, its seller's account's among them, its scheduled changes, its withdrawal."""
    keys = [(kind, id_), (SubjectKind.SELLER, seller_id)]
    subject = tuple_(SideState.subject_kind, SideState.subject_id)
    states = list(session.scalars(select(SideState).where(subject.in_(keys))))
    in_force = select(Withdrawal).where(
        Withdrawal.subject_kind == kind, Withdrawal.subject_id == id_, Withdrawal.reinstated_at.is_(None)
    )
    ended = session.scalar(in_force)
    own = (state for state in states if state.subject_kind is kind)
    return HoldsView(
        holds=hold_views(states),
        scheduled=scheduled_views(own),
        withdrawal=None if ended is None else withdrawal_view(ended),
    )


def read_all_holds(session: Session, kind: SubjectKind, seller_id: str, ids: Sequence[str]) -> dict[str, HoldsView]:
    """The same for several products, or packs, of one seller, by two statements however many they are."""
    if not ids:
        return {}
    keys = [*((kind, id_) for id_ in ids), (SubjectKind.SELLER, seller_id)]
    subject = tuple_(SideState.subject_kind, SideState.subject_id)
    states = list(session.scalars(select(SideState).where(subject.in_(keys))))
    account = [state for state in states if state.subject_kind is SubjectKind.SELLER]
    in_force = select(Withdrawal).where(
        Withdrawal.subject_kind == kind,
        Withdrawal.subject_id.in_(ids),
        Withdrawal.reinstated_at.is_(None),
    )
    ended = {one.subject_id: withdrawal_view(one) for one in session.scalars(in_force)}
    own: dict[str, list[SideState]] = {id_: [] for id_ in ids}
    for state in states:
        if state.subject_kind is kind:
            own[state.subject_id].append(state)
    return {
        id_: HoldsView(
            holds=hold_views([*found, *account]), scheduled=scheduled_views(found), withdrawal=ended.get(id_)
        )
        for id_, found in own.items()
    }


def holds_fingerprint(status: Status, holds_view: HoldsView) -> str:
    """A fingerprint of status and holds, which differs whenever any of them does: what a decision was made on."""
    state = (
        status,
        [(hold.side, hold.since) for hold in holds_view.holds],
        [(slot.side, slot.status, slot.effective_at) for slot in holds_view.scheduled],
        holds_view.withdrawal and holds_view.withdrawal.effective_at,
    )
    return hashlib.sha256(repr(state).encode()).hexdigest()[:16]


def hold_views(states: Iterable[SideState]) -> list[HoldView]:
    """The open holds among these sides, in a fixed order."""
    held = sorted((state for state in states if state.held), key=lambda state: list(Side).index(state.side))
    return [_shown_hold(state) for state in held]


def scheduled_views(states: Iterable[SideState]) -> list[ScheduledChangeView]:
    """The scheduled changes of these sides, the earliest first."""
    return sorted(
        (
            ScheduledChangeView(
                side=state.side,
                status=state.scheduled_status,
                effective_at=state.scheduled_at,
                reason=state.scheduled_reason or "",
            )
            for state in states
            if state.scheduled_status is not None and state.scheduled_at is not None
        ),
        key=lambda one: one.effective_at,
    )


def _shown_hold(state: SideState) -> HoldView:
    if state.held_since is None:
        raise ValueError(f"the hold of {state.subject_kind} {state.subject_id} has no instant")
    cause = Cause.from_json(state.held_cause or {})
    return HoldView(
        side=state.side,
        reason=state.held_reason or "",
        since=state.held_since,
        actor=cause.actor or state.side,
        on_behalf_of=cause.on_behalf_of,
    )


def withdrawal_view(ended: Withdrawal) -> WithdrawalView:
    """A withdrawal as it is shown."""
    return WithdrawalView(side=ended.side, reason=ended.reason, effective_at=ended.effective_at)
