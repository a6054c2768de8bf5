"""Schemas of products, packs and their listings in responses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from marshmallow import fields

from ...domain.catalog.statuses import Side, Status
from ...domain.member_descriptions import (
    CLOSURE_ID,
    COMPATIBLE_FROM,
    COMPATIBLE_TO,
    PACK_ID,
    PRODUCT_ID,
    SELLER_ID,
    about,
)
from ...models.products import ProductKind
from ...services.catalog.pages import PackPage, ProductPage
from .fields import Day, EnumField, Price, ResponseSchema, Rfc3339Instant, localized_text, next_cursor, nullable

_OWNERS_ONLY = "Only for its seller, the marketplace's staff and the customers who own it."


class ProductSchema(ResponseSchema):
    """A product in a list. `visible`: the public sees its page."""

    product_id = fields.String(required=True, metadata=PRODUCT_ID)
    seller_id = fields.String(required=True, metadata=SELLER_ID)
    seller_name = fields.String(required=True, metadata=about("The seller's name.", "Atelier Numérique"))
    kind = EnumField(ProductKind, required=True, metadata=about("Whether it is a module or a theme."))
    technical_name = fields.String(required=True, metadata=about("The name of the module's folder.", "cartreminder"))
    title = localized_text("The name, for each language.")
    categories = fields.List(
        fields.String(), required=True, metadata=about("The categories that it is listed in.", ["Marketing"])
    )
    price = Price(required=True, metadata=about("What it costs."))
    status = EnumField(Status, required=True, metadata=about("The current status."))
    visible = fields.Boolean(required=True, metadata=about("Whether the public sees its page."))
    changed_at = Rfc3339Instant(required=True, metadata=about("When it was last changed."))


class PackSchema(ResponseSchema):
    """A pack in a list. `status` is its own; `visible` depends on its products as well."""

    pack_id = fields.String(required=True, metadata=PACK_ID)
    seller_id = fields.String(required=True, metadata=SELLER_ID)
    seller_name = fields.String(required=True, metadata=about("The seller's name.", "Atelier Numérique"))
    title = localized_text("The name, for each language.")
    size = fields.Integer(required=True, metadata=about("How many products are in it.", 2))
    price = Price(required=True, metadata=about("What it costs."))
    status = EnumField(Status, required=True, metadata=about("The current status."))
    visible = fields.Boolean(required=True, metadata=about("Whether the public sees its page."))
    changed_at = Rfc3339Instant(required=True, metadata=about("When it was last changed."))


class ListingSchema(ResponseSchema):
    """What a product page advertises from `published_at` on."""

    version = fields.Integer(required=True, metadata=about("The revision of the listing.", 4))
    published_at = Rfc3339Instant(required=True, metadata=about("From when the page advertises this."))
    features = fields.List(
        fields.Raw(),
        required=True,
        metadata=about("Each is text, or text for each language.", ["Reminds customers of carts they left"]),
    )
    compatible_from = nullable(fields.String, COMPATIBLE_FROM)
    compatible_to = nullable(fields.String, COMPATIBLE_TO)
    incompatible_modules = fields.List(
        fields.Dict(keys=fields.String(), values=fields.String()),
        required=True,
        metadata=about(
            "Modules that the listing says it does not work with, and which versions of them.",
            [{"name": "oldcache", "from": "1.0.0", "to": "1.9.9"}],
        ),
    )
    conflicting_overrides = fields.List(
        fields.String(),
        required=True,
        metadata=about("Paths of overrides that conflict with the product.", ["override/classes/Mail.php"]),
    )
    price = Price(required=True, metadata=about("The price that it announces."))


class HoldSchema(ResponseSchema):
    """One reason why something is offline now."""

    side = EnumField(Side, required=True, metadata=about("The side that took it offline."))
    reason = fields.String(required=True, metadata=about("Why, in words.", "A fault is being fixed"))
    since = Rfc3339Instant(required=True, metadata=about("Since when."))
    actor = fields.String(required=True, metadata=about("Who asked for it.", "seller"))
    on_behalf_of = nullable(fields.String, about("Whom the platform acted for; null: no one.", "atelier"))


class ScheduledSchema(ResponseSchema):
    """A change that one side has scheduled."""

    side = EnumField(Side, required=True, metadata=about("The side that scheduled it."))
    status = EnumField(Status, required=True, metadata=about("The status to come."))
    effective_at = Rfc3339Instant(required=True, metadata=about("When it takes effect."))
    reason = fields.String(required=True, metadata=about("Why, in words.", "A fault is being fixed"))


class WithdrawalSchema(ResponseSchema):
    """The permanent end of a sale."""

    side = EnumField(Side, required=True, metadata=about("The side that ended it."))
    reason = fields.String(required=True, metadata=about("Why, in words.", "A fault is being fixed"))
    effective_at = Rfc3339Instant(required=True, metadata=about("Since when the sale has ended."))


class HeldSchema(ResponseSchema):
    """Why something is offline, and what is scheduled for it."""

    holds = fields.List(fields.Nested(HoldSchema), metadata=about(f"Why it is offline now. {_OWNERS_ONLY}"))
    scheduled = fields.List(fields.Nested(ScheduledSchema), metadata=about(f"Changes to come. {_OWNERS_ONLY}"))
    withdrawal = fields.Nested(
        WithdrawalSchema, allow_none=True, metadata=about(f"The end of its sale; null: none. {_OWNERS_ONLY}")
    )


SUSPENDS_UNTIL = (
    "The last day on which it suspends deadlines, where the policy lets closures suspend any (`CLOSURE_DAYS`); "
    "null: no end is known."
)


class ClosureShownSchema(ResponseSchema):
    """Days on which the seller does not work, first and last included; `last_day` null: no end is known."""

    closure_id = fields.String(required=True, metadata=CLOSURE_ID)
    first_day = Day(required=True, metadata=about("The first day, included.", "2026-12-24"))
    last_day = nullable(Day, about("The last day, included; null: no end is known.", "2027-01-03"))
    suspends_until = nullable(Day, about(SUSPENDS_UNTIL, "2027-01-03"))


class ProductPageSchema(ProductSchema, HeldSchema):
    """A product with all that its page shows."""

    description = localized_text("The long text, for each language.")
    listing = fields.Nested(
        ListingSchema, required=True, allow_none=True, metadata=about("What the page announces now; null: nothing yet.")
    )
    packs = fields.List(fields.Nested(PackSchema), required=True, metadata=about("The packs it is in."))
    closures = fields.List(
        fields.Nested(ClosureShownSchema),
        required=True,
        metadata=about("The seller's closures, running or announced, the next first."),
    )
    created_at = Rfc3339Instant(required=True, metadata=about("When it was created."))


class PackPageSchema(PackSchema, HeldSchema):
    """A pack with all that its page shows."""

    products = fields.List(fields.Nested(ProductSchema), required=True, metadata=about("The products that are in it."))
    blocking = fields.List(
        fields.String(),
        metadata=about(f"The products that keep it hidden. {_OWNERS_ONLY}", ["20133"]),
    )
    created_at = Rfc3339Instant(required=True, metadata=about("When it was created."))


def found_total() -> fields.Field[Any]:
    """How many are in the list."""
    return nullable(fields.Integer, about("How many were found, 500 at most; null: not counted.", 42))


def more_than_total() -> fields.Boolean:
    """Whether the count ended before the list does."""
    return fields.Boolean(required=True, metadata=about("Whether more were found than were counted.", False))


class ProductListSchema(ResponseSchema):
    """A page of products: by ID, or, for a search, the best matches first."""

    items = fields.List(fields.Nested(ProductSchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()
    total = found_total()
    has_more_than_total = more_than_total()


class PackListSchema(ResponseSchema):
    """A page of packs: by ID, or, for a search, the best matches first."""

    items = fields.List(fields.Nested(PackSchema), required=True, metadata=about("The items of this page."))
    next_cursor = next_cursor()
    total = found_total()
    has_more_than_total = more_than_total()


OWNERS_ONLY = tuple(HeldSchema().fields)


def flat(page: ProductPage | PackPage) -> SimpleNamespace:
    """A page with its card and its holds in the shape of its schema."""
    return SimpleNamespace(**{**vars(page.card), **vars(page.holds_view), **vars(page)})
