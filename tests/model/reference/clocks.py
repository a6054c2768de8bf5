"""A deadline in business days in the reference: started, stopped, frozen, resumed (`clocks.md`)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from .days import DAY, ClosedDays, business_days_taken, civil_day, due_before, end_of

RESUMED_DAYS = 5


@dataclass
class Countdown:
    """One clock: started with so many business days, and what became of it."""

    started_at: datetime
    days: int
    closures: Collection[ClosedDays] = ()
    state: str = "running"
    left: int = 0

    def __post_init__(self) -> None:
        self.due_before = self._counted()

    def _counted(self) -> datetime:
        return due_before(self.started_at, self.days, self.closures)

    def recount(self, now: datetime) -> None:
        """Closures have changed: what is left moves, never to before the end of the day after the change."""
        if self.state == "running" and now < self.due_before:
            earliest = min(end_of(civil_day(now) + DAY), self.due_before)
            self.due_before = max(self._counted(), earliest)

    def pass_to(self, now: datetime) -> bool:
        """Miss the deadline, if it has passed. True: missed just now."""
        if self.state == "running" and now >= self.due_before:
            self.state = "missed"
            return True
        return False

    def stop(self, at: datetime, state: str) -> None:
        """Stop it as of an instant, with the business days that it had left then; on time is before `due_before`."""
        if self.state in ("running", "to_confirm", "missed") and at < self.due_before:
            self.left = self.days - business_days_taken(self.started_at, at)
            self.state = state

    def resume(self, now: datetime) -> None:
        """Go on with what was left, at least five business days. One that was missed stays missed."""
        if self.state in ("met", "frozen"):
            self.days = max(RESUMED_DAYS, self.left)
            self.started_at = now
            self.state = "running"
            self.due_before = self._counted()

    def void(self, now: datetime) -> None:
        """Nothing is owed any more; whether what awaits a person's word past its time was met is still open."""
        if self.state in ("running", "frozen") or (self.state == "to_confirm" and now < self.due_before):
            self.state = "void"
