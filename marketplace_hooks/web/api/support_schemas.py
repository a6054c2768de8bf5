"""Schemas of the bodies that move a support request."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import Kind
from ...remote.companion_format import TrueOrFalse
from .fields import EnumField, TextField

SAYS_SOMETHING = "At least one visible letter or digit; else 422 with `text_says_nothing`."


def statement() -> TextField:
    """A text for people that must say something, which the service decides for every way in alike."""
    return TextField(required=True, min_length=0, max_length=10_000, metadata={"description": SAYS_SOMETHING})


_sides = validate.OneOf(["customer", "seller", "marketplace"])


class MessageSchema(Schema):
    """A message to the thread. `author_type: human` is believed of the platform alone; others' are judged."""

    body = TextField(required=True, max_length=50_000)
    subject = TextField(min_length=0, max_length=500, load_default="")
    visibility = fields.String(load_default="public", validate=validate.OneOf(["public", "internal"]))
    side = fields.String(load_default=None, allow_none=True, validate=_sides)
    author_type = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["human", "automation"]))
    attachments = fields.Integer(load_default=0, strict=True, validate=validate.Range(0, 100))


class VouchedSchema(Schema):
    """An act of the seller's side. By a bearer token it is a proposal, unless the platform says that a person acted."""

    author_type = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf(["human", "automation"]),
        metadata={"description": "`human` is believed of the platform alone; otherwise a person must confirm the act."},
    )


class RefusalSchema(VouchedSchema):
    """One of the six grounds, with a text and the evidence."""

    ground = EnumField(Ground, required=True)
    text = statement()
    evidence = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "What shows it: at least one text that says something, or a number, however deep."},
    )


class GroundSchema(Schema):
    """One of the six grounds."""

    ground = EnumField(Ground, required=True)


class KindSchema(Schema):
    """What the request is about."""

    kind = EnumField(Kind, required=True)


class ResolutionSchema(VouchedSchema):
    """How it was settled."""

    how = fields.String(required=True, validate=validate.OneOf(["release", "explanation"]))
    release_id = TextField(load_default=None, allow_none=True)
    text = TextField(min_length=0, max_length=10_000, load_default="")


class AmountSchema(Schema):
    """An amount in the currency's smallest unit."""

    amount_cents = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2_000_000_000))
    currency = fields.String(required=True, validate=validate.Regexp(r"^[A-Z]{3}\Z"))


class OfferSchema(VouchedSchema):
    """A paid update."""

    release_id = TextField(required=True)
    amount = fields.Nested(AmountSchema, required=True)
    text = TextField(min_length=0, max_length=10_000, load_default="")


class OfferAnswerSchema(Schema):
    """Whether the customer takes it."""

    accepted = TrueOrFalse(required=True)


class TextSchema(Schema):
    """Why, in words."""

    text = statement()


class OptionalTextSchema(Schema):
    """Why, in words, if there is something to say."""

    text = TextField(min_length=0, max_length=10_000, load_default="")


class ExtensionSchema(Schema):
    """How many more business days, and why."""

    business_days = fields.Integer(required=True, strict=True, validate=validate.Range(1, 365))
    text = statement()


class RefundSchema(Schema):
    """What to do about the refund.

    `defer`: the customer prefers the fix, by a new date (`waive` is its earlier name). `request`: an operator has it
    asked for now; a customer asks again for one that was deferred.
    """

    action = fields.String(required=True, validate=validate.OneOf(["request", "defer", "waive"]))
    with_period = TrueOrFalse(load_default=False)
    text = TextField(min_length=0, max_length=10_000, load_default="")


class ConfirmationSchema(VouchedSchema):
    """A person's judgement: whether a message acknowledges (operators), or a proposal is the seller's (the seller)."""

    message_id = TextField(load_default=None, allow_none=True, max_length=200)
    proposal_id = TextField(load_default=None, allow_none=True)
    counts = TrueOrFalse(required=True)

    @validates_schema
    def _names_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        if (data.get("message_id") is None) == (data.get("proposal_id") is None):
            raise ValidationError("Give either message_id or proposal_id.", "message_id")


class InformationSchema(Schema):
    """What was missing: the site, or a check of it."""

    shop_url = TextField(max_length=2_000, load_default=None, allow_none=True)
    check_id = TextField(load_default=None, allow_none=True)
