"""JSON Schemas of outgoing events: the whole body of each type, by its version.

A schema says what is there, never what is not: a later release may add members and values. What would break a
receiver, such as a member that goes or changes its type, needs a higher version of the type (`breaks`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..member_descriptions import about
from .event_members import MEMBERS, JsonSchema, instant, text
from .event_types import OUTGOING
from .outgoing_type import Outgoing

EXAMPLE_ID = "msg_1f0c"
_EXAMPLE_AT = "2026-11-24T09:12:00Z"
CAUSE: JsonSchema = {
    "type": "object",
    "properties": {
        "event_id": {"type": ["string", "null"], **about("The inbound event; null: it was requested here.", "evt-77")},
        "actor": text("Which side acted."),
        "reason": text("Why, in words."),
        "on_behalf_of": text("Whom the platform acted for."),
        "operator_id": text("The person of the marketplace who decided."),
    },
    "required": ["event_id", "actor", "reason"],
    **about("Why it happened.", {"event_id": "evt-77", "actor": "seller", "reason": "A fault is being fixed"}),
}


def data_schema(event: Outgoing) -> dict[str, Any]:
    """The schema of the data of one type."""
    members = {name: _member(event, name) for name in dict.fromkeys((*event.example, *event.optional))}
    return {
        "type": "object",
        "properties": {**members, "caused_by": CAUSE},
        "required": [*(name for name in event.example if name not in event.optional), "caused_by"],
    }


def body_schema(name: str) -> dict[str, Any]:
    """The schema of the whole body of one type."""
    event = OUTGOING[name]
    return {
        "type": "object",
        "description": event.when,
        "properties": {
            "id": {"type": "string", **about("The event's id, the same in every attempt: `webhook-id`.", EXAMPLE_ID)},
            "type": {"type": "string", "const": name, **about("The type of the event.", name)},
            "timestamp": instant("When it was published."),
            "sequence": {"type": "integer", **about("Increases with each event about the same subject.", 12)},
            "data": {**data_schema(event), **about("What has happened.")},
        },
        "required": ["id", "type", "timestamp", "sequence", "data"],
        "x-version": event.version,
    }


def body_example(name: str) -> dict[str, Any]:
    """A whole body of one type."""
    return {
        "id": EXAMPLE_ID,
        "type": name,
        "timestamp": _EXAMPLE_AT,
        "sequence": 12,
        "data": {**OUTGOING[name].example, "caused_by": CAUSE["examples"][0]},
    }


def breaks(before: JsonSchema, now: JsonSchema, path: str = "") -> Iterator[str]:
    """Each way in which a receiver of what `before` allows would fail on what `now` allows."""
    types = _types(now) - _types(before)
    if types:
        yield f"{path or 'the event'} may be {', '.join(sorted(types))}"
    if before.get("format") != now.get("format") or before.get("const") != now.get("const"):
        yield f"{path or 'the event'} is written in another way"
    then = before.get("properties", {})
    present = now.get("properties", {})
    for name, schema in then.items():
        inner = f"{path}.{name}".lstrip(".")
        if name not in present:
            yield f"{inner} is gone"
            continue
        if name in before.get("required", ()) and name not in now.get("required", ()):
            yield f"{inner} may be absent"
        yield from breaks(schema, present[name], inner)
    for word in ("items", "additionalProperties"):
        if word in before:
            yield from breaks(before[word], now.get(word, {}), f"{path}[]")


def _types(schema: JsonSchema) -> set[str]:
    types = schema.get("type", "anything")
    return {types} if isinstance(types, str) else set(types)


def _member(event: Outgoing, name: str) -> Mapping[str, Any]:
    """A member as it stands in one type: its example, and null where it may be null."""
    schema = dict(MEMBERS[name])
    if name in event.example:
        schema["examples"] = [event.example[name]]
    if name in event.nullable:
        schema["type"] = [schema["type"], "null"]
    return schema
