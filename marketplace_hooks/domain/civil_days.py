"""Civil days: which day an instant falls in, and when a day begins, in a time zone.

Every rule that counts days counts them so: whole civil days of one zone, months clipped at their end.
"""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

Zone = tzinfo | str
"""A zone as `zoneinfo` makes it, or its IANA name."""


def day_of(instant: datetime, zone: Zone) -> date:
    """Return the civil day of `zone` in which an aware instant falls. A naive one is a ValueError."""
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(f"{instant!r} says no zone, so it is no instant")
    return instant.astimezone(_zone(zone)).date()


def first_instant(day: date, zone: Zone) -> datetime:
    """Return the first instant (UTC) of a civil day of `zone`.

    The first of two midnights where clocks go back over midnight; where a day has no midnight, or is skipped
    altogether, the first instant that is not of an earlier day (`deadlines.md`).
    """
    there = _zone(zone)
    midnight = datetime.combine(day, time(), tzinfo=there)  # fold=0: the first of two
    instant = midnight.astimezone(UTC)
    if instant.astimezone(there).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return instant
    # Clocks jumped over midnight. The day begins with the jump, which lies at most a day earlier, on a whole second.
    before = int(instant.timestamp()) - 86_400
    after = int(instant.timestamp())
    while after - before > 1:
        middle = (before + after) // 2
        if datetime.fromtimestamp(middle, there).date() < day:
            before = middle
        else:
            after = middle
    return datetime.fromtimestamp(after, UTC)


def end_of(day: date, zone: Zone) -> datetime:
    """Return the first instant (UTC) after a civil day of `zone`: the exclusive end of "24:00"."""
    return first_instant(day + timedelta(days=1), zone)


def add_months(day: date, months: int) -> date:
    """Return the same day of the month so many months later (earlier if negative), clipped to that month's end."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def _zone(zone: Zone) -> tzinfo:
    return ZoneInfo(zone) if isinstance(zone, str) else zone
