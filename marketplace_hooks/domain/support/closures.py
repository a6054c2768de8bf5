"""Closures of a seller: the state on a given day, and what shortening one leaves of it (`deadlines.md`)."""

from __future__ import annotations

import enum
from datetime import date


class ClosureState(enum.StrEnum):
    """`announced`: customers see it, it has not begun. `running`: today is one of its days."""

    ANNOUNCED = "announced"
    RUNNING = "running"
    OVER = "over"
    CANCELLED = "cancelled"


def state_on(today: date, first_day: date, last_day: date | None, *, cancelled: bool) -> ClosureState:
    """The state of a closure on a civil day; both its days are included, `last_day` None: open-ended."""
    if cancelled:
        return ClosureState.CANCELLED
    if last_day is not None and last_day < today:
        return ClosureState.OVER
    return ClosureState.ANNOUNCED if today < first_day else ClosureState.RUNNING


def shortened_last_day(last_day: date | None, asked: date, *, today: date) -> date | None:
    """The last day of a closure that is asked to end earlier; None: it does not.

    It reopens on the next civil day at the earliest: a closure that covers `today` keeps it. `last_day` is the one
    announced so far, None where it was open-ended.
    """
    earliest = max(asked, today)
    return earliest if last_day is None or earliest < last_day else None
