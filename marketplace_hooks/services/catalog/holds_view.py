"""Holds of a product or a pack, as they are shown: who took it offline, what is scheduled, whether it is withdrawn.

Reading only. `locked_subjects.py` reads the same under locks, for a change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
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


def read_all_holds(session: Session, kind: SubjectKind, sellers: Mapping[str, str]) -> dict[str, HoldsView]:
    """The same for several products, or packs, by two statements however many they are: by id, each with its seller."""
    if not sellers:
        return {}
    keys = [*((kind, id_) for id_ in sellers), *((SubjectKind.SELLER, id_) for id_ in sorted({*sellers.values()}))]
    subject = tuple_(SideState.subject_kind, SideState.subject_id)
    states = list(session.scalars(select(SideState).where(subject.in_(keys))))
    accounts: dict[str, list[SideState]] = {id_: [] for id_ in sellers.values()}
    in_force = select(Withdrawal).where(
        Withdrawal.subject_kind == kind,
        Withdrawal.subject_id.in_(sellers),
        Withdrawal.reinstated_at.is_(None),
    )
    ended = {one.subject_id: withdrawal_view(one) for one in session.scalars(in_force)}
    own: dict[str, list[SideState]] = {id_: [] for id_ in sellers}
    for state in states:
        (own if state.subject_kind is kind else accounts)[state.subject_id].append(state)
    return {
        id_: HoldsView(
            holds=hold_views([*found, *accounts[sellers[id_]]]),
            scheduled=scheduled_views(found),
            withdrawal=ended.get(id_),
        )
        for id_, found in own.items()
    }


def temporary_change(holds_view: HoldsView, side: Side) -> Status | None:
    """The change that a side can make and undo: offline, or back online; None for what is withdrawn.

    A side can add its own hold to those of others: the product stays offline once theirs are lifted (`rules.md` 1).
    """
    if holds_view.withdrawal is not None:
        return None
    return Status.ONLINE if _is_held_by(side, holds_view) else Status.OFFLINE_TEMPORARY


def usual_change(holds_view: HoldsView, side: Side) -> Status | None:
    """The change that a list offers a side: none where only others hold, since it would change nothing that shows."""
    if holds_view.holds and not _is_held_by(side, holds_view):
        return None
    return temporary_change(holds_view, side)


def _is_held_by(side: Side, holds_view: HoldsView) -> bool:
    return any(hold.side is side for hold in holds_view.holds)


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
