"""A request for support in the reference: handling, both clocks and the refund claim (`rules.md` 16 to 22)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .care import Care
from .claims import FIX_DAYS, Claim
from .clocks import Countdown
from .days import ClosedDays, civil_day, due_before, end_of
from .releases import Release

ACKNOWLEDGEMENT_DAYS = 1
REOPENING_DAYS = 10
CONTEST_DAYS = 30
INFORMATION_DAYS = 14

ANSWERABLE = ("accepted", "acknowledged")
FIXABLE = (*ANSWERABLE, "resolved")
OPEN = (*ANSWERABLE, "refused", "contested", "resolved", "needs_information")


@dataclass
class Proposal:
    """What a seller's machine has proposed. `ground` is of a refusal; None: an explanation."""

    id: str
    ground: str | None
    received_at: datetime


@dataclass
class Offer:
    """A paid update that the seller has offered, and the customer's answer."""

    release: Release
    is_accepted: bool | None = None


@dataclass
class Request:
    """One request about a purchase.

    `closures` are the seller's, as they stand whenever they are looked at; `siblings` are all requests about the
    purchase, this one among them.
    """

    id: str
    care: Care
    kind: str
    submitted_at: datetime
    closures: Collection[ClosedDays]
    siblings: list[Request]
    handling: str = "needs_information"
    acknowledgement: Countdown | None = None
    fix: Countdown | None = None
    waits_until: datetime | None = None
    claim: Claim | None = None
    overturned: set[str] = field(default_factory=set)
    ground: str | None = None
    proposals: dict[str, Proposal] = field(default_factory=dict)
    offer: Offer | None = None
    to_confirm: tuple[str, datetime] | None = None

    def __post_init__(self) -> None:
        self.waits_until = end_of(civil_day(self.submitted_at) + timedelta(days=INFORMATION_DAYS))
        self.siblings.append(self)

    def accept(self, now: datetime) -> None:
        """Nothing is missing, or it is sent as it is: the clocks start."""
        self.handling = "accepted"
        self.waits_until = None
        self.acknowledgement = Countdown(now, ACKNOWLEDGEMENT_DAYS, self.closures)
        self.fix = Countdown(now, FIX_DAYS) if self.kind == "anomaly" else None

    @property
    def is_answerable(self) -> bool:
        return self.handling in ANSWERABLE

    @property
    def fix_clocks(self) -> list[Countdown]:
        """The contract's date for a fix, and the new one of a customer who prefers the fix."""
        found = [self.fix, self.claim.second_fix if self.claim else None]
        return [clock for clock in found if clock is not None]

    def state(self) -> str:
        """Everything that is expected of it now, as text."""
        claim = self.claim and (self.claim.state, self.claim.still_owed, self.care.given_back)
        clocks = [(clock.state, clock.due_before) for clock in (self.acknowledgement, *self.fix_clocks) if clock]
        return repr((self.handling, self.ground, clocks, claim))

    # answers

    def acknowledge(self, at: datetime) -> None:
        """A personal answer of the seller's side, received at an instant."""
        if self.acknowledgement is not None:
            self.acknowledgement.stop(at, "met")
        if self.handling == "accepted":
            self.handling = "acknowledged"

    def await_confirmation(self, message_id: str, at: datetime) -> None:
        """A message of which a person must say whether it acknowledges: meanwhile the clock is not missed."""
        self.to_confirm = (message_id, at)
        if self.acknowledgement is not None and self.acknowledgement.state == "running":
            self.acknowledgement.state = "to_confirm"

    def confirm(self, counts: bool, now: datetime) -> None:
        """A person says so; confirmed, it counts at its original receipt."""
        assert self.to_confirm is not None
        if self.acknowledgement is not None and self.acknowledgement.state == "to_confirm":
            self.acknowledgement.state = "running"
        if counts:
            self.acknowledge(self.to_confirm[1])
        if self.acknowledgement is not None:
            self.acknowledgement.pass_to(now)
        self.to_confirm = None

    # fixes

    def resolve(self, at: datetime, now: datetime) -> None:
        """A person of the seller's side resolves it, at an instant: that also acknowledges."""
        self.acknowledge(at)
        self.deliver_fix(at, now)

    def deliver_fix(self, at: datetime, now: datetime) -> None:
        """The fix can be downloaded, or all is explained; delivered by the new date, the claim has lapsed."""
        self._leave("resolved", due_before(now, REOPENING_DAYS))
        if not self._stop_fix(at, "met", now):
            second = None if self.claim is None else self.claim.second_fix
            if second is not None and second.state == "met":
                self._lapse(now)

    def report_not_fixed(self, now: datetime) -> None:
        """The customer says so in time: the fix is owed again, and with it what was put off for it."""
        self._leave("acknowledged", None)
        for clock in self.fix_clocks:
            clock.resume(now)
        others = [one for one in self.siblings if one.claim is not None and one.claim.is_outstanding]
        if self.claim is not None and self.claim.state == "lapsed" and not others:
            self.claim.state = "deferred"

    # refusals

    def refuse(self, ground: str, at: datetime, now: datetime) -> None:
        """Refused by a person, with text and evidence; that also acknowledges, and freezes the fix."""
        self.acknowledge(at)
        self._leave("refused", end_of(civil_day(now) + timedelta(days=CONTEST_DAYS)))
        self.ground = ground
        second = None if self.claim is None else self.claim.second_fix
        was_missed = second is not None and second.state == "missed"
        if not self._stop_fix(at, "frozen", now) and was_missed and second is not None and second.state == "frozen":
            self._defer_again()

    def contest(self) -> None:
        self._leave("contested", None)

    def overturn(self, now: datetime) -> None:
        """The marketplace takes the customer's side: that ground is used up."""
        self._leave("accepted", None)
        self.overturned.add(self.ground or "")
        for clock in self.fix_clocks:
            clock.resume(now)

    def confirm_proposal(self, proposal: Proposal, now: datetime) -> None:
        """A person stands by what a machine proposed: it counts at its receipt, as if nothing had been missed since."""
        if proposal.ground is None:
            self.resolve(proposal.received_at, now)
        else:
            self.refuse(proposal.ground, proposal.received_at, now)

    def _stop_fix(self, at: datetime, state: str, now: datetime) -> bool:
        """Stop both dates of the fix as of an instant. True: the first was not missed after all, and nothing is due."""
        was_missed = self.fix is not None and self.fix.state == "missed"
        for clock in self.fix_clocks:
            clock.stop(at, state)
        if not was_missed or (self.fix is not None and self.fix.state == "missed"):
            return False
        if self.claim is not None and self.claim.state in ("due", "deferred"):
            if self.claim.was_asked_for:
                self.claim.lapse()
            else:
                self.claim = None
            self._make_others_due(now)
        return True

    def _defer_again(self) -> None:
        """The new date was not missed after all: what it had made due is put off, as it was."""
        if self.claim is not None and self.claim.state == "due":
            self.claim.state = "deferred"
            self.claim.request_at = None

    # the end

    def close(self, now: datetime, handling: str = "closed") -> None:
        """The end, with whatever clock still runs. What was put off for a fix is due again."""
        self._leave(handling, None)
        if self.acknowledgement is not None:
            self.acknowledgement.void(now)
        for clock in self.fix_clocks:
            clock.void(now)
        if self.claim is not None and self.claim.state == "deferred":
            self.claim.become_due(now)

    def pass_to(self, now: datetime) -> None:
        """Let deadlines and waits pass. A missed fix makes the refund due, once for a purchase."""
        if self.acknowledgement is not None:
            self.acknowledgement.pass_to(now)
        if self.fix is not None and self.fix.pass_to(now):
            self.make_due(now)
        if self.claim is not None:
            self.claim.pass_to(now)
        if self.waits_until is not None and now >= self.waits_until:
            self.close(now, "abandoned" if self.handling == "needs_information" else "closed")

    # money

    def make_due(self, now: datetime) -> None:
        """The fix was missed: the refund is due, once for a purchase, and only if something is owed."""
        outstanding = [one for one in self.siblings if one.claim is not None and one.claim.is_outstanding]
        if self.care.still_owed and self.claim is None and not outstanding:
            self.claim = Claim(self.care)
            self.claim.become_due(now)

    def defer(self, now: datetime) -> None:
        """The customer prefers the fix. Where it was delivered meanwhile, too late, they keep it."""
        assert self.claim is not None
        self.claim.defer(now)
        if self.handling == "resolved" and self.claim.second_fix is not None:
            self.claim.second_fix.stop(now, "met")
            self._lapse(now)

    def _lapse(self, now: datetime) -> None:
        if self.claim is not None and self.claim.state in ("due", "deferred"):
            self.claim.lapse()
            self._make_others_due(now)

    def _make_others_due(self, now: datetime) -> None:
        """What was missed in another request about the purchase had no claim beside this one: it has now."""
        for other in sorted(self.siblings, key=lambda one: one.id):
            if other is not self and other.fix is not None and other.fix.state == "missed":
                other.make_due(now)

    def _leave(self, handling: str, waits_until: datetime | None) -> None:
        """Move on; what a machine proposed before is overtaken."""
        self.handling = handling
        self.waits_until = waits_until
        if not self.is_answerable:
            self.proposals.clear()
