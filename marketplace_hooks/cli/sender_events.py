"""Trials of a sender: a payload posted as the sender itself would sign it, and a dry run of its mapping."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import click
from sqlalchemy import select

from ..config.senders import Sender, ValueLocation, ValuePlace
from ..errors import ConfigurationError
from ..events.envelope import NotAnEnvelope
from ..events.parsing import parse_payload
from ..events.senders import incoming_payload
from ..models.inbox import InboxEvent, InboxState
from ..remote.sender_signatures import SenderMessage, sign_as
from ..services.core.runtime import Runtime


def sender_of(runtime: Runtime, source: str) -> Sender:
    """The sender of this name. Raises `ConfigurationError`."""
    sender = runtime.settings.webhook_senders.get(source)
    if sender is None:
        raise ConfigurationError(f"WEBHOOK_SENDERS has no sender {source!r}.")
    return sender


def signed_payload(
    runtime: Runtime, source: str, topic: str, data: Any, *, event_id: str, now: datetime
) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a payload, as the sender itself would send it. An id and a topic that stand in the
    body are put there unless they are there already.
    """
    sender = sender_of(runtime, source)
    if not isinstance(data, dict):
        raise click.UsageError("The payload of a sender must be an object.")
    for place, value in ((sender.event_id, event_id), (sender.topic, topic)):
        if place is not None and place.kind is ValueLocation.JSON:
            _set_default(data, place, value)
    body = json.dumps(data, ensure_ascii=False).encode()
    secret = runtime.settings.webhook_sender_secrets[source][0]
    return sign_as(sender, body, secret, event_id=event_id, topic=topic, now=now), body


def dry_run(
    runtime: Runtime, source: str, topic: str, data: Any, *, event_id: str, now: datetime
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """What the sender's mapping makes of a payload, and what is wrong with that. Nothing is stored or posted."""
    sender = sender_of(runtime, source)
    if sender.mapping is None:
        raise ConfigurationError(f"WEBHOOK_SENDERS: {source} has no mapping: it posts our own envelope.")
    headers, body = signed_payload(runtime, source, topic, data, event_id=event_id, now=now)
    try:
        incoming = incoming_payload(source, sender, SenderMessage(timestamp=now, id=event_id), headers, body, now)
    except NotAnEnvelope as error:
        return [], [{"path": "", "message": str(error)}]
    columns = {name: getattr(incoming, name) for name in incoming.__slots__}
    parsed = parse_payload(InboxEvent(**columns, state=InboxState.RECEIVED), runtime.settings)
    if parsed.failure is not None:
        raise parsed.failure
    return [json.loads(one.body) for one in parsed.mapped], list(parsed.errors or ())


def events_made_of(runtime: Runtime, source: str, event_id: str) -> Iterator[str]:
    """The ids of the events that were made of a payload, in their order."""
    made = select(InboxEvent.event_id).where(InboxEvent.source == source, InboxEvent.mapped_from == event_id)
    with runtime.database.read_session() as session:
        yield from list(session.scalars(made.order_by(InboxEvent.id)))


def _set_default(data: dict[str, Any], place: ValuePlace, value: str) -> None:
    *parents, name = place.name.split(".")
    for parent in parents:
        data = data.setdefault(parent, {})
        if not isinstance(data, dict):
            raise click.UsageError(f"The payload has no object at {place.name}.")
    data.setdefault(name, value)
