"""Mappings: a host's functions that turn the payloads of a sender into our events.

`WEBHOOK_SENDERS` names one as `package.module:function`, or as an entry point of the group of `ENTRY_POINTS`. It is
called in a worker, outside any transaction, with one `SenderPayload`, and returns events: none, one, or several.
If it fails or returns something invalid, the payload is rejected with that reason; a replay calls it again.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import json
import pkgutil
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from ..config.senders import Sender
from ..domain.instants import format_instant
from ..errors import ConfigurationError, PayloadRejected, passes_by_itself
from ..telemetry.log_context import get_logger
from .envelope import NotAnEnvelope, parse_envelope
from .registry import EVENTS

ENTRY_POINTS = "marketplace_hooks.mappings"
MOST_EVENTS = 1_000
"""Events of one payload."""
LONGEST_REASON = 300

log = get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class SenderPayload:
    """What a mapping is given. `topic` is the sender's own word for what happened, empty where it has none."""

    source: str
    topic: str
    event_id: str
    sent_at: datetime
    received_at: datetime
    data: Mapping[str, Any]


SenderMapping = Callable[[SenderPayload], Any]


@cache
def load_mapping(reference: str) -> SenderMapping:
    """The function of this name. Raises `ConfigurationError`, with a sentence that names it."""
    try:
        if ":" in reference:
            found: Any = pkgutil.resolve_name(reference)
        else:
            [entry_point] = importlib.metadata.entry_points(group=ENTRY_POINTS, name=reference)
            found = entry_point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # The module is a host's own, and may raise anything while it is imported, such as argparse's SystemExit.
        why = f"{type(error).__name__}: {error}" if ":" in reference else f"no entry point of {ENTRY_POINTS} is that"
        raise ConfigurationError(f"WEBHOOK_SENDERS: the mapping {reference!r} cannot be loaded: {why}.") from error
    if not callable(found):
        raise ConfigurationError(f"WEBHOOK_SENDERS: the mapping {reference!r} is not a function.")
    mapping: SenderMapping = found
    return mapping


def check_mappings(senders: Mapping[str, Sender]) -> None:
    """Load every mapping, at the start. Raises `ConfigurationError`."""
    for sender in senders.values():
        if sender.mapping is not None:
            load_mapping(sender.mapping)


def mapped_bodies(mapping: SenderMapping, payload: SenderPayload, *, longest: int) -> list[bytes]:
    """The envelopes of the events that a mapping makes of a payload, each of at most `longest` bytes.

    Raises `PayloadRejected` with a sentence for whatever is wrong with the mapping or with what it returns.
    """
    try:
        returned = mapping(payload)
        given = [returned] if isinstance(returned, Mapping) else list(itertools.islice(returned or (), MOST_EVENTS + 1))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a host's own function, of which even an exit must not end the worker.
        if passes_by_itself(error):
            raise
        # Its message may repeat what the payload says of a person: that is shown on the event's page, and never logged.
        log.warning("the mapping of source %s failed: %s at %s", payload.source, type(error).__name__, _place(error))
        raise _rejected(f"The mapping failed: {type(error).__name__}: {error}") from error
    if len(given) > MOST_EVENTS:
        raise _rejected(f"The mapping returned more than {MOST_EVENTS} events.")
    return [_body(number, one, payload, longest) for number, one in enumerate(given, start=1)]


def fault_of_event(number: int, type_: str, fault: Mapping[str, Any]) -> dict[str, Any]:
    """An error of one mapped event, as an error of its payload."""
    path = fault.get("path") or "data"
    return {"path": "", "message": f"Event {number} of the mapping ({type_}), {path}: {fault.get('message', '')}"}


def _body(number: int, event: Any, payload: SenderPayload, longest: int) -> bytes:
    if not isinstance(event, Mapping) or not {"type", "data"} <= event.keys() <= {"type", "data", "timestamp"}:
        raise _rejected(f"Event {number} of the mapping is no mapping with type, data and, where known, timestamp.")
    try:
        text = json.dumps(dict(_members(event, payload)), ensure_ascii=False, allow_nan=False)
        body = text.encode()
        envelope = parse_envelope(body)
    except NotAnEnvelope as error:
        raise _rejected(f"Event {number} of the mapping cannot be stored: {error}") from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # what a host returns may be of any class, with methods of its own.
        if passes_by_itself(error):
            raise
        raise _rejected(f"Event {number} of the mapping is not JSON: {type(error).__name__}: {error}") from error
    if envelope.type not in EVENTS:
        raise _rejected(f"Event {number} of the mapping has a type that is not known: {envelope.type}")
    if len(body) > longest:
        raise _rejected(f"Event {number} of the mapping is larger than {longest} bytes.")
    return body


def _members(event: Mapping[str, Any], payload: SenderPayload) -> Iterator[tuple[str, Any]]:
    at = event.get("timestamp", payload.sent_at)
    yield "type", event["type"]
    yield "timestamp", format_instant(at) if isinstance(at, datetime) else at
    yield "data", event["data"]


def _rejected(reason: str) -> PayloadRejected:
    # A host's text may hold what a database cannot store.
    storable = "".join(char if char.isprintable() else " " for char in reason[:LONGEST_REASON])
    return PayloadRejected("the payload could not be mapped", errors=[{"path": "", "message": storable}])


def _place(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{last.filename}:{last.lineno}"
