"""Business Care of a purchase in the reference: periods, prices, entitlement, money back (rules 8 to 13, 17)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from .catalog import Product
from .days import DAY, civil_day, last_day_of_period, start_of
from .releases import Release

CLAIM_DELAY = timedelta(minutes=15)
VALID = ("VALID", "VALID_RENEWAL_CANCELLED")


def percent(cents: int, rate: int) -> int:
    """A share of an amount, half-up to the cent."""
    return (cents * rate + 50) // 100


def renewal_price(listing_cents: int) -> int:
    """The price of a period, without regard to any notice (rule 9)."""
    return percent(listing_cents, 40)


def reactivation_price(listing_cents: int) -> int:
    """The price of a period with the supplement for having let it expire, since 2025-03-20 (rule 9)."""
    return renewal_price(listing_cents) + percent(listing_cents, 95)


def shares(total_cents: int, prices: dict[str, int]) -> dict[str, int]:
    """A pack's price, shared out by the members' prices; the largest remainders take the cents left over."""
    whole = sum(prices.values())
    found = {member: total_cents * cents // whole for member, cents in prices.items()}
    by_remainder = sorted(prices, key=lambda member: -(total_cents * prices[member] % whole))
    for member in by_remainder[: total_cents - sum(found.values())]:
        found[member] += 1
    return found


@dataclass
class Dispute:
    """A payment that the bank has reversed, and what it decided later."""

    disputed_at: datetime
    cents: int
    outcome: str | None = None
    closed_at: datetime | None = None


@dataclass
class Charge:
    """A charge that paid a period."""

    id: str
    at: datetime
    cents: int


@dataclass
class Period:
    """Twelve months: its number counts through reactivations."""

    index: int
    first_day: date
    last_day: date
    payment: str


@dataclass
class Care:
    """Everything that happened to one purchase, each fact with its instant."""

    purchase_id: str
    customer_id: str
    product: Product
    purchased_at: datetime
    price_paid: int
    choices: list[tuple[datetime, bool]] = field(default_factory=list)
    reopened: list[datetime] = field(default_factory=list)
    paid: dict[int, Charge] = field(default_factory=dict)
    failed: set[int] = field(default_factory=set)
    reversed: set[int] = field(default_factory=set)
    disputes: list[Dispute] = field(default_factory=list)
    refunds: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    terminated_at: datetime | None = None
    owed_fixes: set[str] = field(default_factory=set)
    """The requests that were sent while it was entitled: their fix is owed whatever becomes of it later (22)."""

    # money

    @property
    def given_back(self) -> int:
        """All that was given back for this purchase, whatever request the refund named, or taken back by the bank."""
        lost = sum(one.cents for one in self.disputes if one.outcome == "lost")
        return lost + sum(cents for _, cents in self.refunds.values())

    @property
    def still_owed(self) -> int:
        """What may still be asked back: the price paid less everything given back (rule 17)."""
        return max(0, self.price_paid - self.given_back)

    @property
    def refunded_at(self) -> datetime | None:
        """When the refunds reached the price paid: from then on the purchase is fully refunded."""
        total = 0
        for at, cents in sorted(self.refunds.values()):
            total += cents
            if total >= self.price_paid:
                return at
        return None

    @property
    def ended_at(self) -> datetime | None:
        """When the entitlement ended for good before its day: by a refund, a termination or a dispute that was lost."""
        lost = [one.closed_at for one in self.disputes if one.outcome == "lost"]
        return min((at for at in (self.refunded_at, self.terminated_at, *lost) if at is not None), default=None)

    @property
    def is_disputed(self) -> bool:
        """Whether the bank has reversed the payment, and has not decided for the marketplace."""
        return any(one.outcome != "won" for one in self.disputes)

    @property
    def awaits_the_bank(self) -> bool:
        """Whether the bank has reversed the payment, and not decided yet: meanwhile no refund is asked for."""
        return any(one.outcome is None for one in self.disputes)

    # renewals

    def is_cancelled(self, at: datetime) -> bool:
        """Whether the customer's last choice before an instant was not to renew."""
        # Of two choices of one instant the cancellation counts: nobody is charged in doubt (`docs/rules.md` 10).
        choices = [(moment, not enabled) for moment, enabled in self.choices]
        heard = sorted([*choices, *((moment, False) for moment in self.reopened)])
        before = [is_cancelled for moment, is_cancelled in heard if moment < at]
        return bool(before) and before[-1]

    def is_withdrawn(self, at: datetime) -> bool:
        """Whether a withdrawal's cause stands: no reinstatement lifts it, the customer may expressly after one."""
        expressly = [moment for moment, enabled in self.choices if enabled] + self.reopened
        for begun, reinstated_at in self.product.withdrawals:
            if begun is None or begun > at or (reinstated_at is not None and reinstated_at <= self.purchased_at):
                continue
            lifted = reinstated_at is not None and any(reinstated_at <= moment < at for moment in expressly)
            if not lifted:
                return True
        return False

    def is_renewed(self, at: datetime) -> bool:
        """Whether the renewal of this instant happens (rules 10 and 11)."""
        is_over = self.ended_at is not None and self.ended_at <= at
        return not is_over and not self.is_cancelled(at) and not self.is_withdrawn(at)

    def periods(self, now: datetime) -> list[Period]:
        """The periods in force or asked for. A renewal is claimed a quarter of an hour after its instant."""
        found: list[Period] = []
        index = 0
        openings = [self.purchased_at, *self.reopened]
        following = [*self.reopened, None]
        for opened_at, closed_at in zip(openings, following, strict=True):
            original = civil_day(opened_at)
            index += 1
            found.append(Period(index, original, last_day_of_period(original, 1), "paid"))
            for number in count(2):
                first_day = last_day_of_period(original, number - 1) + DAY
                at = start_of(first_day)
                is_claimed = at <= now - CLAIM_DELAY or index + 1 in self.paid  # or charged before it was asked for.
                if (closed_at is not None and at >= closed_at) or not is_claimed or found[-1].payment != "paid":
                    break
                if index + 1 not in self.reversed and not (self.is_renewed(at) and self.is_paid_in_time(index + 1)):
                    break
                index += 1
                is_void = index in self.failed or index in self.reversed
                payment = "failed" if is_void else "paid" if index in self.paid else "pending"
                found.append(Period(index, first_day, last_day_of_period(original, number), payment))
                if payment != "paid":
                    break
        return found

    def is_paid_in_time(self, index: int) -> bool:
        """Whether nothing had ended for good when a period was paid, or has not yet."""
        charge = self.paid.get(index)
        return self.ended_at is None or (charge is not None and charge.at <= self.ended_at)

    def give_back_early(self, now: datetime) -> None:
        """Forget the charges of periods to come that are not to be: they are given back, and not charged again."""
        listed = {one.index for one in self.periods(now)}
        for index in [index for index in self.paid if index > max(listed)]:
            del self.paid[index]

    def next_instant(self, now: datetime) -> datetime | None:
        """The instant of the renewal to come; None: it does not renew any more."""
        last = self.periods(now)[-1]
        at = start_of(last.last_day + DAY)
        is_to_come = last.payment == "paid" and at > now - CLAIM_DELAY and self.is_renewed(max(at, now))
        return at if is_to_come else None

    # entitlement

    def is_running(self, now: datetime) -> bool:
        """Whether a period is paid, asked for, or about to be. A dispute of the purchase changes nothing about that."""
        return self.code_of_periods(now) != "EXPIRED"

    def last_paid_day(self, now: datetime) -> date:
        begun = [one for one in self.periods(now) if one.first_day <= civil_day(now)]
        return max(one.last_day for one in begun if one.payment == "paid")

    def code(self, now: datetime) -> str:
        """The entitlement on the merchant site that the purchase is bound to."""
        if self.refunded_at is not None and self.refunded_at <= now:
            return "REFUNDED"
        if self.terminated_at is not None and self.terminated_at <= now:
            return "TERMINATED"
        if self.is_disputed:
            return "PAYMENT_DISPUTED"
        return self.code_of_periods(now)

    def code_of_periods(self, now: datetime) -> str:
        """What the periods alone entitle to: no refund, termination or dispute is looked at."""
        today = civil_day(now)
        covering = [one for one in self.periods(now) if one.first_day <= today <= one.last_day]
        payments = {one.payment for one in covering}
        if "paid" in payments:
            later = now + timedelta(microseconds=1)
            stopped = self.is_cancelled(later) or self.is_withdrawn(later)
            return "VALID_RENEWAL_CANCELLED" if stopped else "VALID"
        if self.periods(now)[-1].payment == "pending" or self.is_awaited(now):
            return "PAYMENT_PENDING"
        return "EXPIRED"

    def is_awaited(self, now: datetime) -> bool:
        """Whether the renewal's instant has passed, and its period is not claimed yet."""
        last = self.periods(now)[-1]
        at = start_of(last.last_day + DAY)
        return last.payment == "paid" and now - CLAIM_DELAY < at <= now and self.is_renewed(at)

    def stop_renewals(self, now: datetime, record: Callable[[], None]) -> list[int]:
        """Record what stops renewals, perhaps late; the periods claimed in spite of it, whose reversal is asked for."""
        before = {one.index: one for one in self.periods(now) if one.payment != "failed"}
        record()
        after = {one.index for one in self.periods(now)}
        claimed = [index for index in before if index not in after]
        self.reversed.update(index for index in claimed if start_of(before[index].first_day) <= now)
        self.give_back_early(now)
        return claimed

    # downloads

    def may_download(self, release: Release, now: datetime) -> bool:
        """A free release while active, if it was published while it was, or fixes a request that was sent in time.

        A paid one only for those who bought it.
        """
        if self.is_disputed or (self.refunded_at is not None and self.refunded_at <= now):
            return False
        if release.is_paid:
            return self.purchase_id in release.bought_by
        is_owed = not self.owed_fixes.isdisjoint(release.fixes)
        return is_owed or self.code(now) in VALID or self.was_active(release.published_at, now)

    def was_active(self, at: datetime, now: datetime) -> bool:
        """Whether an instant lay in a period that is paid, before any termination."""
        if self.terminated_at is not None and self.terminated_at <= at:
            return False
        day = civil_day(at)
        return any(one.first_day <= day <= one.last_day for one in self.periods(now) if one.payment == "paid")
