"""Urgency labels: how far away an instant or the last day of a deadline is, and how urgent that makes it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from ..i18n.language import gettext, ngettext, wording
from ..state import current_runtime

SOON_DAYS = 1


def last_day_of(due_before: datetime) -> date:
    """The last day that counts of a deadline that ends, exclusively, at this instant."""
    return (due_before - timedelta(microseconds=1)).astimezone(current_runtime().settings.reference_zone).date()


def days_left(last_day: date) -> int:
    """How many days the last day of a deadline is from today; fewer than 0 once it is over."""
    runtime = current_runtime()
    return (last_day - runtime.now().astimezone(runtime.settings.reference_zone).date()).days


def urgency(last_day: date) -> str:
    """The class of a deadline by its last day: `late`, `soon` (today or tomorrow) or `calm`."""
    left = days_left(last_day)
    return "late" if left < 0 else "soon" if left <= SOON_DAYS else "calm"


def time_away(at: datetime) -> str:
    """How far away an instant is, such as "3 hours ago"."""
    return wording().time_away(at, current_runtime().now())


def days_away(last_day: date) -> str:
    """How far the last day of a deadline is from today, such as "in 2 days" or "10 days overdue"."""
    count = days_left(last_day)
    if count > 0:
        return ngettext("in %(count)s day", "in %(count)s days", count)
    return ngettext("%(count)s day overdue", "%(count)s days overdue", -count) if count else gettext("today")
