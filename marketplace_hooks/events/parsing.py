"""Parsing of stored events: what the body of an event says, validated against the schema of its type.

Outside any transaction, and before one. A payload of a sender is mapped first, and each event that its mapping returns
is validated here like one that was posted; only when all of them are valid is any of them stored.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError

from ..config.settings import Settings
from ..errors import ConfigurationError, PayloadRejected
from ..models.inbox import InboxEvent, is_payload
from ..services.inbox.writer import IncomingEvent
from .fields import every_error, future_instant, future_instants
from .mappings import fault_of_event
from .payloads import mapped_events, row_of
from .registry import EVENTS, EventType, InboundEvent


@dataclass(frozen=True, kw_only=True)
class ParsedEvent:
    """A row of the inbox with what its body says: a known type and valid data, or why not.

    `mapped` are the events that the mapping of a sender made of a payload.

    `errors` say how the body breaks its schema. `failure` is what went wrong while it was parsed: it is raised when the
    event is applied, and counted then.
    """

    event: InboxEvent
    type: EventType | None = None
    inbound: InboundEvent | None = None
    errors: list[dict[str, Any]] | None = None
    failure: Exception | None = None
    mapped: Sequence[IncomingEvent] = ()


def parse(event: InboxEvent) -> ParsedEvent:
    """Parse the body and validate it against the schema of its type; every error at once. Never raises."""
    known = EVENTS.get(event.type)
    if known is None:
        return ParsedEvent(event=event)
    if event.body is None:
        return ParsedEvent(event=event, type=known, errors=[{"path": "", "message": "its body is no longer kept"}])
    try:
        loaded = known.schema.load(json.loads(event.body)["data"])
    except ValidationError as error:
        return ParsedEvent(event=event, type=known, errors=every_error(error.messages, "data"))
    except Exception as error:  # one event that cannot be parsed must not hold up its neighbours for ever.
        return ParsedEvent(event=event, type=known, failure=error)
    errors = [
        *future_instant(event.sent_at, event.received_at, "timestamp"),
        *future_instants(known.schema, loaded, event.received_at, "data"),
    ]
    if errors:
        return ParsedEvent(event=event, type=known, errors=errors)
    inbound = InboundEvent(
        number=event.id,
        event_id=event.event_id,
        type=event.type,
        sent_at=event.sent_at,
        received_at=event.received_at,
        data=loaded,
    )
    return ParsedEvent(event=event, type=known, inbound=inbound)


def parse_any(event: InboxEvent, settings: Settings) -> ParsedEvent:
    """The same for a payload of a sender too, by the sender's mapping. Never raises."""
    return parse_payload(event, settings) if is_payload(event.type) else parse(event)


def parse_payload(event: InboxEvent, settings: Settings) -> ParsedEvent:
    """Map a payload of a sender, and validate every event that its mapping returns; every error at once."""
    try:
        mapped = mapped_events(event, settings)
    except PayloadRejected as rejected:
        return ParsedEvent(event=event, errors=[dict(error) for error in rejected.errors])
    except ConfigurationError as error:
        return ParsedEvent(event=event, errors=[{"path": "", "message": str(error)}])
    except Exception as error:
        return ParsedEvent(event=event, failure=error)
    errors: list[dict[str, Any]] = []
    for number, one in enumerate(mapped, start=1):
        parsed = parse(row_of(one, event))
        if parsed.failure is not None:
            return ParsedEvent(event=event, failure=parsed.failure)
        errors += [fault_of_event(number, one.type, fault) for fault in parsed.errors or ()]
    return ParsedEvent(event=event, errors=errors or None, mapped=() if errors else mapped)
