"""Listen command: forwards outgoing events to a developer's program on this machine, signed as deliveries are."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from ..domain.outbox.event_types import OUTGOING
from ..models.outbox import OutgoingEvent
from ..remote.http.client import DELIVERIES, OutboundClient, parse_allowed_networks
from ..remote.http.url_rules import check_url
from ..remote.signatures import check_secret, new_secret
from ..services.core.runtime import Runtime
from ..services.outbox.dispatcher import render
from ..services.outbox.outbox_follower import OutboxFollower
from ..services.outbox.payload_retention import is_purged
from ..services.outbox.sending import AttemptResult, Recipient, send_signed
from .events import LOOPBACK
from .output import instant_option, json_option, print_line, show_one
from .root import current_runtime, hooks_group

POLL_S = 0.5


def _url(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """A port alone is one of this machine."""
    return f"http://127.0.0.1:{value}/" if value.isascii() and value.isdecimal() else value


def _secret(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str:
    secret = value or new_secret()
    try:
        check_secret(secret)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return secret


@hooks_group.command("listen")
@click.argument("url", callback=_url)
@click.option("--type", "types", multiple=True, type=click.Choice(sorted(OUTGOING)), help="Only this type. Repeatable.")
@click.option("--secret", callback=_secret, help="Sign with this secret; default: a new one, which is printed.")
@click.option("--since", callback=instant_option, help="Also forward what was published since this instant (RFC 3339).")
@click.option("--count", type=click.IntRange(min=1), help="Stop after this many events; default: on Ctrl-C.")
@json_option
def listen(
    url: str, types: tuple[str, ...], secret: str, since: datetime | None, count: int | None, as_json: bool
) -> None:
    """Forward each event published from now on to URL, such as a program on this machine; a port number is enough.

    Every event is sent once, signed with this command's own secret, and the answer is printed. No endpoint is
    added and no delivery recorded: forwarding changes nothing for anyone else.

    \b
    marketplace-hooks listen http://localhost:3000/hooks --type product.hidden
    """
    runtime = current_runtime()
    networks = parse_allowed_networks((*LOOPBACK, *runtime.settings.allowed_networks))
    check_url(url, DELIVERIES, networks)
    with runtime.database.read_session() as session:
        follower = OutboxFollower.starting(session, since)
    show_one({"forwarding_to": url, "secret": secret}, as_json=as_json)
    recipient = Recipient(url=url, secrets=(secret,), headers={})
    with contextlib.closing(OutboundClient(DELIVERIES, networks)) as outbound:
        sender = dataclasses.replace(runtime, outbound=outbound)
        for number, event in enumerate(_published(runtime, follower, types), start=1):
            result = send_signed(sender, recipient, event_id=event.event_id, body=render(event))
            _print_result(event, result, as_json=as_json)
            if number == count:
                break


def _published(runtime: Runtime, follower: OutboxFollower, types: tuple[str, ...]) -> Iterator[OutgoingEvent]:
    """Events as they are published, without end."""
    while True:
        with runtime.database.read_session() as session:
            found = follower.read(session, runtime.now())
            session.expunge_all()
        yield from (event for event in found if (not types or event.type in types) and not is_purged(event))
        if not found:
            time.sleep(POLL_S)


def _print_result(event: OutgoingEvent, result: AttemptResult, *, as_json: bool) -> None:
    facts: dict[str, Any] = {
        "type": event.type,
        "id": event.event_id,
        "status": result.status,
        "error": result.error,
        "took_ms": round(result.took_s * 1000),
    }
    if as_json:
        show_one(facts, as_json=True)
    else:
        answer = result.status if result.error is None else result.error
        print_line(f"{event.type}  {event.event_id}  {answer}  {facts['took_ms']} ms")
