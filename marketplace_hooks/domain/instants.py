"""Instants as text: RFC 3339, section 5.6, a date, a time and an offset, all of them; and the dates of HTTP."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from email.utils import parsedate_to_datetime

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def parse_instant(value: object) -> datetime | None:
    """The instant in UTC, to the microsecond; None for anything else, such as a date alone or a time without offset."""
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        return None
    # Python 3.13 reads 24:00 as the next day; RFC 3339 has no such hour.
    if value[11:13] == "24":
        return None
    try:
        instant = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # At the ends of the calendar an instant has no form in some zones, and a database would refuse to read it back.
    return instant if MINYEAR < instant.year < MAXYEAR else None


def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC, with a Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_http_date(value: str) -> datetime | None:
    """The instant in UTC that a header such as `Date` gives (RFC 9110, 5.6.7); None for anything else."""
    try:
        instant = parsedate_to_datetime(value)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None
