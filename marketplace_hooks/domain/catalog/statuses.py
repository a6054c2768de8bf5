"""Status changes: what a requested status does to a product, a pack or a seller's account.

Three sides may hold a subject offline, each for itself; a withdrawal ends its sale for good. The status is derived
from these, never set (`rules.md` 1). Nothing here reads a clock or a row: facts in, verdict out.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime


class Status(enum.StrEnum):
    """Where a product or a pack stands (`rules.md` 1)."""

    ONLINE = "online"
    OFFLINE_TEMPORARY = "offline_temporary"
    OFFLINE_PERMANENT = "offline_permanent"


class Side(enum.StrEnum):
    """Who holds: the seller, the marketplace, or the seller's suspended account."""

    SELLER = "seller"
    MARKETPLACE = "marketplace"
    ACCOUNT = "account"


class Effect(enum.StrEnum):
    """What a requested change does. `REFUSED_*` are for whoever asks and waits; an event records them as no effect."""

    HOLD = "hold"
    LIFT = "lift"
    WITHDRAW = "withdraw"
    SCHEDULE = "schedule"
    NO_EFFECT = "no_effect"
    SUPERSEDED = "superseded"
    REFUSED_WITHDRAWN = "refused_withdrawn"
    REFUSED_HELD_BY_OTHERS = "refused_held_by_others"


@dataclass(frozen=True, kw_only=True)
class SubjectState:
    """The facts about one subject when one of its sides asks for a change.

    `held_by` are all sides with an open hold; `withdrawn` is a withdrawal in effect. The others belong to the asking
    side: the last version received by event (0: none), the last change made here (None: none), and what it has
    scheduled, with its instant.
    """

    withdrawn: bool
    held_by: Collection[Side]
    version: int = 0
    changed_here_at: datetime | None = None
    scheduled: tuple[Status, datetime] | None = None


@dataclass(frozen=True, kw_only=True)
class StatusRequest:
    """One side asks for a status at an instant.

    `sent_at` and `version` are the event's; both None when asked here (a button, the API). `effective_at` in the past
    or None means at once (`rules.md` 3).
    """

    side: Side
    status: Status
    version: int | None = None
    sent_at: datetime | None = None
    effective_at: datetime | None = None


def status_of(*, withdrawn: bool, held_by: Collection[Side]) -> Status:
    """The derived status (`rules.md` 1)."""
    if withdrawn:
        return Status.OFFLINE_PERMANENT
    return Status.OFFLINE_TEMPORARY if held_by else Status.ONLINE


def is_superseded(current: SubjectState, *, version: int | None, sent_at: datetime | None) -> bool:
    """Whether an event comes too late to count: its side has made a newer change, by event or here (`rules.md` 2).

    Versions are compared at receipt only; what is asked here (both None) is never late.
    """
    if version is not None and version <= current.version:
        return True
    return sent_at is not None and current.changed_here_at is not None and sent_at < current.changed_here_at


def judge(current: SubjectState, requested: StatusRequest, now: datetime) -> Effect:
    """What the change does if it comes to its side in time; `now` is when it was received, however late it is judged.

    A scheduled change is judged like any other when its instant has come, with neither version nor `effective_at`.
    """
    if is_superseded(current, version=requested.version, sent_at=requested.sent_at):
        return Effect.SUPERSEDED
    if current.withdrawn:
        same = requested.status is Status.OFFLINE_PERMANENT
        return Effect.NO_EFFECT if same else Effect.REFUSED_WITHDRAWN
    if requested.effective_at is not None and requested.effective_at > now:
        # Else the echo of a change scheduled here would be published again, and echoed again, for ever.
        return Effect.NO_EFFECT if current.scheduled == (requested.status, requested.effective_at) else Effect.SCHEDULE
    if requested.status is Status.OFFLINE_PERMANENT:
        return Effect.WITHDRAW
    holds = requested.side in current.held_by
    if requested.status is Status.OFFLINE_TEMPORARY:
        return Effect.NO_EFFECT if holds else Effect.HOLD
    if holds:
        return Effect.LIFT
    return Effect.REFUSED_HELD_BY_OTHERS if current.held_by else Effect.NO_EFFECT
