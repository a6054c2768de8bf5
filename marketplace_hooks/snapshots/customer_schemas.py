"""Lines of customers and of their open requests, each with its thread."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ..events.customers import CustomerUpsertedSchema
from ..events.fields import EventDataSchema, Identifier, Moment
from ..events.support import MessagePostedSchema, RequestSubmittedSchema


class ErasedCustomerLineSchema(EventDataSchema):
    """A customer who was erased: the id alone."""

    customer_id = Identifier(required=True)
    erased_at = Moment(required=True)


class CustomerLineSchema(CustomerUpsertedSchema):
    """`customer.upserted`; of a customer who was erased, only the id and since when."""

    erased_at = Moment(allow_none=True, load_default=None)

    def load(self, data: Any, **kwargs: Any) -> Any:
        """The customer as described; of an erased one, with nothing that is personal."""
        if isinstance(data, dict) and data.get("erased_at") is not None:
            return ErasedCustomerLineSchema().load(data)
        return super().load(data, **kwargs)


class RequestLineSchema(RequestSubmittedSchema):
    """`support.request_submitted` of a request that is still open, with its thread.

    `clocks_from` is the instant from which its deadlines count; without it, none is started.
    """

    clocks_from = Moment(allow_none=True, load_default=None)
    messages = fields.List(
        fields.Nested(MessagePostedSchema(exclude=("request_id",))),
        load_default=list,
        validate=validate.Length(max=10_000),
    )

    @validates_schema
    def _has_each_message_once(self, data: dict[str, Any], **kwargs: Any) -> None:
        found: set[str] = set()
        for number, message in enumerate(data["messages"]):
            if message["message_id"] in found:
                raise ValidationError({number: {"message_id": ["Is in the thread twice."]}}, "messages")
            found.add(message["message_id"])

    @validates_schema
    def _has_clocks_after_its_submission(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data["clocks_from"] is None:
            return
        if data["presale"]:
            raise ValidationError("A question before a purchase has no deadlines.", "clocks_from")
        if data["clocks_from"] < data["submitted_at"]:
            raise ValidationError("Lies before the request was submitted.", "clocks_from")
