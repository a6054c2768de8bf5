"""Tacit renewal: when a period of Business Care ends, and whether the next one starts.

Amounts are `prices.py`'s. Periods are numbered from 1; a reactivation starts a new original date and the numbers go on,
so whoever holds a number holds the original date and the first number counted from it (`rules.md` 8).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from ..civil_days import Zone, add_months, day_of, end_of

MONTHS_PER_PERIOD = 12

CLAIM_DELAY = timedelta(minutes=15)
"""A renewal is claimed no earlier after its instant, so that cancellations in flight can land (`rules.md` 11)."""

LONGEST_UNATTENDED_OUTAGE = timedelta(days=30)
"""After a longer silence an operator releases the renewals that fell due meanwhile (`rules.md` 11)."""


@dataclass(frozen=True, kw_only=True)
class PeriodDates:
    """One period of Business Care; both days included, in the reference zone."""

    index: int
    first_day: date
    last_day: date


class NoticeWindow(NamedTuple):
    """The days on which the notice of a renewal is due, both included (code de la consommation, L215-1)."""

    first_day: date
    last_day: date


class NoticeTimeliness(StrEnum):
    TOO_EARLY = "too_early"
    IN_TIME = "in_time"
    TOO_LATE = "too_late"


def original_date(occurred_at: datetime, zone: Zone) -> date:
    """Return the civil day of the reference zone from which periods are counted: of the purchase or reactivation."""
    return day_of(occurred_at, zone)


def period_end(anchor: date, index: int) -> date:
    """Return the last day, included, of the `index`-th period counted from the original date `anchor`.

    12 months a period, clipped to the end of the month and always computed from the original date, so that
    29 February comes back every fourth year (`rules.md` 8). Raises ValueError for an index below 1.
    """
    if index < 1:
        raise ValueError(f"periods are numbered from 1, not {index}")
    return add_months(anchor, MONTHS_PER_PERIOD * index)


def period(anchor: date, index: int, *, first_index: int = 1) -> PeriodDates:
    """Return period `index` of a subscription whose original date `anchor` opened period `first_index`.

    The opening period begins on the original date itself, the others the day after the one before has ended.
    """
    counted = index - first_index + 1
    first_day = anchor if counted == 1 else period_end(anchor, counted - 1) + timedelta(days=1)
    return PeriodDates(index=index, first_day=first_day, last_day=period_end(anchor, counted))


def renewal_instant(anchor: date, index: int, zone: Zone) -> datetime:
    """Return the instant (UTC) at which the `index`-th period from `anchor` has ended and the next one starts.

    It is the first instant of the day of `zone` after the last day (`rules.md` 8); an event is in time if it came
    before. Raises ValueError for an index below 1.
    """
    return end_of(period_end(anchor, index), zone)


def notice_window(last_day: date) -> NoticeWindow:
    """Return the days, both included, between which a renewal notice is due (`rules.md` 13; L215-1).

    `last_day` is the last day on which the renewal can be refused. From three months before it to one month before
    it, month ends clipped: 31 May gives 28 February to 30 April.
    """
    return NoticeWindow(add_months(last_day, -3), add_months(last_day, -1))


def notice_day(last_day: date) -> date:
    """Return the day on which to send the notice: the middle of its window, two months before the last day."""
    return add_months(last_day, -2)


def judge_notice(sent_at: datetime, last_day: date, zone: Zone) -> NoticeTimeliness:
    """Say whether a notice sent at an instant fell into the window of `last_day`, by civil days of `zone`."""
    window = notice_window(last_day)
    sent_on = day_of(sent_at, zone)
    if sent_on < window.first_day:
        return NoticeTimeliness.TOO_EARLY
    return NoticeTimeliness.TOO_LATE if sent_on > window.last_day else NoticeTimeliness.IN_TIME


class StopCause(StrEnum):
    """Why a renewal does not happen. Causes accumulate; undoing one does not undo another (`rules.md` 10)."""

    CUSTOMER = "customer"
    WITHDRAWAL = "withdrawal"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class RenewalStop:
    """One cause that stops renewals, from when, and until when if it was lifted. Instants are aware.

    `received_at` is when it was received: by us, or by the platform if it says so. `effective_at` matters to a
    withdrawal alone (None: at receipt). `lifted_at` is when its lifting was received; None: it stands.
    """

    cause: StopCause
    received_at: datetime
    effective_at: datetime | None = None
    lifted_at: datetime | None = None

    def prevents(self, renewal_at: datetime) -> bool:
        """Say whether this cause stands at a renewal's instant (`rules.md` 11).

        A customer's cancellation stops the instants after its receipt; a withdrawal, or an end of the subscription,
        those not before the later of its receipt and its effect. A lifting counts if it came before the instant.
        """
        if self.lifted_at is not None and self.lifted_at < renewal_at:
            return False
        if self.cause is StopCause.CUSTOMER:
            return self.received_at < renewal_at
        return self.starts_at <= renewal_at

    def stands_at(self, instant: datetime) -> bool:
        """Say whether this cause is in force at an instant, whatever renewal follows."""
        return self.starts_at <= instant and (self.lifted_at is None or instant < self.lifted_at)

    @property
    def starts_at(self) -> datetime:
        """The later of receipt and effect."""
        return max(self.received_at, self.effective_at or self.received_at)


class RenewalDecision(StrEnum):
    """What to do about one renewal now."""

    NOT_OURS = "not_ours"
    WAIT = "wait"
    STOPPED = "stopped"
    CLAIM = "claim"


@dataclass(frozen=True, kw_only=True)
class Renewal:
    """The facts on which a renewal is decided: its instant, when the purchase was recorded here, what stops it."""

    renewal_at: datetime
    recorded_at: datetime
    renewal_stops: tuple[RenewalStop, ...] = ()


def decide(renewal: Renewal, now: datetime) -> RenewalDecision:
    """Say whether the period after a renewal's instant is to be claimed (`rules.md` 11).

    Causes are ordered against the instant, not against `now`: however late it is noticed, the outcome is the same.
    `not_ours`: the instant does not come after the purchase was recorded here, as in an imported history.
    """
    if renewal.renewal_at <= renewal.recorded_at:
        return RenewalDecision.NOT_OURS
    if renewal.renewal_at > latest_claimable(now):
        return RenewalDecision.WAIT
    return RenewalDecision.CLAIM if will_happen(renewal) else RenewalDecision.STOPPED


def will_happen(renewal: Renewal) -> bool:
    """Say whether the renewal is for this service to claim and nothing stops it, be its instant past or to come."""
    is_stopped = any(stop.prevents(renewal.renewal_at) for stop in renewal.renewal_stops)
    return renewal.renewal_at > renewal.recorded_at and not is_stopped


def latest_claimable(now: datetime) -> datetime:
    """Return the latest renewal instant, included, that may be claimed at `now`. Jobs select up to it, never a day."""
    return now - CLAIM_DELAY


def needs_release(last_run_at: datetime | None, now: datetime) -> bool:
    """Say whether an operator must release the run: more than 30 days since the last one (None: there was none)."""
    return last_run_at is not None and now - last_run_at > LONGEST_UNATTENDED_OUTAGE
