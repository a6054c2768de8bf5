"""How does a seller's closure stand on a given day?"""

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
