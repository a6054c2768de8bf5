"""Schemas of endpoints, in requests and in answers."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from ...domain.member_descriptions import ENDPOINT_ID, about
from ...domain.outbox.event_types import EVERYTHING
from ...domain.standard_reasons import StandardReason
from ...services.outbox.endpoints import (
    LONGEST_DESCRIPTION,
    LONGEST_URL,
    MOST_PER_S,
)
from .fields import Number, ResponseSchema, Rfc3339Instant, TextField, nullable, optional

_TYPES = "Which outgoing events are sent to it; `*` means all."
_HEADERS = "Sent with every delivery: at most 20, none that we set ourselves. Their values are never returned."
_RATE = "Attempts started each second; null: the installation's DELIVERY_RATE_PER_S."


class EndpointSettingsSchema(Schema):
    """The settings of an endpoint."""

    url = TextField(
        max_length=LONGEST_URL,
        required=True,
        metadata=about("https, on port 443 or 8443.", "https://example.com/hooks"),
    )
    types = fields.List(
        TextField(), load_default=[EVERYTHING], metadata=about(_TYPES, ["product.hidden", "product.shown"])
    )
    description = TextField(
        min_length=0,
        max_length=LONGEST_DESCRIPTION,
        load_default="",
        metadata=about("A note about what it is for.", "Shop search index"),
    )
    headers = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata=about(_HEADERS, {"X-Environment": "production"}),
    )
    rate_per_s = optional(Number, about(_RATE, 50.0), validate=validate.Range(0, MOST_PER_S, min_inclusive=False))


class EndpointChangesSchema(EndpointSettingsSchema):
    """What to change; members that are left out stay as they are."""


class EndpointSchema(ResponseSchema):
    """One endpoint. `header_names` are those of its custom headers."""

    endpoint_id = fields.String(required=True, attribute="endpoint.id", metadata=ENDPOINT_ID)
    url = fields.String(
        required=True,
        attribute="endpoint.url",
        metadata=about("Where deliveries are posted.", "https://example.com/hooks"),
    )
    types = fields.List(
        fields.String(),
        required=True,
        attribute="endpoint.types",
        metadata=about("Which outgoing events are sent to it; `*` means all.", ["product.hidden", "product.shown"]),
    )
    description = fields.String(
        required=True,
        attribute="endpoint.description",
        metadata=about("A note about what it is for.", "Shop search index"),
    )
    header_names = fields.List(
        fields.String(), required=True, metadata=about("The names of its custom headers.", ["X-Environment"])
    )
    rate_per_s = nullable(
        fields.Float,
        about("Attempts started each second; null: the installation's DELIVERY_RATE_PER_S.", 50.0),
        attribute="endpoint.rate_per_s",
    )
    enabled = fields.Boolean(
        required=True, attribute="endpoint.enabled", metadata=about("Whether events are delivered to it.")
    )
    disabled_reason = nullable(
        fields.String,
        about("Why it is disabled; null: it is not.", StandardReason.BY_OPERATOR.value),
        attribute="endpoint.disabled_reason",
    )
    failing_since = nullable(
        Rfc3339Instant,
        about("Since when no delivery has succeeded; null: the last one did."),
        attribute="endpoint.failing_since",
    )
    rests_until = nullable(
        Rfc3339Instant,
        about("Until when nothing is sent to it, because it asked for that or failed; null: it is not paused."),
        attribute="endpoint.rests_until",
    )
    old_secret_until = nullable(
        Rfc3339Instant,
        about("Until when deliveries are signed with the old secret as well; null: there is none."),
        attribute="endpoint.previous_secret_until",
    )
    created_at = Rfc3339Instant(required=True, attribute="endpoint.created_at", metadata=about("When it was added."))


class EndpointWithSecretSchema(EndpointSchema):
    """An endpoint with its new secret, which is shown only once."""

    secret = fields.String(
        required=True,
        metadata=about(
            "What its deliveries are signed with; shown only once.", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        ),
    )


class EndpointHourSchema(ResponseSchema):
    """The deliveries of the events of one hour."""

    begins_at = Rfc3339Instant(required=True, metadata=about("When the hour begins."))
    delivered = fields.Integer(required=True, metadata=about("How many arrived.", 118))
    failed = fields.Integer(required=True, metadata=about("How many failed.", 2))
    waiting = fields.Integer(required=True, metadata=about("How many are waiting.", 0))


class EndpointDetailSchema(EndpointSchema):
    """An endpoint with its last 24 hours, and their success rate, from 0 to 1; null when nothing was attempted."""

    hours = fields.List(
        fields.Nested(EndpointHourSchema),
        required=True,
        metadata=about("The last 24 hours, oldest first."),
    )

    success_rate = nullable(
        fields.Float,
        about(
            "The share of the deliveries of the last 24 hours that arrived, from 0 to 1; null: none was attempted.",
            0.998,
        ),
    )


class EndpointListSchema(ResponseSchema):
    """Every endpoint, oldest first."""

    items = fields.List(fields.Nested(EndpointSchema), required=True, metadata=about("The endpoints, oldest first."))


class DisableSchema(Schema):
    """Why nothing is delivered any more."""

    reason = TextField(
        max_length=200,
        load_default=StandardReason.BY_OPERATOR.value,
        metadata=about("Why, in words.", "The receiver is being moved"),
    )


class PingAnswerSchema(ResponseSchema):
    """The receiver's answer to a test event; if there was none, `status` is null and `error` says why."""

    status = nullable(fields.Integer, about("The HTTP status of the answer; null: there was none.", 200))
    error = nullable(fields.String, about("What went wrong; null: nothing.", "timeout"))
    took_ms = fields.Integer(required=True, metadata=about("How long it took, in milliseconds.", 85))
    answer = fields.String(required=True, metadata=about("The beginning of the answer's body.", "ok"))
    delivered = fields.Boolean(required=True, metadata=about("Whether the receiver accepted it."))
