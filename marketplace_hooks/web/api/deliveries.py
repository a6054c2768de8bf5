"""Deliveries of outgoing events: the log, and sending one again."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Response
from marshmallow import Schema, fields

from ...domain.member_descriptions import ENDPOINT_ID, about
from ...errors import NotFound
from ...models.access import Role
from ...models.outbox import DeliveryState
from ...remote.companion_format import TrueOrFalse
from ...services.outbox import delivery_log
from ...services.outbox.redeliver import redeliver
from ...services.outbox.replay_several import ReplaySelection, replay_several
from ..pagination import decode_number, encode
from ..state import current_runtime
from .fields import (
    EnumField,
    PagedQuerySchema,
    ResponseSchema,
    Rfc3339Instant,
    TextField,
    next_cursor,
    nullable,
    optional,
)
from .idempotency import respond_once
from .operations import operation
from .responses import uncached_response


class DeliveriesQuerySchema(PagedQuerySchema):
    """Which deliveries."""

    state = EnumField(
        DeliveryState,
        metadata=about("Whether they are pending, delivered, given up, or waiting for a disabled endpoint."),
    )
    endpoint_id = TextField(metadata=ENDPOINT_ID)
    type = TextField(metadata=about("The type of the event.", "product.hidden"))
    event_id = TextField(metadata=about("The id of the event, which is its `webhook-id`.", "msg_1f0c"))
    subject = TextField(max_length=200, metadata=about("What the event is about, such as product:12.", "product:20133"))
    since = Rfc3339Instant(data_key="from", metadata=about("Published from this instant on."))
    before = Rfc3339Instant(data_key="to", metadata=about("Published before this instant."))


class DeliverySchema(ResponseSchema):
    """One outgoing event on its way to one endpoint."""

    delivery_id = fields.Integer(required=True, attribute="delivery.id", metadata=about("The delivery's number.", 4711))
    event_id = fields.String(
        required=True,
        attribute="event.event_id",
        metadata=about("The id of the event, which is its `webhook-id`.", "msg_1f0c"),
    )
    type = fields.String(
        required=True, attribute="event.type", metadata=about("The type of the event.", "product.hidden")
    )
    subject_kind = fields.String(
        required=True,
        attribute="event.subject_kind",
        metadata=about("The type of what the event is about.", "product"),
    )
    subject_id = fields.String(
        required=True, attribute="event.subject_id", metadata=about("The id of what the event is about.", "20133")
    )
    sequence = fields.Integer(
        required=True,
        attribute="event.sequence",
        metadata=about("The event's number among the events about the same subject.", 12),
    )
    endpoint_id = fields.String(required=True, attribute="delivery.endpoint_id", metadata=ENDPOINT_ID)
    state = EnumField(
        DeliveryState,
        required=True,
        attribute="delivery.state",
        metadata=about("Whether it is pending, delivered, given up, or waiting for a disabled endpoint."),
    )
    attempts = fields.Integer(
        required=True, attribute="delivery.attempts", metadata=about("How many attempts have been made.", 1)
    )
    due_at = Rfc3339Instant(
        required=True, attribute="delivery.due_at", metadata=about("When the next attempt is due, or was.")
    )
    last_status = nullable(
        fields.Integer,
        about("The HTTP status of the last answer; null: there was none.", 200),
        attribute="delivery.last_status",
    )
    last_error = nullable(
        fields.String,
        about("What went wrong the last time; null: nothing.", "timeout"),
        attribute="delivery.last_error",
    )
    delivered_at = nullable(
        Rfc3339Instant, about("When it arrived; null: it has not."), attribute="delivery.delivered_at"
    )
    created_at = Rfc3339Instant(
        required=True, attribute="event.created_at", metadata=about("When the event was published.")
    )


class AttemptSchema(ResponseSchema):
    """One attempt, and what was answered."""

    at = Rfc3339Instant(required=True, metadata=about("When it was recorded."))
    status = nullable(fields.Integer, about("The HTTP status of the answer; null: there was none.", 503))
    error = nullable(fields.String, about("Why there was no answer; null: there was one.", "timeout"))
    took_ms = fields.Integer(required=True, metadata=about("How long it took, in milliseconds.", 240))
    headers = fields.List(
        fields.String(),
        required=True,
        metadata=about("The names of the headers that were sent.", ["webhook-id"]),
    )
    address = nullable(fields.String, about("The IP address it was sent to; null: it came to none.", "203.0.113.7"))
    answer = nullable(
        fields.String,
        about("How the answer's body begins; null: nothing is stored.", "try later"),
    )


class DeliveryDetailSchema(DeliverySchema):
    """A delivery with what is sent, and the response to each attempt."""

    url = fields.String(
        required=True,
        attribute="endpoint.url",
        metadata=about("Where it is posted.", "https://example.com/hooks"),
    )
    payload = nullable(
        fields.Raw,
        about(
            "The body that every attempt sends; null once it was purged.",
            {"type": "product.hidden"},
        ),
    )
    attempt_log = fields.List(
        fields.Nested(AttemptSchema), required=True, metadata=about("Every attempt, oldest first.")
    )


class DeliveryListSchema(ResponseSchema):
    """A page of deliveries, newest first."""

    items = fields.List(fields.Nested(DeliverySchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()


_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
ROLES = (Role.OPERATOR, Role.PLATFORM)
_ONE = DeliverySchema()
_LIST = DeliveryListSchema()
_DETAIL = DeliveryDetailSchema()
_NOT_SENT: dict[str, Any] = {"headers": [], "address": None, "answer": None}
"""What an attempt's entry may lack."""


@operation(
    "GET",
    "/deliveries",
    tag="Deliveries",
    roles=ROLES,
    query=DeliveriesQuerySchema,
    response=DeliveryListSchema,
    refusals=(400,),
)
def list_deliveries(query: dict[str, Any]) -> Response:
    """The log of sent events, newest first.

    Follow `next_cursor` for older deliveries.
    """
    with current_runtime().database.read_session() as session:
        sent, before = delivery_log.find_deliveries(
            session,
            state=query.get("state"),
            endpoint_id=query.get("endpoint_id"),
            type_=query.get("type"),
            event_id=query.get("event_id"),
            subject=delivery_log.subject_of(query.get("subject")),
            published_from=query.get("since"),
            published_before=query.get("before"),
            before=decode_number("deliveries", query.get("cursor")),
            limit=query["limit"],
        )
        return uncached_response(_LIST, {"items": sent, "next_cursor": encode("deliveries", before)})


@operation(
    "GET",
    "/deliveries/<delivery_id>",
    tag="Deliveries",
    roles=ROLES,
    response=DeliveryDetailSchema,
    refusals=(404,),
)
def get_delivery(delivery_id: str) -> Response:
    """One delivery with the body that is sent, and the response to each attempt.

    Headers are named without their values, which may be credentials.
    """
    with current_runtime().database.read_session() as session:
        found = delivery_log.find_delivery(session, _number(delivery_id))
        if found is None:
            raise NotFound(f"no delivery {delivery_id}")
        content = {
            "delivery": found.delivery,
            "event": found.event,
            "endpoint": found.endpoint,
            "payload": None if found.body is None else json.loads(found.body),
            "attempt_log": [{**_NOT_SENT, **one} for one in found.attempts],
        }
        return uncached_response(_DETAIL, content)


class ReplaySelectionSchema(Schema):
    """Which deliveries: a time range, for one endpoint or all; without a range, all that never reached the endpoint."""

    endpoint_id = optional(TextField, ENDPOINT_ID)
    since = optional(Rfc3339Instant, about("Published from this instant on."), data_key="from")
    before = optional(
        Rfc3339Instant,
        about("Published before this instant: at most 14 days later, and 10,000 deliveries."),
        data_key="to",
    )
    missed_only = TrueOrFalse(
        load_default=False, metadata=about("Leave out what has arrived; this is always done without a range.")
    )


class ReplayedSeveralSchema(ResponseSchema):
    """How many are sent again, 10,000 at most. If `has_more` is true, call again for the rest."""

    replayed = fields.Integer(required=True, metadata=about("How many are sent again.", 120))
    has_more = fields.Boolean(
        required=True, metadata=about("Whether there are more to send again: call once more for them.")
    )


_SEVERAL = ReplayedSeveralSchema()


@operation(
    "POST",
    "/deliveries/replay",
    tag="Deliveries",
    roles=ROLES,
    body=ReplaySelectionSchema,
    response=ReplayedSeveralSchema,
    status=202,
    refusals=(400, 404, 415),
)
def replay_several_deliveries(body: dict[str, Any]) -> Response:
    """Resend several deliveries, each once under its own `webhook-id`: a range, or all that never reached an endpoint.

    A range is at most 14 days and 10,000 deliveries; more is a 422 `range_too_large`. Receivers recognise
    duplicates by their `webhook-id`.
    """
    return respond_once(lambda uow: replay_several(uow, ReplaySelection(**body)), _SEVERAL)


@operation(
    "POST",
    "/deliveries/<delivery_id>/replay",
    tag="Deliveries",
    roles=ROLES,
    response=DeliverySchema,
    status=202,
    refusals=(404, 409),
)
def replay_delivery(delivery_id: str) -> Response:
    """Resend a delivered or exhausted delivery under the same `webhook-id`, with a new series of attempts.

    A delivery that is still waiting for an attempt is a 409 `not_replayable`; one whose payload was purged is a 409
    `payload_purged`.
    """
    number = _number(delivery_id)
    return respond_once(lambda uow: redeliver(uow, number), _ONE)


def _number(delivery_id: str) -> int:
    if not _NUMBER.fullmatch(delivery_id):
        raise NotFound(f"no delivery {delivery_id[:40]}")
    return int(delivery_id)
