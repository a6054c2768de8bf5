"""Schemas of products, packs and their listings in responses."""

from __future__ import annotations

from types import SimpleNamespace

from marshmallow import fields

from ...domain.catalog.statuses import Side, Status
from ...models.products import ProductKind
from ...services.catalog.pages import PackPage, ProductPage
from .fields import Day, EnumField, Price, ResponseSchema, Rfc3339Instant, localized_text, next_cursor

_OWNERS_ONLY_NOTE = {"description": "Only for its seller, the marketplace's people and the customers who own it."}


class ProductSchema(ResponseSchema):
    """A product in a list. `visible`: the public sees its page."""

    product_id = fields.String(required=True)
    seller_id = fields.String(required=True)
    seller_name = fields.String(required=True)
    kind = EnumField(ProductKind, required=True)
    technical_name = fields.String(required=True)
    title = localized_text("The name, for each language.")
    categories = fields.List(fields.String(), required=True)
    price = Price(required=True)
    status = EnumField(Status, required=True)
    visible = fields.Boolean(required=True)
    changed_at = Rfc3339Instant(required=True)


class PackSchema(ResponseSchema):
    """A pack in a list. `status` is its own; `visible` depends on its products as well."""

    pack_id = fields.String(required=True)
    seller_id = fields.String(required=True)
    seller_name = fields.String(required=True)
    title = localized_text("The name, for each language.")
    size = fields.Integer(required=True, metadata={"description": "How many products are in it."})
    price = Price(required=True)
    status = EnumField(Status, required=True)
    visible = fields.Boolean(required=True)
    changed_at = Rfc3339Instant(required=True)


class ListingSchema(ResponseSchema):
    """What a product's page announces from `published_at` on."""

    version = fields.Integer(required=True)
    published_at = Rfc3339Instant(required=True)
    features = fields.List(
        fields.Raw(), required=True, metadata={"description": "Each a text, or a text for each language."}
    )
    compatible_from = fields.String(required=True, allow_none=True)
    compatible_to = fields.String(required=True, allow_none=True)
    incompatible_modules = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), required=True)
    conflicting_overrides = fields.List(
        fields.String(), required=True, metadata={"description": "Paths of overrides that conflict with the product."}
    )
    price = Price(required=True)


class HoldSchema(ResponseSchema):
    """One reason why something is offline now."""

    side = EnumField(Side, required=True)
    reason = fields.String(required=True)
    since = Rfc3339Instant(required=True)
    actor = fields.String(required=True)
    on_behalf_of = fields.String(required=True, allow_none=True)


class ScheduledSchema(ResponseSchema):
    """A change that one side has scheduled."""

    side = EnumField(Side, required=True)
    status = EnumField(Status, required=True)
    effective_at = Rfc3339Instant(required=True)
    reason = fields.String(required=True)


class WithdrawalSchema(ResponseSchema):
    """The permanent end of a sale."""

    side = EnumField(Side, required=True)
    reason = fields.String(required=True)
    effective_at = Rfc3339Instant(required=True)


class HeldSchema(ResponseSchema):
    """Why something is offline, and what is scheduled for it."""

    holds = fields.List(fields.Nested(HoldSchema), metadata=_OWNERS_ONLY_NOTE)
    scheduled = fields.List(fields.Nested(ScheduledSchema), metadata=_OWNERS_ONLY_NOTE)
    withdrawal = fields.Nested(WithdrawalSchema, allow_none=True, metadata=_OWNERS_ONLY_NOTE)


SUSPENDS_UNTIL = (
    "The last day on which it suspends deadlines, where the policy lets closures suspend any (`CLOSURE_DAYS`); "
    "null: no end is known."
)


class ClosureShownSchema(ResponseSchema):
    """Days on which the seller does not work, both included; `last_day` null: no end is known."""

    closure_id = fields.String(required=True)
    first_day = Day(required=True)
    last_day = Day(required=True, allow_none=True)
    suspends_until = Day(required=True, allow_none=True, metadata={"description": SUSPENDS_UNTIL})


class ProductPageSchema(ProductSchema, HeldSchema):
    """A product with all that its page shows."""

    description = localized_text("The long text, for each language.")
    listing = fields.Nested(ListingSchema, required=True, allow_none=True)
    packs = fields.List(fields.Nested(PackSchema), required=True, metadata={"description": "The packs it is in."})
    closures = fields.List(
        fields.Nested(ClosureShownSchema),
        required=True,
        metadata={"description": "The seller's closures, running or announced, the next first."},
    )
    created_at = Rfc3339Instant(required=True)


class PackPageSchema(PackSchema, HeldSchema):
    """A pack with all that its page shows."""

    products = fields.List(fields.Nested(ProductSchema), required=True)
    blocking = fields.List(
        fields.String(),
        metadata={"description": f"The products that keep it hidden. {_OWNERS_ONLY_NOTE['description']}"},
    )
    created_at = Rfc3339Instant(required=True)


class ProductListSchema(ResponseSchema):
    """A page of products, by id."""

    items = fields.List(fields.Nested(ProductSchema), required=True)
    next_cursor = next_cursor()


class PackListSchema(ResponseSchema):
    """A page of packs, by id."""

    items = fields.List(fields.Nested(PackSchema), required=True)
    next_cursor = next_cursor()


OWNERS_ONLY = tuple(HeldSchema().fields)


def flat(page: ProductPage | PackPage) -> SimpleNamespace:
    """A page with its card and its holds in the shape of its schema."""
    return SimpleNamespace(**{**vars(page.card), **vars(page.holds_view), **vars(page)})
