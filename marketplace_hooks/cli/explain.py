"""Explaining commands: verify a webhook signature, and show how a deadline is counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import BinaryIO

import click

from ..config.parsers import SettingError
from ..config.public_holidays import public_holidays
from ..domain.instants import format_instant, parse_instant
from ..domain.support import deadlines
from ..errors import ConfigurationError, SignatureRejected
from ..remote import signatures
from .output import json_option, show_one
from .root import current_runtime, hooks_group


@hooks_group.command("verify")
@click.argument("file", type=click.File("rb"))
@click.option("--id", "webhook_id", required=True, help="The header webhook-id.")
@click.option("--timestamp", required=True, help="The header webhook-timestamp.")
@click.option("--signature", required=True, help="The header webhook-signature.")
@click.option("--source", default="marketplace", show_default=True, help="Whose secrets to try.")
@click.option("--secret", help="This secret instead of the configured ones.")
@click.option("--at", help="Judge the age at this instant (RFC 3339); default: now.")
@json_option
def verify(
    file: BinaryIO,
    webhook_id: str,
    timestamp: str,
    signature: str,
    source: str,
    secret: str | None,
    at: str | None,
    as_json: bool,
) -> None:
    """Say whether the body in FILE (- for standard input) is signed as its headers claim, and if not, why.

    \b
    marketplace-hooks verify body.json --id evt_1 --timestamp 1767225600 --signature 'v1,…'
    """
    secrets = (secret,) if secret else current_runtime().settings.webhook_secrets.get(source)
    if not secrets:
        raise ConfigurationError(f"WEBHOOK_SECRETS has no secret for the source {source!r}.")
    headers = {"webhook-id": webhook_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    try:
        verified = signatures.verify(headers, file.read(), secrets, _instant(at) if at else datetime.now(UTC))
    except SignatureRejected as refusal:
        show_one({"verified": False, "code": refusal.code, "detail": refusal.detail}, as_json=as_json)
        raise SystemExit(1) from refusal
    show_one({"verified": True, "id": verified.id, "timestamp": format_instant(verified.timestamp)}, as_json=as_json)


@hooks_group.command("deadline")
@click.argument("received_at")
@click.argument("business_days", type=click.IntRange(1, 700))
@click.option(
    "--policy",
    type=click.Choice([policy.value for policy in deadlines.BusinessDayPolicy]),
    default="MF",
    show_default=True,
)
@click.option("--country", default="FR", show_default=True, help="Whose public holidays, where the policy minds them.")
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
    """Say by when a request received at RECEIVED_AT must be answered, and why that day.

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
        raise click.UsageError(f"{text!r} is not an instant with its offset, such as 2026-03-02T10:00:00+01:00.")
    return instant


def _closure(text: str, declared_at: datetime) -> deadlines.Closure:
    first, _, last = text.partition("/")
    try:
        first_day, last_day = (datetime.fromisoformat(day).date() for day in (first, last))
    except ValueError:
        raise ValueError(f"{text!r} is not FIRST_DAY/LAST_DAY, such as 2026-12-24/2027-01-03") from None
    return deadlines.Closure(first_day, last_day, declared_at)
