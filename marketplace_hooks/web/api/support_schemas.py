"""Schemas of the bodies that move a support request."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from ...domain.member_descriptions import CHECK_ID, RELEASE_ID, SHOP_URL, about
from ...domain.support.refusal_grounds import Ground
from ...domain.support.state_machine import Kind
from ...events.fields import AttachedFiles, AttachedFileSchema
from ...remote.companion_format import TrueOrFalse
from ...services.support.moves import LONGEST_EXTENSION
from .fields import EnumField, TextField, optional

SAYS_SOMETHING = "At least one visible letter or digit; otherwise 422 with `text_says_nothing`."


def statement() -> TextField:
    """A text for people that must say something, which the service decides for every way in alike."""
    return TextField(
        required=True,
        min_length=0,
        max_length=10_000,
        metadata=about(SAYS_SOMETHING, "Two files of the module were changed."),
    )


_sides = validate.OneOf(["customer", "seller", "marketplace"])


class MessageSchema(Schema):
    """A message in the thread. `author_type: human` is accepted only from the platform; other messages are judged."""

    body = TextField(
        required=True,
        max_length=50_000,
        metadata=about("The text.", "We have found the cause and will send a fix tomorrow."),
    )
    subject = TextField(
        min_length=0, max_length=500, load_default="", metadata=about("The subject line.", "Re: Cart reminder stopped")
    )
    visibility = fields.String(
        load_default="public",
        validate=validate.OneOf(["public", "internal"]),
        metadata=about("`public`: both sides see it; `internal`: only the seller and the marketplace."),
    )
    side = optional(
        fields.String,
        about("Who wrote it: given by the platform; for everyone else, their own side."),
        validate=_sides,
    )
    author_type = optional(
        fields.String,
        about("Whether a person or a program wrote it; `human` is accepted from the platform alone."),
        validate=validate.OneOf(["human", "automation"]),
    )
    attachments = AttachedFiles(
        load_default=0,
        metadata=about("How many files are attached, or for each `name, media_type?, size?, sha256?, url?`.", 0),
    )


class AttachmentSchema(AttachedFileSchema):
    """One file of a message, which stays where it is."""

    class Meta:
        unknown = RAISE

    message_id = TextField(required=True, max_length=200, metadata=about("The message that it belongs to.", "m-7"))


class AssignmentSchema(Schema):
    """Who handles the request; `assignee` null: no one in particular."""

    assignee = TextField(
        required=True, allow_none=True, max_length=200, metadata=about("The person's name or id.", "Camille Roy")
    )
    side = optional(
        fields.String,
        about("The assignee's side: given by the platform; for everyone else, their own side."),
        validate=validate.OneOf(["seller", "marketplace"]),
    )


class VouchedSchema(Schema):
    """An action by the seller's side. With a bearer token it is a proposal unless the platform vouches for a person."""

    author_type = optional(
        fields.String,
        about("`human` is accepted from the platform alone; otherwise a person must confirm the act."),
        validate=validate.OneOf(["human", "automation"]),
    )


class RefusalSchema(VouchedSchema):
    """One of the six reasons for refusal, with a text and the evidence."""

    ground = EnumField(Ground, required=True, metadata=about("The reason for refusal."))
    text = statement()
    evidence = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata=about(
            "The evidence: at least one meaningful text or one number, at any depth.",
            {"files": ["classes/Cart.php"]},
        ),
    )


class GroundSchema(Schema):
    """One of the six reasons for refusal."""

    ground = EnumField(Ground, required=True, metadata=about("The reason for refusal."))


class KindSchema(Schema):
    """What the request is about."""

    kind = EnumField(Kind, required=True, metadata=about("What the request is about."))


class ResolutionSchema(VouchedSchema):
    """How it was resolved."""

    how = fields.String(
        required=True, validate=validate.OneOf(["release", "explanation"]), metadata=about("How it was resolved.")
    )
    release_id = optional(TextField, RELEASE_ID)
    text = TextField(
        min_length=0,
        max_length=10_000,
        load_default="",
        metadata=about("Why, in words.", "The fix is in version 2.4.0."),
    )


class AmountSchema(Schema):
    """An amount in the currency's smallest unit."""

    amount_cents = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 2_000_000_000),
        metadata=about("The amount in the currency's smallest unit.", 4900),
    )
    currency = fields.String(
        required=True, validate=validate.Regexp(r"^[A-Z]{3}\Z"), metadata=about("The currency, by ISO 4217.", "EUR")
    )


class OfferSchema(VouchedSchema):
    """A paid update."""

    release_id = TextField(required=True, metadata=RELEASE_ID)
    amount = fields.Nested(AmountSchema, required=True, metadata=about("How much."))
    text = TextField(
        min_length=0,
        max_length=10_000,
        load_default="",
        metadata=about("Why, in words.", "The fix is in version 2.4.0."),
    )


class OfferAnswerSchema(Schema):
    """Whether the customer accepts, and which offer: if the release or the amount is not the offer's, it is refused."""

    accepted = TrueOrFalse(required=True, metadata=about("Whether the customer accepts."))
    release_id = TextField(load_default=None, metadata=RELEASE_ID)
    amount = fields.Nested(
        AmountSchema, load_default=None, metadata=about("What the customer was offered the release for.")
    )


class TextSchema(Schema):
    """Why, in words."""

    text = statement()


class OptionalTextSchema(Schema):
    """Why, in words, if there is something to say."""

    text = TextField(
        min_length=0,
        max_length=10_000,
        load_default="",
        metadata=about("Why, in words.", "The fix is in version 2.4.0."),
    )


class ExtensionSchema(Schema):
    """How many more business days, and why."""

    business_days = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, LONGEST_EXTENSION),
        metadata=about("How many more business days.", 3),
    )
    text = statement()


class RefundSchema(Schema):
    """What to do about the refund.

    `defer`: the customer prefers the fix, by a new date (`waive` is its earlier name). `request`: an operator requests
    the refund now; a customer requests again a refund that was deferred.
    """

    action = fields.String(
        required=True, validate=validate.OneOf(["request", "defer", "waive"]), metadata=about("What to do.")
    )
    with_period = TrueOrFalse(
        load_default=False, metadata=about("Whether the Business Care that was paid is refunded as well.")
    )
    text = TextField(
        min_length=0,
        max_length=10_000,
        load_default="",
        metadata=about("Why, in words.", "The fix is in version 2.4.0."),
    )


class ConfirmationSchema(VouchedSchema):
    """A person's decision: whether a message counts (operators), or a proposal is the seller's own (the seller)."""

    message_id = optional(TextField, about("The message; null: a proposal is judged.", "m-7"), max_length=200)
    proposal_id = optional(TextField, about("The proposal; null: a message is judged.", "prop_1f0c"))
    counts = TrueOrFalse(required=True, metadata=about("Whether it counts."))

    @validates_schema
    def _names_one(self, data: dict[str, Any], **kwargs: Any) -> None:
        if (data.get("message_id") is None) == (data.get("proposal_id") is None):
            raise ValidationError("Give either message_id or proposal_id.", "message_id")


class InformationSchema(Schema):
    """What was missing: the site, or a check of it."""

    shop_url = optional(TextField, SHOP_URL, max_length=2_000)
    check_id = optional(TextField, CHECK_ID)
