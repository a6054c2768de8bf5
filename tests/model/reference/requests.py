"""A request for support in the reference: handling, both clocks and the refund claim (`rules.md` 16 to 22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .care import Care
from .days import ClosedDays, business_days_taken, civil_day, due_before, end_of, months_later

ACKNOWLEDGEMENT_DAYS = 1
FIX_DAYS = 30
RESUMED_DAYS = 5
REOPENING_DAYS = 10
CONTEST_DAYS = 30
CHOICE_DAYS = 2
WINDOW_MONTHS = 6

ANSWERABLE = ("accepted", "acknowledged")
OPEN = (*ANSWERABLE, "refused", "contested", "resolved")


@dataclass
class Countdown:
    """One clock: started with so many business days, and what became of it."""

    started_at: datetime
    days: int
    closures: Sequence[ClosedDays] = ()
    state: str = "running"
    left: int = 0

    @property
    def due_before(self) -> datetime:
        return due_before(self.started_at, self.days, self.closures)

    def is_running(self, now: datetime) -> bool:
        """Whether there is time left: on time means before `due_before`."""
        return self.state == "running" and now < self.due_before

    def pass_to(self, now: datetime) -> bool:
        """Miss the deadline, if it has passed. True: missed just now."""
        if self.state == "running" and now >= self.due_before:
            self.state = "missed"
            return True
        return False

    def stop(self, now: datetime, state: str) -> None:
        """Stop it while there is time left, with the business days that it has then."""
        if self.is_running(now):
            self.left = self.days - business_days_taken(self.started_at, now)
            self.state = state

    def resume(self, now: datetime) -> None:
        """Go on with what was left, at least five business days. One that was missed stays missed."""
        if self.state in ("met", "frozen"):
            self.days = max(RESUMED_DAYS, self.left)
            self.started_at = now
            self.state = "running"

    def void(self) -> None:
        """Nothing is owed any more."""
        if self.state in ("running", "frozen"):
            self.state = "void"


@dataclass
class Claim:
    """The refund claim of a missed fix. `second_fix` is the new date of a customer who prefers the fix."""

    care: Care
    state: str
    request_at: datetime | None
    path: str | None = None
    second_fix: Countdown | None = None

    @property
    def still_owed(self) -> int:
        return self.care.still_owed

    def ask(self, now: datetime) -> None:
        """Ask for it: through the platform within the months of its window from the purchase, later by hand."""
        limit = end_of(months_later(civil_day(self.care.purchased_at), WINDOW_MONTHS))
        self.path = "platform" if now < limit else "manual"
        self.state = "requested" if self.path == "platform" else "manual"
        self.request_at = None
        self.second_fix = None

    def settle_if_nothing_is_owed(self) -> None:
        """Settled when nothing is owed, and not before."""
        if self.still_owed == 0 and self.state != "lapsed":
            self.state = "refunded"
            self.request_at = None

    def defer(self, now: datetime) -> None:
        """The customer prefers the fix: a new date, and nothing is lost."""
        self.state = "deferred"
        self.request_at = None
        self.second_fix = Countdown(now, FIX_DAYS)

    def become_due(self, now: datetime) -> None:
        """Due, and asked for by itself two business days later."""
        self.state = "due"
        self.request_at = due_before(now, CHOICE_DAYS)

    def pass_to(self, now: datetime) -> None:
        """Let the new date pass, or the days of the choice."""
        if self.state == "deferred" and self.second_fix is not None and self.second_fix.pass_to(now):
            self.become_due(now)
        if self.state == "due" and self.request_at is not None and self.request_at <= now:
            self.ask(now)


@dataclass
class Request:
    """One request about a purchase, accepted when it was submitted."""

    id: str
    care: Care
    kind: str
    submitted_at: datetime
    closures: Sequence[ClosedDays]
    handling: str = "accepted"
    waits_until: datetime | None = None
    claim: Claim | None = None
    overturned: set[str] = field(default_factory=set)
    ground: str | None = None

    def __post_init__(self) -> None:
        self.acknowledgement = Countdown(self.submitted_at, ACKNOWLEDGEMENT_DAYS, self.closures)
        self.fix = Countdown(self.submitted_at, FIX_DAYS) if self.kind == "anomaly" else None

    @property
    def is_answerable(self) -> bool:
        return self.handling in ANSWERABLE

    def acknowledge(self, now: datetime) -> None:
        """A personal answer of the seller's side."""
        self.acknowledgement.stop(now, "met")
        if self.handling == "accepted":
            self.handling = "acknowledged"

    def resolve(self, now: datetime) -> None:
        """A fix that this customer may download, or an explanation by a person."""
        self.acknowledge(now)
        self.handling = "resolved"
        self.waits_until = due_before(now, REOPENING_DAYS)
        if self.fix is not None:
            self.fix.stop(now, "met")
        if self.claim is not None and self.claim.state == "deferred" and self.claim.second_fix is not None:
            self.claim.second_fix.stop(now, "met")

    def report_not_fixed(self, now: datetime) -> None:
        """The customer says so in time: the fix is owed again."""
        self.handling = "acknowledged"
        self.waits_until = None
        if self.fix is not None:
            self.fix.resume(now)
        if self.claim is not None and self.claim.second_fix is not None:
            self.claim.second_fix.resume(now)

    def refuse(self, ground: str, now: datetime) -> None:
        """Refused by a person, with text and evidence; that also acknowledges, and freezes the fix."""
        self.acknowledge(now)
        self.handling = "refused"
        self.ground = ground
        self.waits_until = end_of(civil_day(now) + timedelta(days=CONTEST_DAYS))
        if self.fix is not None:
            self.fix.stop(now, "frozen")

    def contest(self) -> None:
        self.handling = "contested"
        self.waits_until = None

    def overturn(self, now: datetime) -> None:
        """The marketplace takes the customer's side: that ground is used up."""
        self.handling = "accepted"
        self.overturned.add(self.ground or "")
        if self.fix is not None:
            self.fix.resume(now)

    def close(self, handling: str = "closed") -> None:
        """The end, with whatever clock still runs."""
        self.handling = handling
        self.waits_until = None
        self.acknowledgement.void()
        if self.fix is not None:
            self.fix.void()

    def pass_to(self, now: datetime, others: Sequence[Request]) -> None:
        """Let deadlines and waits pass. A missed fix makes the refund due, once for a purchase."""
        self.acknowledgement.pass_to(now)
        if self.fix is not None and self.fix.pass_to(now):
            outstanding = [one for one in others if one.care is self.care and one.has_outstanding_claim]
            if self.care.still_owed and self.claim is None and not outstanding:
                self.claim = Claim(self.care, "due", None)
                self.claim.become_due(self.fix.due_before)
        if self.claim is not None:
            self.claim.pass_to(now)
        if self.waits_until is not None and now >= self.waits_until:
            self.close()
            if self.claim is not None and self.claim.state == "deferred":
                self.claim.state = "lapsed"

    @property
    def has_outstanding_claim(self) -> bool:
        return self.claim is not None and self.claim.state in ("due", "requested", "manual", "deferred")
