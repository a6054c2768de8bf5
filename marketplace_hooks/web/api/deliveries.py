"""Deliveries of outgoing events: the log, and sending one again."""

from __future__ import annotations

import re
from typing import Any

from flask import Response
from marshmallow import fields

from ...errors import NotFound
from ...models.access import Role
from ...models.outbox import DeliveryState
from ...services.outbox import delivery_log
from ...services.outbox.redeliver import redeliver
from ..pagination import decode_number, encode
from ..state import current_runtime
from .fields import EnumField, PagedQuerySchema, ResponseSchema, Rfc3339Instant, TextField, next_cursor
from .idempotency import respond_once
from .operations import operation
from .responses import uncached_response


class DeliveriesQuerySchema(PagedQuerySchema):
    """Which deliveries."""

    state = EnumField(DeliveryState)
    endpoint_id = TextField()
    type = TextField()
    event_id = TextField()


class DeliverySchema(ResponseSchema):
    """One outgoing event on its way to one endpoint."""

    delivery_id = fields.Integer(required=True, attribute="delivery.id")
    event_id = fields.String(required=True, attribute="event.event_id")
    type = fields.String(required=True, attribute="event.type")
    subject_kind = fields.String(required=True, attribute="event.subject_kind")
    subject_id = fields.String(required=True, attribute="event.subject_id")
    sequence = fields.Integer(required=True, attribute="event.sequence")
    endpoint_id = fields.String(required=True, attribute="delivery.endpoint_id")
    state = EnumField(DeliveryState, required=True, attribute="delivery.state")
    attempts = fields.Integer(required=True, attribute="delivery.attempts")
    due_at = Rfc3339Instant(required=True, attribute="delivery.due_at")
    last_status = fields.Integer(required=True, allow_none=True, attribute="delivery.last_status")
    last_error = fields.String(required=True, allow_none=True, attribute="delivery.last_error")
    delivered_at = Rfc3339Instant(required=True, allow_none=True, attribute="delivery.delivered_at")
    created_at = Rfc3339Instant(required=True, attribute="event.created_at")


class DeliveryListSchema(ResponseSchema):
    """A page of deliveries, the newest first."""

    items = fields.List(fields.Nested(DeliverySchema), required=True)
    next_cursor = next_cursor()


_NUMBER = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
ROLES = (Role.OPERATOR, Role.PLATFORM)
_ONE = DeliverySchema()
_LIST = DeliveryListSchema()


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
    """The log of what was sent, the newest first."""
    with current_runtime().database.read_session() as session:
        sent, before = delivery_log.find_deliveries(
            session,
            state=query.get("state"),
            endpoint_id=query.get("endpoint_id"),
            type_=query.get("type"),
            event_id=query.get("event_id"),
            before=decode_number("deliveries", query.get("cursor")),
            limit=query["limit"],
        )
        return uncached_response(_LIST, {"items": sent, "next_cursor": encode("deliveries", before)})


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
    """Send one again that was delivered or exhausted, under the same `webhook-id`, with all its attempts before it."""
    if not _NUMBER.fullmatch(delivery_id):
        raise NotFound(f"no delivery {delivery_id[:40]}")
    return respond_once(lambda uow: redeliver(uow, int(delivery_id)), _ONE)
