"""Deadlines in business days: by when a seller must have answered, and why by that date.

The unit is the whole civil day of one zone (`deadlines.md`): the day of receipt never counts,
whatever the hour, and the deadline is the first instant of the day after the last one, exclusive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from ..civil_days import Zone, day_of, end_of, first_instant

LONGEST_WALK_DAYS = 800
"""Civil days after receipt that are looked at; a clock that needs more is suspended (`deadlines.md`)."""

FRIDAY = 4


class BusinessDayPolicy(StrEnum):
    """Which days count. `MF`: Monday to Friday, public holidays included. `MF_ROLL`: as MF, but a last day that is
    a public holiday moves on to the next day that is none. `LEGAL`: Monday to Friday without public holidays."""

    MF = "MF"
    MF_ROLL = "MF_ROLL"
    LEGAL = "LEGAL"


class ClosuresSuspend(StrEnum):
    """Which of the seller's closures suspend the clock."""

    YES = "yes"
    NO = "no"
    DECLARED_BEFORE_REQUEST = "declared_before_request"


class DeadlineState(StrEnum):
    RUNNING = "running"
    SUSPENDED = "suspended"


class SkipReason(StrEnum):
    """Why a day did not count."""

    WEEK_END = "week_end"
    CLOSURE = "closure"
    HOLIDAY = "holiday"


class SkippedDay(NamedTuple):
    day: date
    reason: SkipReason


@dataclass(frozen=True)
class Closure:
    """Days on which a seller declared not to work: both included, `last_day` None while open-ended.

    `declared_at` is an aware instant; a naive one is a ValueError. A last day before the first closes nothing.
    """

    first_day: date
    last_day: date | None
    declared_at: datetime

    def __post_init__(self) -> None:
        if self.declared_at.utcoffset() is None:
            raise ValueError("declared_at says no zone, so it is no instant")

    def covers(self, day: date) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    def within(self, other: Closure) -> Closure | None:
        """The days that both have, declared as these were; None: they share none."""
        first_day = max(self.first_day, other.first_day)
        last_day = min((day for day in (self.last_day, other.last_day) if day is not None), default=None)
        is_empty = last_day is not None and last_day < first_day
        return None if is_empty else Closure(first_day, last_day, self.declared_at)


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """A deadline and why it is that date.

    `last_day` is the last day to answer, in the zone it was counted in; `due_before` the instant (UTC) from which it
    is too late: `answered_at < due_before` is on time. Both are None when `state` is `suspended`. `counted` are the
    business days that were used up, in order; `skipped` the other days since receipt, with the reason.
    """

    state: DeadlineState
    last_day: date | None
    due_before: datetime | None
    counted: tuple[date, ...]
    skipped: tuple[SkippedDay, ...]


def deadline(
    received_at: datetime,
    business_days: int,
    *,
    policy: BusinessDayPolicy | str,
    zone: Zone,
    holidays: Collection[date] = frozenset(),
    closures: Iterable[Closure] = (),
    closures_suspend: ClosuresSuspend | str = ClosuresSuspend.DECLARED_BEFORE_REQUEST,
    closure_days: int | None = None,
) -> Deadline:
    """Count business days from the civil day (in `zone`) after an aware instant, and say by when to answer.

    `holidays` are the public holidays of the reader's calendar, used by `MF_ROLL` and `LEGAL`. `closures` suspend
    the days they cover, from the first day that began at or after their declaration; they may overlap, in any order.
    `closure_days` bounds what they suspend (`limited_closures`); None: they are not bounded. At most 800 days are
    walked; beyond, the deadline is suspended. Raises ValueError for a naive instant, fewer than one business day, an
    unknown policy (`deadlines.md`).
    """
    policy = BusinessDayPolicy(policy)
    closures_suspend = ClosuresSuspend(closures_suspend)
    if business_days < 1:
        raise ValueError(f"a deadline needs at least one business day, not {business_days}")
    received_on = day_of(received_at, zone)
    suspending = _suspending(closures, closures_suspend, received_at, closure_days)
    counted: list[date] = []
    skipped: list[SkippedDay] = []
    for offset in range(1, LONGEST_WALK_DAYS + 1):
        day = received_on + timedelta(days=offset)
        may_be_last = len(counted) == business_days - 1
        holidays_skip = policy is BusinessDayPolicy.LEGAL or (policy is BusinessDayPolicy.MF_ROLL and may_be_last)
        reason = _reason_to_skip(day, zone, suspending, holidays if holidays_skip else ())
        if reason is not None:
            skipped.append(SkippedDay(day, reason))
            continue
        counted.append(day)
        if may_be_last:
            return _running(day, zone, counted, skipped)
    return Deadline(
        state=DeadlineState.SUSPENDED, last_day=None, due_before=None, counted=tuple(counted), skipped=tuple(skipped)
    )


def days_taken(
    received_at: datetime,
    stopped_at: datetime,
    *,
    policy: BusinessDayPolicy | str,
    zone: Zone,
    holidays: Collection[date] = frozenset(),
    closures: Iterable[Closure] = (),
    closures_suspend: ClosuresSuspend | str = ClosuresSuspend.DECLARED_BEFORE_REQUEST,
    closure_days: int | None = None,
) -> int:
    """Return how many business days something took, counted as its `deadline` is: 0 on the day of receipt itself."""
    received_on = day_of(received_at, zone)
    stopped_on = day_of(stopped_at, zone)
    suspending = _suspending(closures, ClosuresSuspend(closures_suspend), received_at, closure_days)
    off = holidays if BusinessDayPolicy(policy) is BusinessDayPolicy.LEGAL else ()
    days = (received_on + timedelta(days=one) for one in range(1, (stopped_on - received_on).days + 1))
    return sum(_reason_to_skip(day, zone, suspending, off) is None for day in days)


def after_change(recomputed: Deadline, previous: Deadline, changed_at: datetime, zone: Zone) -> Deadline:
    """Return the deadline to keep when closures changed at an instant while the clock was running.

    It never moves to before the end of the civil day after the change (`deadlines.md`), nor later than it already was
    for that reason alone. Both deadlines are of the same clock, the first one counted with the closures as they are
    now.
    """
    earliest_day = day_of(changed_at, zone) + timedelta(days=1)
    if recomputed.last_day is None or recomputed.last_day >= earliest_day:
        return recomputed
    last_day = earliest_day if previous.last_day is None else min(earliest_day, previous.last_day)
    last_day = max(last_day, recomputed.last_day)
    return replace(recomputed, last_day=last_day, due_before=end_of(last_day, zone))


def days_left(counted: Sequence[date], at: datetime, zone: Zone) -> int:
    """Return how many of a deadline's counted days come after the civil day of an instant.

    This is what a clock frozen at that instant resumes with, counted again from the day after it resumes.
    """
    today = day_of(at, zone)
    return sum(day > today for day in counted)


def _running(last_day: date, zone: Zone, counted: list[date], skipped: list[SkippedDay]) -> Deadline:
    return Deadline(
        state=DeadlineState.RUNNING,
        last_day=last_day,
        due_before=end_of(last_day, zone),
        counted=tuple(counted),
        skipped=tuple(skipped),
    )


def limited_closures(closures: Iterable[Closure], days: int) -> list[Closure]:
    """Closures as far as they suspend: at most so many civil days from the first one (`rules.md` 19).

    Those that follow each other without a working day between them count as one: no row of closures is a longer one.
    """
    ordered = sorted(closures, key=lambda one: one.first_day)
    ends = suspension_ends(ordered, days)
    return [replace(one, last_day=end) for one, end in zip(ordered, ends, strict=True) if one.first_day <= end]


def suspension_ends(closures: Sequence[Closure], days: int) -> list[date]:
    """The last day that each closure suspends, in the order of their first days; it may be before its first day."""
    ends: list[date] = []
    began = reach = None
    for closure in closures:
        if began is None or reach is None or _has_working_day_between(reach, closure.first_day):
            began = closure.first_day
        ends.append(last_suspended_day(began, closure.last_day, days))
        last_day = closure.last_day or date.max
        reach = last_day if reach is None else max(reach, last_day)
    return ends


def last_suspended_day(first_day: date, last_day: date | None, days: int) -> date:
    """The last day that a closure suspends when it suspends at most so many; `last_day` None: open-ended."""
    limit = date.fromordinal(min(first_day.toordinal() + days - 1, date.max.toordinal()))
    return limit if last_day is None else min(limit, last_day)


def _has_working_day_between(last_day: date, first_day: date) -> bool:
    days = range(last_day.toordinal() + 1, first_day.toordinal())
    return len(days) > 2 or any(date.fromordinal(day).weekday() <= FRIDAY for day in days)


def _suspending(
    closures: Iterable[Closure], closures_suspend: ClosuresSuspend, received_at: datetime, closure_days: int | None
) -> tuple[Closure, ...]:
    match closures_suspend:
        case ClosuresSuspend.NO:
            return ()
        case ClosuresSuspend.YES:
            suspending = tuple(closures)
        case ClosuresSuspend.DECLARED_BEFORE_REQUEST:
            suspending = tuple(closure for closure in closures if closure.declared_at <= received_at)
    return suspending if closure_days is None else tuple(limited_closures(suspending, closure_days))


def _reason_to_skip(
    day: date, zone: Zone, closures: tuple[Closure, ...], holidays: Collection[date]
) -> SkipReason | None:
    if day.weekday() > FRIDAY:
        return SkipReason.WEEK_END
    covering = [closure.declared_at for closure in closures if closure.covers(day)]
    # A day that had already begun when the closure was declared stays a working day.
    if covering and min(covering) <= first_instant(day, zone):
        return SkipReason.CLOSURE
    return SkipReason.HOLIDAY if day in holidays else None
