"""The refund claim of a missed fix in the reference: a small ledger (rule 17; `clocks.md`, refund)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .care import Care
from .clocks import Countdown
from .days import civil_day, due_before, end_of, months_later

FIX_DAYS = 30
CHOICE_DAYS = 2
WINDOW_MONTHS = 6
OUTSTANDING = ("due", "requested", "manual", "deferred")


@dataclass
class Claim:
    """What is owed for a missed fix. `second_fix` is the new date of a customer who prefers the fix."""

    care: Care
    state: str = "due"
    request_at: datetime | None = None
    path: str | None = None
    second_fix: Countdown | None = None
    was_asked_for: bool = False

    @property
    def still_owed(self) -> int:
        return self.care.still_owed

    @property
    def is_outstanding(self) -> bool:
        return self.state in OUTSTANDING

    def become_due(self, now: datetime) -> None:
        """Due, and asked for by itself two business days later."""
        self.state = "due"
        self.request_at = due_before(now, CHOICE_DAYS)
        self._void_second(now)

    def ask(self, now: datetime) -> None:
        """Ask for it: through the platform within the months of its window from the purchase, later by hand.

        While the bank is awaited it is due, and asked for once the bank has decided.
        """
        if self.care.awaits_the_bank:
            self.become_due(now)
            self.request_at = now
            return
        limit = end_of(months_later(civil_day(self.care.purchased_at), WINDOW_MONTHS))
        self.path = "platform" if now < limit else "manual"
        self.state = "requested" if self.path == "platform" else "manual"
        self.request_at = None
        self.was_asked_for = True
        self._void_second(now)

    def lapse(self) -> None:
        """The fix came by the new date."""
        self.state = "lapsed"
        self.request_at = None

    def settle_if_nothing_is_owed(self, now: datetime) -> None:
        """Settled when nothing is owed, and not before."""
        if self.still_owed == 0 and self.is_outstanding:
            self.state = "refunded"
            self.request_at = None
            self._void_second(now)

    def defer(self, now: datetime) -> None:
        """The customer prefers the fix: a new date, and nothing is lost."""
        self.state = "deferred"
        self.request_at = None
        self.second_fix = Countdown(now, FIX_DAYS)

    def pass_to(self, now: datetime) -> None:
        """Let the new date pass, or the days of the choice."""
        if self.second_fix is not None and self.second_fix.pass_to(now) and self.state == "deferred":
            self.become_due(now)
        is_time = self.request_at is not None and self.request_at <= now
        if self.state == "due" and is_time and not self.care.awaits_the_bank:
            self.ask(now)

    def _void_second(self, now: datetime) -> None:
        if self.second_fix is not None:
            self.second_fix.void(now)
