"""Deadline command: shows how a deadline is counted."""

from __future__ import annotations

from datetime import datetime

import click

from ..config.parsers import SettingError
from ..config.public_holidays import public_holidays
from ..domain.instants import format_instant, parse_instant
from ..domain.support import deadlines
from .output import json_option, show_one
from .root import current_runtime, hooks_group


@hooks_group.command("deadline")
@click.argument("received_at")
@click.argument("business_days", type=click.IntRange(1, 700))
@click.option(
    "--policy",
    type=click.Choice([policy.value for policy in deadlines.BusinessDayPolicy]),
    default="MF",
    show_default=True,
)
@click.option(
    "--country",
    default="FR",
    show_default=True,
    help="The country whose public holidays count, if the policy takes them into account.",
)
@click.option("--region", help="The region of that country whose holidays count too, such as 57, 6AE or 974.")
@click.option("--closed", multiple=True, help="FIRST_DAY/LAST_DAY, declared before the request. Repeatable.")
@json_option
def deadline(
    received_at: str,
    business_days: int,
    policy: str,
    country: str,
    region: str | None,
    closed: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compute the last day of a deadline for a request received at RECEIVED_AT, and explain it.

    \b
    marketplace-hooks deadline 2026-04-30T18:30:00+02:00 1
    marketplace-hooks deadline 2026-12-23T09:00:00+01:00 30 --closed 2026-12-24/2027-01-03
    """
    settings = current_runtime().settings
    zone = settings.reference_zone
    instant = _instant(received_at)
    years = range(instant.year, instant.year + 3)
    try:
        days = public_holidays(country, region, years) if policy != "MF" else []
        closures = [_closure(text, instant) for text in closed]
    except SettingError as error:
        raise click.UsageError(f"the calendar {error}") from error
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    computed = deadlines.deadline(
        instant,
        business_days,
        policy=policy,
        zone=zone,
        holidays=frozenset(days),
        closures=closures,
        closures_suspend="yes",
        closure_days=settings.closure_days or None,
    )
    facts = {
        "state": computed.state,
        "last_day": computed.last_day,
        "due_before": format_instant(computed.due_before) if computed.due_before else None,
        "zone": str(zone),
        "counted": [day.isoformat() for day in computed.counted],
        "skipped": [f"{one.day.isoformat()} ({one.reason.replace('_', ' ')})" for one in computed.skipped],
    }
    show_one(facts, as_json=as_json)


def _instant(text: str) -> datetime:
    instant = parse_instant(text)
    if instant is None:
        raise click.UsageError(f"{text!r} is not a date and time with a UTC offset, such as 2026-03-02T10:00:00+01:00.")
    return instant


def _closure(text: str, declared_at: datetime) -> deadlines.Closure:
    first, _, last = text.partition("/")
    try:
        first_day, last_day = (datetime.fromisoformat(day).date() for day in (first, last))
    except ValueError:
        raise ValueError(f"{text!r} is not FIRST_DAY/LAST_DAY, such as 2026-12-24/2027-01-03") from None
    return deadlines.Closure(first_day, last_day, declared_at)
