"""Schemas of a support request: as it is sent, in a list, and whole."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from ...domain.member_descriptions import (
    CHECK_ID,
    CUSTOMER_ID,
    PRODUCT_ID,
    PURCHASE_ID,
    REQUEST_ID,
    SELLER_ID,
    SHOP_URL,
    about,
)
from ...domain.support.state_machine import Handling, Kind
from ...remote.companion_format import TrueOrFalse
from ...services.support.request_lists import RequestGroup, RequestSort
from .eligibility_schemas import SiteSchema, exchanges_field
from .fields import (
    EnumField,
    FilterQuerySchema,
    PagedQuerySchema,
    ResponseSchema,
    Rfc3339Instant,
    TextField,
    next_cursor,
    nullable,
    optional,
)


class RequestBodySchema(SiteSchema):
    """A request with a reference to its check or the data for one; `as_it_is` sends it even if something is unknown."""

    purchase_id = optional(TextField, PURCHASE_ID)
    presale = TrueOrFalse(load_default=False, metadata=about("Whether it is asked before any purchase.", False))
    product_id = optional(TextField, PRODUCT_ID)
    customer_id = optional(TextField, CUSTOMER_ID)
    kind = EnumField(Kind, load_default=Kind.ANOMALY, metadata=about("What the request is about."))
    subject = TextField(required=True, max_length=500, metadata=about("The subject line.", "Cart reminder stopped"))
    body = TextField(
        required=True, max_length=50_000, metadata=about("The text.", "Since the update no reminder is sent.")
    )
    check_id = optional(TextField, CHECK_ID)
    as_it_is = TrueOrFalse(load_default=False, metadata=about("Whether to send it even if something is unknown."))

    @validates_schema
    def _is_about_something(self, data: dict[str, Any], **kwargs: Any) -> None:
        if data.get("purchase_id") is None and not (data.get("presale") and data.get("product_id")):
            raise ValidationError("Required, unless presale is true and product_id is given.", "purchase_id")
        brings_news = data.get("credentials") is not None or data.get("declared") is not None
        if brings_news and (data.get("check_id") is not None or data.get("presale")):
            raise ValidationError("Must be left out when check_id is given or presale is true.")


class RequestSchema(ResponseSchema):
    """A support request."""

    request_id = fields.String(required=True, metadata=REQUEST_ID)
    purchase_id = nullable(fields.String, PURCHASE_ID)
    customer_id = fields.String(required=True, metadata=CUSTOMER_ID)
    product_id = fields.String(required=True, metadata=PRODUCT_ID)
    seller_id = fields.String(required=True, metadata=SELLER_ID)
    presale = fields.Boolean(required=True, metadata=about("Whether it is asked before any purchase.", False))
    kind = EnumField(Kind, required=True, metadata=about("What the request is about."))
    proposed_kind = EnumField(
        Kind, required=True, allow_none=True, metadata=about("The type that the seller proposes instead; null: none.")
    )
    subject = fields.String(required=True, metadata=about("The subject line.", "Cart reminder stopped"))
    handling = EnumField(Handling, required=True, metadata=about("The stage that it has reached."))
    duplicate_of = nullable(fields.String, about("An open request that it repeats; null: none.", "req-1"))
    submitted_at = Rfc3339Instant(required=True, metadata=about("When the request was sent."))
    assignee = nullable(TextField, about("Who handles it on your side; null: no one in particular.", "Camille Roy"))
    next_deadline_at = nullable(Rfc3339Instant, about("The next deadline; null: none is running."))
    closed_at = nullable(Rfc3339Instant, about("When it was closed; null: it is open."))
    closed_reason = nullable(fields.String, about("Why it was closed; null: it is open.", "resolved"))


class WholeRequestSchema(RequestSchema):
    """A request with its thread, its deadlines and how they were counted, its checks and its refund."""

    body = fields.String(required=True, metadata=about("The text.", "Since the update no reminder is sent."))
    shop_url = nullable(fields.String, SHOP_URL)
    check_id = nullable(fields.String, CHECK_ID)
    business_care = nullable(
        fields.Raw,
        about(
            "The Business Care under which the request was accepted; null: none.",
            {"active": True, "last_day": "2027-11-23"},
        ),
    )
    entitlement = fields.Raw(
        required=True,
        metadata=about(
            "What the customer was entitled to when the request was sent.", {"valid": True, "code": "VALID"}
        ),
    )
    checks = fields.Raw(
        required=True,
        metadata=about(
            "What each check has found.",
            [{"name": "platform_version", "result": "pass", "ground": None, "evidence": {}}],
        ),
    )
    exchanges = exchanges_field()
    grounds = fields.List(
        fields.String(),
        required=True,
        metadata=about("The reasons for which the seller may refuse.", ["platform_version_incompatible"]),
    )
    ground_findings = fields.Raw(
        required=True,
        metadata=about(
            "For each reason: supported, opposite, unknown, or for_a_person.",
            {"platform_version_incompatible": "supported"},
        ),
    )
    waived = fields.List(
        fields.String(),
        required=True,
        metadata=about("Reasons that the seller has waived in this request.", ["source_modified"]),
    )
    overturned = fields.List(
        fields.String(),
        required=True,
        metadata=about("Reasons that cannot be used again in this request.", ["source_modified"]),
    )
    listing = nullable(
        fields.Raw,
        about(
            "What was advertised on the purchase date.",
            {"version": 4, "features": ["Reminds customers of carts they left"]},
        ),
    )
    missing = fields.List(
        fields.String(), required=True, metadata=about("What the customer can still provide.", ["platform_version"])
    )
    waits_until = nullable(Rfc3339Instant, about("Until when the customer can provide it; null: nothing is missing."))
    clocks = fields.Raw(
        required=True,
        metadata=about(
            "The deadlines: the state of each, when it ends, and how it was counted.",
            {"acknowledgement": {"state": "running", "due_before": "2026-11-24T23:00:00Z"}},
        ),
    )
    messages = fields.Raw(
        required=True,
        metadata=about(
            "The conversation, the oldest message first.",
            [{"message_id": "m-7", "side": "seller", "body": "We are on it."}],
        ),
    )
    refusal = nullable(
        fields.Raw,
        about("The current refusal; null: none.", {"ground": "source_modified", "text": "Two files were changed."}),
    )
    refusals = fields.Raw(required=True, metadata=about("Every refusal, oldest first.", []))
    resolution = nullable(
        fields.Raw, about("How the seller resolved it; null: not yet.", {"how": "release", "release_id": "r-9"})
    )
    offer = nullable(
        fields.Raw,
        about(
            "The paid update that the seller proposes; null: none.",
            {"release_id": "r-9", "amount": {"amount_cents": 4900, "currency": "EUR"}},
        ),
    )
    proposals = fields.Raw(
        required=True,
        metadata=about(
            "Refusals, resolutions and offers made with a bearer token, for which the platform does not vouch: "
            "nothing changes until a person on the seller's side confirms one. Customers see the refusals.",
            [],
        ),
    )
    refund = fields.Raw(
        required=True, metadata=about("The refund: whether it is due, and how much.", {"state": "none"})
    )
    closures = fields.Raw(required=True, metadata=about("The seller's closures that matter to the deadlines.", []))


class RequestFilterSchema(FilterQuerySchema):
    """Which requests, and in which order; the names are the same as in the addresses of the pages."""

    q = TextField(
        max_length=256,
        metadata=about("Words of the subject, the product's or the customer's name; or an ID.", "cart"),
    )
    product = TextField(max_length=256, metadata=PRODUCT_ID)
    seller = TextField(max_length=256, metadata=SELLER_ID)
    state = fields.String(
        load_default=RequestGroup.ALL.value,
        validate=validate.OneOf([*(one.value for one in RequestGroup), *(one.value for one in Handling)]),
        metadata=about("A state, or a group: `open`, `to_acknowledge` (no first response yet), `all`.", "open"),
    )
    overdue = fields.Boolean(
        load_default=False,
        truthy={"yes", "true"},
        falsy={"no", "false"},
        metadata=about("Whether to list only open requests with an overdue deadline."),
    )
    assigned = TextField(
        max_length=200, metadata=about("The full name of the person on your side who handles it.", "Camille Roy")
    )
    sort = EnumField(RequestSort, load_default=RequestSort.DEADLINE, metadata=about("The order."))
    handling = EnumField(Handling, load_default=None, metadata=about("The former name of `state`."))


class ListQuerySchema(RequestFilterSchema, PagedQuerySchema):
    """Which requests, and which page of them."""


class ListSchema(ResponseSchema):
    """One page of requests."""

    items = fields.List(fields.Nested(RequestSchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()
