"""How is a clock told: how it stands, by when, how much is left, and why by that date?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from ...domain.support.deadlines import SkipReason
from ...domain.support.state_machine import ClockState
from ..i18n.language import LazyText, lazy
from .deadline_trace import trace_of
from .support import POLICIES, SKIPPED

SOON_S = 24 * 3600
MEANS: dict[ClockState, LazyText] = {
    ClockState.SUSPENDED: lazy("Suspended by an announced closure without an end."),
    ClockState.TO_CONFIRM: lazy("An answer came in time; a person of the marketplace has to say whether it counts."),
    ClockState.FROZEN: lazy("Paused by the refusal. It goes on if the marketplace overturns it."),
    ClockState.VOID: lazy("Nothing is owed any more."),
}


@dataclass(frozen=True, kw_only=True)
class ClockTold:
    """A clock on a page. `tag` is the word of `tags.py` for it; `is_soon`: it runs out within a day."""

    state: ClockState
    tag: str
    means: LazyText | None
    last_day: date | None
    due_before: datetime | None
    started_at: datetime
    stopped_at: datetime | None
    missed_at: datetime | None
    remaining_days: int | None
    is_late: bool
    is_soon: bool
    policy: LazyText
    extended: Mapping[str, Any] | None
    counted: Sequence[date]
    skipped: Sequence[tuple[date, date, LazyText]]


def told_clock(clock: Mapping[str, Any], now: datetime) -> ClockTold:
    """A clock as the services show it, in words. One that has run out is late, noticed by a sweep or not."""
    state = clock["state"]
    due = clock["due_before"]
    runs = state is ClockState.RUNNING
    is_late = state is ClockState.MISSED or (runs and due is not None and due <= now)
    left_s = (due - now).total_seconds() if due is not None else None
    trace = trace_of(clock)
    return ClockTold(
        state=state,
        tag=ClockState.MISSED if is_late else state,
        means=MEANS.get(state),
        last_day=clock["last_day"],
        due_before=due,
        started_at=clock["started_at"],
        stopped_at=clock["stopped_at"],
        missed_at=clock["missed_at"],
        remaining_days=clock["remaining_days"],
        is_late=is_late,
        is_soon=runs and not is_late and left_s is not None and left_s <= SOON_S,
        policy=POLICIES[trace.policy],
        extended=trace.extended,
        counted=trace.counted,
        skipped=_runs_of_days(trace.skipped),
    )


def _runs_of_days(skipped: Sequence[tuple[date, SkipReason]]) -> list[tuple[date, date, LazyText]]:
    """Days that follow each other for the same reason, as one: first, last, and the reason."""
    numbered = [(day.toordinal() - place, reason, day) for place, (day, reason) in enumerate(skipped)]
    found = []
    for (_, reason), group in groupby(numbered, key=lambda one: one[:2]):
        run = [day for _, _, day in group]
        found.append((run[0], run[-1], SKIPPED[reason]))
    return found
