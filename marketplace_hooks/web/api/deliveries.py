"""What did we tell others, and has it arrived?"""

from __future__ import annotations

from typing import Any

from flask import Response, current_app
from marshmallow import fields

from ...services import logs
from ...store.access import Role
from ...store.outbox import DeliveryState
from ..cursors import decode_number, encode
from ..state import state
from .answers import shown_once
from .operations import operation
from .values import AnswerSchema, Instant, Line, PagedQuerySchema, Word, next_cursor


class DeliveriesQuerySchema(PagedQuerySchema):
    """Which deliveries."""

    state = Word(DeliveryState)
    endpoint_id = Line()
    type = Line()
    event_id = Line()


class DeliverySchema(AnswerSchema):
    """One outgoing event on its way to one endpoint."""

    delivery_id = fields.Integer(required=True, attribute="delivery.id")
    event_id = fields.String(required=True, attribute="event.event_id")
    type = fields.String(required=True, attribute="event.type")
    subject_kind = fields.String(required=True, attribute="event.subject_kind")
    subject_id = fields.String(required=True, attribute="event.subject_id")
    sequence = fields.Integer(required=True, attribute="event.sequence")
    endpoint_id = fields.String(required=True, attribute="delivery.endpoint_id")
    state = Word(DeliveryState, required=True, attribute="delivery.state")
    attempts = fields.Integer(required=True, attribute="delivery.attempts")
    due_at = Instant(required=True, attribute="delivery.due_at")
    last_status = fields.Integer(required=True, allow_none=True, attribute="delivery.last_status")
    last_error = fields.String(required=True, allow_none=True, attribute="delivery.last_error")
    delivered_at = Instant(required=True, allow_none=True, attribute="delivery.delivered_at")
    created_at = Instant(required=True, attribute="event.created_at")


class DeliveryListSchema(AnswerSchema):
    """A page of deliveries, the newest first."""

    items = fields.List(fields.Nested(DeliverySchema), required=True)
    next_cursor = next_cursor()


_LIST = DeliveryListSchema()


@operation(
    "GET",
    "/deliveries",
    tag="Deliveries",
    roles=(Role.OPERATOR, Role.PLATFORM),
    query=DeliveriesQuerySchema,
    answer=DeliveryListSchema,
    refusals=(400,),
)
def list_deliveries(query: dict[str, Any]) -> Response:
    """The log of what was sent, the newest first."""
    with state(current_app).installation.database.reading() as session:
        sent, before = logs.find_deliveries(
            session,
            state=query.get("state"),
            endpoint_id=query.get("endpoint_id"),
            type_=query.get("type"),
            event_id=query.get("event_id"),
            before=decode_number("deliveries", query.get("cursor")),
            limit=query["limit"],
        )
        return shown_once(_LIST, {"items": sent, "next_cursor": encode("deliveries", before)})
