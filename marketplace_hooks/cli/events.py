"""Inbound event commands: post a signed event, list what was received, show one, replay one."""

from __future__ import annotations

import contextlib
import difflib
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any, BinaryIO, TextIO

import click
from sqlalchemy import select

from ..domain.instants import format_instant
from ..errors import ConfigurationError, NotFound, OutboundFailed, OutboundRefused
from ..events.correction import send_corrected
from ..events.registry import EVENTS
from ..models.inbox import InboxEvent, InboxState
from ..remote.http.client import DELIVERIES, OutboundClient, parse_allowed_networks
from ..remote.signatures import signed_headers
from ..services.core.pidfile import find_running
from ..services.core.runtime import Runtime
from ..services.core.unit_of_work import run_in_transaction
from ..services.inbox import leasing
from ..services.operations.event_log import find_event, find_events
from ..services.operations.event_trace import trace_event
from .output import instant_option, json_option, print_line, show_one, show_rows
from .root import current_runtime, hooks_group
from .sender_events import dry_run as dry_run_of
from .sender_events import events_made_of, signed_payload

LOOPBACK = ("127.0.0.0/8", "::1/128")
WAIT_S = 60.0
POLL_S = 0.1


@hooks_group.command("send")
@click.argument("type_", metavar="TYPE")
@click.argument("file", type=click.File("r"), required=False)
@click.option("--data", "inline", help="The event's data as JSON, instead of a FILE.")
@click.option("--id", "event_id", help="The webhook-id; default: a new one.")
@click.option("--source", default="marketplace", show_default=True, help="The source whose secret signs it.")
@click.option("--url", help="The address to post to; default: the running service, else PUBLIC_URL.")
@click.option("--timestamp", help="When it happened, RFC 3339; default: now.")
@click.option("--as", "sender", metavar="SOURCE", help="Sign as this sender in WEBHOOK_SENDERS; TYPE is its topic.")
@click.option("--dry-run", is_flag=True, help="With --as: show what its mapping makes of the data, and post nothing.")
@click.option("--wait", is_flag=True, help="Wait until it is applied, for one minute at most, and print the result.")
@json_option
def send(
    type_: str,
    file: TextIO | None,
    inline: str | None,
    event_id: str | None,
    source: str,
    url: str | None,
    timestamp: str | None,
    sender: str | None,
    dry_run: bool,
    wait: bool,
    as_json: bool,
) -> None:
    """Sign an event, post it to the inbox, and print the response. With --wait, fail unless it was applied.

    The data is read from FILE (`-`: standard input), or given with --data. With --as it is a payload of that sender,
    and TYPE the sender's own topic.

    \b
    marketplace-hooks send product.status_changed --data '{"product_id": "mod-001",
        "status": "offline_temporary", "actor": "seller", "reason": "rest", "version": 1}'
    """
    runtime = current_runtime()
    data = _read_data(file, inline)
    now = datetime.now(UTC)
    event_id = event_id or f"evt_{uuid.uuid4().hex}"
    if dry_run:
        _show_mapped(runtime, sender, type_, data, event_id, now)
        return
    if sender is None:
        headers, body = _signed_event(runtime, source, type_, data, timestamp, event_id, now)
    elif timestamp is not None:
        raise click.UsageError("--timestamp is for our own envelope only: a sender's payload has its own time.")
    else:
        source = sender
        headers, body = signed_payload(runtime, source, type_, data, event_id=event_id, now=now)
    running = find_running(runtime.settings.instance)
    base = url or (running.url if running else runtime.settings.public_url)
    target = f"{base.rstrip('/')}{runtime.settings.url_prefix}/webhooks/{source}"
    status, answer = post_signed(target, headers, body)
    fate = _fate_of(runtime, source, answer["event_id"]) if wait and status == 202 else {}
    show_one({"status": status, **answer, **fate}, as_json=as_json)
    if status != 202 or (wait and not _is_applied(fate)):
        raise SystemExit(1)


def _signed_event(
    runtime: Runtime, source: str, type_: str, data: Any, timestamp: str | None, event_id: str, now: datetime
) -> tuple[dict[str, str], bytes]:
    secrets = runtime.settings.webhook_secrets.get(source)
    if not secrets:
        hint = f" Try --as {source}." if source in runtime.settings.webhook_senders else ""
        raise ConfigurationError(f"WEBHOOK_SECRETS has no secret for the source {source!r}.{hint}")
    _warn_of_unknown_type(type_)
    content = {"type": type_, "timestamp": timestamp or format_instant(now), "data": data}
    body = json.dumps(content, ensure_ascii=False).encode()
    return signed_headers(event_id, now, body, secrets[:1]), body


def _show_mapped(runtime: Runtime, sender: str | None, topic: str, data: Any, event_id: str, now: datetime) -> None:
    """What the sender's mapping makes of the data, as JSON. Fails when it would be rejected."""
    if sender is None:
        raise click.UsageError("--dry-run shows what a sender's mapping makes of the data: say which with --as.")
    mapped, errors = dry_run_of(runtime, sender, topic, data, event_id=event_id, now=now)
    print_line(json.dumps({"events": mapped, "errors": errors}, ensure_ascii=False, indent=2))
    if errors:
        raise SystemExit(1)


def _is_applied(fate: dict[str, Any]) -> bool:
    made = fate.get("events", [])
    return all(one["state"] == InboxState.APPLIED for one in (fate, *made))


def _warn_of_unknown_type(type_: str) -> None:
    if type_ not in EVENTS:
        close = difflib.get_close_matches(type_, EVENTS, 1)
        hint = f"Did you mean {close[0]}?" if close else "`marketplace-hooks catalogue` lists those that are."
        print_line(f"{type_} is not a known type: it is stored and ignored. {hint}", is_error=True)


def _fate_of(runtime: Runtime, source: str, event_id: str) -> dict[str, Any]:
    """What became of an event, and of those made of it, once it is not waiting any more, or `WAIT_S` are over."""
    this = select(InboxEvent).where(InboxEvent.source == source, InboxEvent.event_id == event_id)
    give_up_s = time.monotonic() + WAIT_S
    while True:
        with runtime.database.read_session() as session:
            event = session.scalar(this)
        if (event is not None and event.state is not InboxState.RECEIVED) or time.monotonic() > give_up_s:
            break
        time.sleep(POLL_S)
    if event is None:
        raise NotFound(f"{event_id} is not in the configured database: another installation received it")
    fate = {name: getattr(event, name) for name in ("state", "outcome", "errors", "parked_on")}
    made = [{"event_id": one, **_fate_of(runtime, source, one)} for one in events_made_of(runtime, source, event_id)]
    return {**fate, "events": made} if made else fate


def post_signed(url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
    """Post one signed event to a service on this machine, or where `url` says; return the status and the content.

    Raises `ClickException` with a sentence when nothing answers.
    """
    try:
        with contextlib.closing(OutboundClient(DELIVERIES, parse_allowed_networks(LOOPBACK))) as outbound:
            answer = outbound.post(url, body=body, headers={"content-type": "application/json", **headers})
    except (OutboundFailed, OutboundRefused) as error:
        raise click.ClickException(
            f"{url} could not be reached: {str(error).rstrip('.')}. Is `marketplace-hooks up` running?"
        ) from error
    try:
        content = json.loads(answer.body)
    except ValueError:
        content = {"answer": answer.body.decode("utf-8", "replace")}
    return answer.status, content


def _read_data(file: TextIO | None, inline: str | None) -> Any:
    if (file is None) == (inline is None):
        raise click.UsageError("Give the event's data in a FILE (or - for standard input), or with --data.")
    try:
        return json.loads(inline if inline is not None else (file.read() if file else ""))
    except ValueError as error:
        raise click.UsageError(f"The data is not JSON: {error}") from error


@hooks_group.group("events")
def events() -> None:
    """What was received, and what became of it."""


@events.command("list")
@click.option("--state", type=click.Choice([state.value for state in InboxState]))
@click.option("--type", "type_", help="Such as product.status_changed.")
@click.option("--subject", help="Such as product:mod-001.")
@click.option("--from", "received_from", callback=instant_option, help="Received from this instant on, RFC 3339.")
@click.option("--to", "received_before", callback=instant_option, help="Received before this instant.")
@click.option("--limit", default=30, show_default=True, type=click.IntRange(1, 1000))
@json_option
def list_events(state: str | None, as_json: bool, **filters: Any) -> None:
    """List the events, newest first."""
    chosen = None if state is None else InboxState(state)
    with current_runtime().database.read_session() as session:
        found, _ = find_events(session, state=chosen, **filters)
        rows = [_summary(event) for event in found]
    columns = ("received_at", "event_id", "type", "subject", "state", "outcome", "errors")
    show_rows(rows, columns, as_json=as_json, empty="No event matches.")


@events.command("show")
@click.argument("event_id")
@click.option("--source", help="Required if several sources have an event with this ID.")
@json_option
def show_event(event_id: str, source: str | None, as_json: bool) -> None:
    """Show one event with its body as received, and what followed: cascades, published events and their deliveries."""
    with current_runtime().database.read_session() as session:
        logged = find_event(session, event_id, source=source)
        event = logged.event
        trace = trace_event(session, event)
        body = event.body.decode("utf-8", "replace") if event.body is not None else None
        facts = {**_summary(event), "body": body, "other_bodies_kept_aside": len(logged.conflicts)}
        facts["cascades"] = [{"cascade_id": one.id, "state": one.state} for one in trace.cascades]
        facts["published"] = [
            {
                "event_id": one.event.event_id,
                "type": one.event.type,
                "deliveries": [{"delivery_id": sent.id, "state": sent.state} for sent in one.deliveries],
            }
            for one in trace.published
        ]
    show_one(facts, as_json=as_json)


@events.command("replay")
@click.argument("event_id")
@click.option("--source", help="Required if several sources have an event with this ID.")
@json_option
def replay_event(event_id: str, source: str | None, as_json: bool) -> None:
    """Apply again an event that was ignored, rejected or parked, or that failed."""
    show_one(_summary(leasing.replay(current_runtime(), event_id, source=source)), as_json=as_json)


@events.command("correct")
@click.argument("event_id")
@click.argument("file", type=click.File("rb"))
@click.option("--source", help="Required if several sources have an event with this ID.")
@json_option
def correct_event(event_id: str, file: BinaryIO, source: str | None, as_json: bool) -> None:
    """Send a corrected copy of a rejected or ignored event: the whole envelope, read from FILE (`-`: standard input).

    It becomes a new event of the same source, linked to the one that it corrects.
    """
    body = file.read()
    copy = run_in_transaction(current_runtime(), lambda uow: send_corrected(uow, event_id, body, source=source))
    show_one(_summary(copy), as_json=as_json)


def _summary(event: InboxEvent) -> dict[str, Any]:
    names = (
        "source",
        "event_id",
        "type",
        "subject",
        "state",
        "outcome",
        "errors",
        "parked_on",
        "attempts",
        "corrects",
        "corrected_by",
        "mapped_from",
    )
    instants = "sent_at", "received_at", "applied_at", "due_at"
    return {name: getattr(event, name) for name in (*names, *instants)}
