"""Schemas of an event's trace: what followed from it, in cascades, published events and their deliveries."""

from __future__ import annotations

from marshmallow import fields

from ...domain.member_descriptions import CASCADE_ID, ENDPOINT_ID, about
from ...models.cascades import CascadeState
from ...models.outbox import DeliveryState
from .fields import EnumField, ResponseSchema


class TracedCascadeSchema(ResponseSchema):
    """The follow-up steps of one change."""

    cascade_id = fields.String(required=True, attribute="id", metadata=CASCADE_ID)
    state = EnumField(CascadeState, required=True, metadata=about("Their current state."))


class TracedDeliverySchema(ResponseSchema):
    """One delivery of a published event."""

    delivery_id = fields.Integer(required=True, attribute="id", metadata=about("The delivery's number.", 4711))
    endpoint_id = fields.String(required=True, metadata=ENDPOINT_ID)
    state = EnumField(
        DeliveryState,
        required=True,
        metadata=about("Its current state."),
    )


class PublishedEventSchema(ResponseSchema):
    """A published event."""

    event_id = fields.String(required=True, attribute="event.event_id", metadata=about("Its id.", "msg_1f0c"))
    type = fields.String(required=True, attribute="event.type", metadata=about("Its type.", "product.hidden"))
    deliveries = fields.List(fields.Nested(TracedDeliverySchema), required=True, metadata=about("Its deliveries."))


class EventTraceSchema(ResponseSchema):
    """What followed from an event, in order."""

    cascades = fields.List(
        fields.Nested(TracedCascadeSchema), required=True, metadata=about("The follow-up steps of its changes.")
    )
    published = fields.List(
        fields.Nested(PublishedEventSchema), required=True, metadata=about("The first 20 events published.")
    )
    has_more = fields.Boolean(required=True, metadata=about("Whether more was published.", False))
