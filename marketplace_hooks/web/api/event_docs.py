"""Events in the OpenAPI document: the operation that takes inbound ones, and `webhooks` for the outgoing ones."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow.openapi import OpenAPIConverter

from ...domain.member_descriptions import about
from ...domain.outbox.event_schemas import body_example, body_schema
from ...domain.outbox.event_types import OUTGOING
from ...events.registry import EVENTS, EventType
from ..problems import REFUSAL_STATUSES
from .responses import JSON

TAG_IN = "Webhooks in"
TAG_OUT = "Webhooks out"
TAGS = {
    TAG_IN: "Events that the platform sends us, signed by Standard Webhooks.",
    TAG_OUT: "Events that we send to the endpoints that are subscribed, signed by Standard Webhooks.",
}
_NO_LOGIN: list[dict[str, Any]] = []
_SOURCE = {
    "in": "path",
    "name": "source",
    "required": True,
    "description": "Who sends it: a name in `WEBHOOK_SECRETS`.",
    "schema": {"type": "string"},
    "example": "marketplace",
}
_HEADERS = {
    "WebhookId": ("webhook-id", "The event's id: the same whenever it is sent again.", "evt-77"),
    "WebhookTimestamp": ("webhook-timestamp", "When this attempt was made, in seconds since 1970.", "1795511520"),
    "WebhookSignature": (
        "webhook-signature",
        "`v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`; several are separated by spaces.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
}
_ACCEPTED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "event_id": {"type": "string", **about("The event's id.", "evt-77")},
        "duplicate": {"type": "boolean", **about("Whether it had been received before.", False)},
        "conflict": {
            "type": "boolean",
            **about("Present, and true: another body was received under this ID before. This one is set aside.", True),
        },
    },
    "required": ["event_id", "duplicate"],
}
_TAKE = """Receives one event of any type; an event of an unknown type is stored, and marked as ignored.

It is answered as soon as it is stored, and applied after that. The same event may be sent again: it is applied once.
Errors in its data are not reported here, but by `GET /events/{event_id}`."""


def inbound_path(spec: APISpec, converter: OpenAPIConverter) -> dict[str, Any]:
    """The path that takes inbound events, with the schema of every type, which are added to the components."""
    for name, (header, description, example) in _HEADERS.items():
        parameter = {"name": header, "required": True, "schema": {"type": "string"}, "description": description}
        spec.components.parameter(name, "header", {**parameter, "example": example})
    bodies = {event.name: _component(spec, converter, event) for event in _inbound()}
    spec.components.schema("EventAccepted", _ACCEPTED)
    references = {name: {"$ref": f"#/components/schemas/{body}"} for name, body in bodies.items()}
    content: dict[str, Any] = {
        "schema": {
            "oneOf": list(references.values()),
            "discriminator": {
                "propertyName": "type",
                "mapping": {name: reference["$ref"] for name, reference in references.items()},
            },
        },
        "examples": {name: {"$ref": f"#/components/examples/{body}"} for name, body in bodies.items()},
    }
    operation = {
        "operationId": "receive_event",
        "summary": "Send us an event.",
        "description": _TAKE,
        "tags": [TAG_IN],
        "security": _NO_LOGIN,
        "parameters": _header_references(),
        "requestBody": {"required": True, "content": {JSON: content}},
        "responses": _answers(spec),
    }
    return {"parameters": [_SOURCE], "post": operation}


def webhooks() -> dict[str, Any]:
    """The `webhooks` of the document: a request for each outgoing type, as an endpoint receives it."""
    return {name: {"post": _outgoing(name)} for name in sorted(OUTGOING)}


def _outgoing(name: str) -> dict[str, Any]:
    event = OUTGOING[name]
    return {
        "operationId": f"on_{name.replace('.', '_')}",
        "summary": name,
        "description": f"{event.when} Version {event.version}.",
        "tags": [TAG_OUT],
        "security": _NO_LOGIN,
        "x-version": event.version,
        "parameters": _header_references(),
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": body_schema(name), "example": body_example(name)}},
        },
        "responses": {
            "2XX": {"description": "It has arrived, and is not sent again."},
            "410": {"description": "The endpoint is gone: it is disabled."},
            "default": {"description": "It has not arrived, and is sent again according to the retry schedule."},
        },
    }


def _inbound() -> Iterator[EventType]:
    yield from (EVENTS[name] for name in sorted(EVENTS))


def _component(spec: APISpec, converter: OpenAPIConverter, event: EventType) -> str:
    """Add the envelope of one inbound type to the components; return its name."""
    name = "".join(part.title() for part in event.name.replace(".", "_").split("_")) + "Event"
    # apispec types no part of this.
    reference: dict[str, Any] = converter.resolve_nested_schema(event.schema)  # type: ignore[no-untyped-call] # see above
    body = {
        "type": "object",
        "description": f"{inspect.cleandoc(event.schema.__doc__ or '')}\n\nVersion {event.version}.",
        "properties": {
            "type": {"type": "string", "const": event.name, **about("The type of the event.", event.name)},
            "timestamp": {"type": "string", "format": "date-time", **about("When it was sent, with its offset.")},
            "data": {**reference, **about("What has happened.")},
        },
        "required": ["type", "timestamp", "data"],
        "x-version": event.version,
    }
    spec.components.schema(name, body)
    return name


def _header_references() -> list[dict[str, Any]]:
    return [{"$ref": f"#/components/parameters/{name}"} for name in _HEADERS]


def _answers(spec: APISpec) -> dict[str, Any]:
    accepted = {
        "description": "It is stored.",
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/EventAccepted"}}},
    }
    statuses = (405, 408, *REFUSAL_STATUSES.values())
    refusals = {str(one): spec.components.get_ref("response", HTTPStatus(one).name) for one in statuses}
    return {"202": accepted, **dict(sorted(refusals.items()))}
