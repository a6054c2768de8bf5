"""Civil days and business days of the reference zone, counted one by one."""

from __future__ import annotations

import calendar
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Paris")
DAY = timedelta(days=1)


@dataclass
class ClosedDays:
    """Days, both included, on which a seller does not work, and since when that is announced."""

    first_day: date
    last_day: date
    declared_at: datetime

    def shorten(self, last_day: date, now: datetime) -> None:
        """The seller works again earlier; a day that has begun stays closed."""
        self.last_day = min(self.last_day, max(last_day, civil_day(now)))

    def cancel(self, now: datetime) -> None:
        """The seller works after all: what has begun ends today, what has not is taken back."""
        self.last_day = min(self.last_day, max(civil_day(now), self.first_day - DAY))

    def suspends(self, day: date) -> bool:
        """Whether it covers a day that began after it was announced."""
        return self.first_day <= day <= self.last_day and self.declared_at <= start_of(day)


def civil_day(at: datetime) -> date:
    """The day of an instant in the reference zone."""
    return at.astimezone(ZONE).date()


def start_of(day: date) -> datetime:
    """The first instant of a day, in UTC. Midnight exists once on every day of this zone."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The first instant after a day."""
    return start_of(day + DAY)


def months_later(day: date, months: int) -> date:
    """The same day of the month so many months later, clipped to the end of the month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day_of_period(original: date, number: int) -> date:
    """The last day of the period of this number, counted from 1, always from the original date (rule 8)."""
    return months_later(original, 12 * number)


def business_days_after(day: date, closures: Collection[ClosedDays] = ()) -> Iterator[date]:
    """Monday to Friday from the next day on, public holidays included, without the days of closures."""
    while True:
        day += DAY
        if day.weekday() < 5 and not any(one.suspends(day) for one in closures):
            yield day


def due_before(received_at: datetime, count: int, closures: Collection[ClosedDays] = ()) -> datetime:
    """The first instant that is too late: the civil day of receipt never counts.

    A closure suspends only what is received after it was declared.
    """
    declared = [one for one in closures if one.declared_at <= received_at]
    counted = business_days_after(civil_day(received_at), declared)
    for _ in range(count - 1):
        next(counted)
    return end_of(next(counted))


def business_days_taken(started_at: datetime, until: datetime) -> int:
    """The business days that began after the day of the start, up to and with the day of `until`."""
    last = civil_day(until)
    taken = 0
    for day in business_days_after(civil_day(started_at)):
        if day > last:
            return taken
        taken += 1
    raise AssertionError("business days never end")
