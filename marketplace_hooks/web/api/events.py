"""Inbound events: the log of what was received, one event with its payload, and its replay."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from ...domain.member_descriptions import EVENT_ID, about
from ...events.correction import send_corrected
from ...models.access import Role
from ...models.inbox import InboxEvent, InboxState
from ...services.inbox import leasing
from ...services.operations import event_log
from ...services.operations.event_trace import trace_event
from ..pagination import decode_number, encode
from ..state import current_runtime
from .fields import (
    EnumField,
    PagedQuerySchema,
    QuerySchema,
    ResponseSchema,
    Rfc3339Instant,
    TextField,
    next_cursor,
    nullable,
)
from .idempotency import respond_once
from .operations import operation
from .responses import uncached_response
from .trace_schemas import EventTraceSchema

ROLES = (Role.OPERATOR, Role.PLATFORM)


class EventsQuerySchema(PagedQuerySchema):
    """Which events."""

    type = TextField(metadata=about("Such as product.status_changed.", "product.status_changed"))
    state = EnumField(InboxState, metadata=about("The state of the events."))
    subject = TextField(max_length=200, metadata=about("Such as product:12.", "product:20133"))
    source = TextField(
        max_length=64, metadata=about("Who sent it: the last part of the webhook's path.", "marketplace")
    )
    since = Rfc3339Instant(data_key="from", metadata=about("Received from this instant on."))
    before = Rfc3339Instant(data_key="to", metadata=about("Received before this instant."))
    q = TextField(max_length=256, metadata=about("A part of the event's id or of its subject.", "evt-77"))


class SourceQuerySchema(QuerySchema):
    """The source, if several have an event with the same ID."""

    source = TextField(
        max_length=64, metadata=about("Who sent it: the last part of the webhook's path.", "marketplace")
    )


class EventSchema(ResponseSchema):
    """An event as it was received, and what became of it."""

    event_id = fields.String(required=True, metadata=EVENT_ID)
    source = fields.String(
        required=True, metadata=about("Who sent it: the last part of the webhook's path.", "marketplace")
    )
    type = fields.String(required=True, metadata=about("The type of the event.", "product.status_changed"))
    subject = fields.String(required=True, metadata=about("What it is about.", "product:20133"))
    state = EnumField(InboxState, required=True, metadata=about("What became of it."))
    outcome = nullable(fields.String, about("What applying it did; null: it was not applied.", "changed"))
    attempts = fields.Integer(required=True, metadata=about("How many times it was tried.", 1))
    errors = fields.List(
        fields.Dict(),
        required=True,
        allow_none=True,
        metadata=about(
            "Everything that is wrong with its payload; null: nothing.",
            [{"path": "data.status", "message": "Must be one of: online."}],
        ),
    )
    parked_on = nullable(fields.String, about("What it waits for; null: nothing.", "seller:atelier"))
    due_at = nullable(Rfc3339Instant, about("When it is tried next; null: it is not."))
    sent_at = Rfc3339Instant(required=True, metadata=about("When it was sent, by its own timestamp."))
    received_at = Rfc3339Instant(required=True, metadata=about("When it was received."))
    applied_at = nullable(Rfc3339Instant, about("When it was applied; null: it was not."))
    corrects = nullable(fields.String, about("The event that this one corrects; null: none.", "evt_2f1c"))
    corrected_by = nullable(
        fields.String, about("The corrected copy that takes this event's place; null: there is none.", "evt_9b03")
    )
    mapped_from = fields.String(
        required=True,
        allow_none=True,
        metadata=about(
            "The sender's payload that this event was made from; null: it was sent as an event.", "b54557e4-bdd9"
        ),
    )


class CorrectionSchema(Schema):
    """The whole event as it should have been sent: the envelope, with its data."""

    type = fields.String(required=True, metadata=about("The type of the event.", "product.status_changed"))
    timestamp = fields.String(
        required=True, metadata=about("When it happened: RFC 3339 with its offset.", "2026-03-02T10:00:00+01:00")
    )
    data = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata=about(
            "As defined by the schema of the type.",
            {"product_id": "20133", "status": "offline_temporary", "actor": "seller", "reason": "a rest", "version": 4},
        ),
    )


class OtherBodySchema(ResponseSchema):
    """Another body received under the same ID: set aside, and never applied."""

    body_sha256 = fields.String(
        required=True,
        metadata=about(
            "The SHA-256 of the body as received.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
        ),
    )
    received_at = Rfc3339Instant(required=True, metadata=about("When it was received."))
    payload = nullable(
        fields.Raw,
        about(
            "The body as received; null once it was purged.",
            {"type": "product.status_changed", "timestamp": "2026-11-24T09:12:00Z", "data": {}},
        ),
    )


class EventWithPayloadSchema(EventSchema):
    """An event with its payload, which is null once it has been purged."""

    body_sha256 = fields.String(
        required=True,
        metadata=about(
            "The SHA-256 of the body as received.", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
        ),
    )
    payload = nullable(
        fields.Raw,
        about(
            "The body as received; null once it was purged.",
            {"type": "product.status_changed", "timestamp": "2026-11-24T09:12:00Z", "data": {}},
        ),
    )
    conflicts = fields.List(
        fields.Nested(OtherBodySchema),
        required=True,
        metadata=about("Other bodies received under its ID, and never applied."),
    )
    trace = fields.Nested(EventTraceSchema, required=True, metadata=about("What followed from it."))


class EventListSchema(ResponseSchema):
    """A page of events, newest first."""

    items = fields.List(fields.Nested(EventSchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()


_EVENT = EventSchema()
_LIST = EventListSchema()
_DETAIL = EventWithPayloadSchema()


@operation(
    "GET", "/events", tag="Events", roles=ROLES, query=EventsQuerySchema, response=EventListSchema, refusals=(400,)
)
def list_events(query: dict[str, Any]) -> Response:
    """The log of received events, newest first.

    Filter by type, state, subject, source or time of receipt, or search for part of an ID. Follow `next_cursor` for
    older events.
    """
    with current_runtime().database.read_session() as session:
        events, before = event_log.find_events(
            session,
            type_=query.get("type"),
            state=query.get("state"),
            subject=query.get("subject"),
            source=query.get("source"),
            search=query.get("q"),
            received_from=query.get("since"),
            received_before=query.get("before"),
            before=decode_number("events", query.get("cursor")),
            limit=query["limit"],
        )
        return uncached_response(_LIST, {"items": events, "next_cursor": encode("events", before)})


@operation(
    "GET",
    "/events/<event_id>",
    tag="Events",
    roles=ROLES,
    query=SourceQuerySchema,
    response=EventWithPayloadSchema,
    refusals=(404, 409),
)
def get_event(query: dict[str, Any], event_id: str) -> Response:
    """One event with its payload, other bodies received under its id, and what followed from it.

    If two sources use the same ID, give the `source`; otherwise the response is a 409 `several_sources`.
    """
    with current_runtime().database.read_session() as session:
        logged = event_log.find_event(session, event_id, source=query.get("source"))
        conflicts = [
            {"body_sha256": one.body_sha256, "received_at": one.received_at, "payload": _payload(one.body)}
            for one in logged.conflicts
        ]
        names = [*_EVENT.fields, "body_sha256"]
        facts = {name: getattr(logged.event, name) for name in names}
        trace = trace_event(session, logged.event)
        content = SimpleNamespace(**facts, payload=_payload(logged.event.body), conflicts=conflicts, trace=trace)
    return uncached_response(_DETAIL, content)


@operation(
    "POST",
    "/events/<event_id>/replay",
    tag="Events",
    roles=ROLES,
    query=SourceQuerySchema,
    response=EventSchema,
    status=202,
    refusals=(404,),
)
def replay_event(query: dict[str, Any], event_id: str) -> Response:
    """Apply again an event that was ignored or rejected, that failed, or that is waiting for another one.

    It is applied by a worker soon after. An event that was applied is a 409 `not_replayable`; one whose payload was
    purged is a 409 `payload_purged`.
    """

    def act(uow: Any) -> InboxEvent:
        return leasing.replay_event(uow, event_id, source=query.get("source"))

    return respond_once(act, _EVENT)


@operation(
    "POST",
    "/events/<event_id>/correction",
    tag="Events",
    roles=ROLES,
    query=SourceQuerySchema,
    body=CorrectionSchema,
    response=EventSchema,
    status=202,
    refusals=(404,),
)
def correct_event(query: dict[str, Any], envelope: dict[str, Any], event_id: str) -> Response:
    """Send a corrected copy of a rejected or ignored event: a new event of the same source, linked to it.

    A copy that would be rejected again is a 422 with every error, and nothing is stored. An event in another state is a
    409 `not_correctable`; one that has already been corrected is a 409 `already_corrected`.
    """
    body = json.dumps(envelope, ensure_ascii=False).encode()

    def act(uow: Any) -> InboxEvent:
        return send_corrected(uow, event_id, body, source=query.get("source"))

    return respond_once(act, _EVENT)


def _payload(body: bytes | None) -> Any:
    """The body as JSON: nothing else is ever stored."""
    return None if body is None else json.loads(body)
